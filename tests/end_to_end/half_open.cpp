// SPDX-License-Identifier: Apache-2.0
// A cable is pulled: the server is there, but no packet comes back and no error is reported. One
// server is in a network namespace behind a link that the test cuts; the other one is on this side.
#include "end_to_end/in_own_network.hpp"
#include "end_to_end/tools.hpp"

using namespace rig;
namespace utf = boost::unit_test;

namespace {

void must(const Arguments& argv) {
  const Finished done = run(argv);
  if (done.exit.status != 0) throw Broken(argv[0] + " " + argv[1] + ": " + done.err);
}

/// A mosquitto at 10.99.0.2, and the link to it.
class FarServer {
 public:
  FarServer() {
    const std::string config = (folder_ / "mosquitto.conf").string();
    write_file(config,
               "listener 1883\nallow_anonymous true\nlog_dest stderr\nlog_type all\n"
               "max_queued_messages 0\n");
    server_ =
        std::make_unique<Process>(Command{.argv = {"unshare", "-n", "mosquitto", "-c", config}});
    if (!server_->wait_for_line(Stream::err, "running", 10s)) throw Broken("no far server");
    const std::string pid = std::to_string(server_->pid());
    must({"ip", "link", "add", "near", "type", "veth", "peer", "name", "far", "netns", pid});
    must({"ip", "address", "add", "10.99.0.1/30", "dev", "near"});
    must({"ip", "link", "set", "near", "up"});
    must(there({"ip", "address", "add", "10.99.0.2/30", "dev", "far"}));
    must(there({"ip", "link", "set", "lo", "up"}));
    join();
  }
  ~FarServer() {
    server_->signal(SIGKILL);
    server_->wait_exit(5s);
    run({"ip", "link", "delete", "near"});  // goes with the namespace, but not at once
  }
  static std::string uri() { return "mqtt://10.99.0.2"; }
  void cut() { must(there({"ip", "link", "set", "far", "down"})); }
  void join() { must(there({"ip", "link", "set", "far", "up"})); }
  /// Runs a command on the other side of the link.
  Arguments there(const Arguments& what) const {
    Arguments argv{"nsenter", "-t", std::to_string(server_->pid()), "-n"};
    argv.insert(argv.end(), what.begin(), what.end());
    return argv;
  }
  bool wait_for_subscriber(const std::string& client) {
    return server_->wait_for_line(Stream::err, "Sending SUBACK to " + client, 10s).has_value();
  }

 private:
  Scratch folder_;
  std::unique_ptr<Process> server_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_publisher_goes_on_when_the_cable_is_pulled_and_nothing_is_lost,
                     *in_own_network()) {
  FarServer a;
  Mosquitto b({.lines = {"max_queued_messages 0"}});
  Process at_a(a.there({"mosquitto_sub", "-h", "127.0.0.1", "-i", "at-a", "-t", "t", "-q", "1"}));
  BOOST_REQUIRE(a.wait_for_subscriber("at-a"));
  Recorder at_b(b.port(), "t");
  Process publisher(
      {.argv = pub({"-s", FarServer::uri(), "-s", b.uri(), "-t", "t", "-q", "1", "-l", "-k", "1"}),
       .stdin_pipe = true});
  Events events(publisher);
  REQUIRE_EVENT(publisher, events, "connected");
  std::uint32_t last = 0;
  const auto write = [&](std::uint32_t count) {
    BOOST_REQUIRE(publisher.write(numbered_lines(last + 1, last + count)));
    last += count;
  };
  write(500);
  BOOST_REQUIRE(at_a.wait_for_lines(Stream::out, 500, 10s));
  a.cut();
  const Moment cut = Clock::now();
  write(50);  // into a hole: less than a window, so that it is all under way
  const auto lost = events.wait("lost");
  BOOST_REQUIRE(lost.has_value());
  BOOST_TEST(lost->get("reason") == "silent");
  BOOST_TEST(seconds_between(cut, lost->at) < 2.5);
  REQUIRE_EVENT(publisher, events, "failover");
  write(450);
  BOOST_REQUIRE(at_b.wait_for(500));
  publisher.close_stdin();
  CHECK_STATUS(publisher, 0);
  a.join();
  const auto through_a = numbers(at_a);
  const auto through_b = numbers(at_b.payloads());
  BOOST_TEST(complete(through_b));
  BOOST_TEST(through_b.front() == 501U);
  BOOST_TEST(through_b.back() == last);
  BOOST_TEST(complete(through_a));
}

BOOST_AUTO_TEST_CASE(a_subscriber_goes_on_when_the_cable_is_pulled, *in_own_network()) {
  FarServer a;
  Mosquitto b;
  Process reader(sub(
      {"-s", FarServer::uri(), "-s", b.uri(), "-t", "t", "-q", "1", "-k", "1", "-i", "reader"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");  // the SUBACK is not lost with the cable
  a.cut();
  const Moment cut = Clock::now();
  const auto lost = events.wait("lost");
  BOOST_REQUIRE(lost.has_value());
  BOOST_TEST(seconds_between(cut, lost->at) < 2.5);
  REQUIRE_EVENT(reader, events, "failover");
  Client(b.port()).publish({.topic = "t", .payload = "x", .qos = 1});
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, 1, 5s));
  a.join();
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
}
