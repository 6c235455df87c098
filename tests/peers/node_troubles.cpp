// SPDX-License-Identifier: Apache-2.0
// What a node of a cluster may do besides dying: it has no quorum, its memory is full, it takes no
// QoS 2, it grants what it does not deliver, it names another server (failover.md, sections 1, 4
// and 6). Behind the node, each list has a mosquitto, to which mqfail must come.
#include <atomic>
#include <thread>

#include "end_to_end/tools.hpp"
#include "peers/peer.hpp"
#include "peers/server.hpp"

using namespace rig;

namespace {

/// The test is "skipped", with the reason, if this machine cannot have the servers.
boost::unit_test::precondition available(const peers::Kind& kind) {
  return boost::unit_test::precondition([kind](boost::unit_test::test_unit_id) {
    const std::string missing = kind.missing();
    boost::test_tools::assertion_result result(missing.empty());
    result.message() << kind.name << ": " << missing;
    return result;
  });
}

std::unique_ptr<peers::Peer> start(const peers::Kind& kind) {
  auto cluster = kind.start();
  wait_until_whole(*cluster);
  return cluster;
}

Arguments with(const std::vector<std::string>& servers, const Arguments& more) {
  Arguments arguments;
  for (const std::string& server : servers) arguments.insert(arguments.end(), {"-s", server});
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

/// Writes a line every 100 ms until the object is destroyed.
class Heart {
 public:
  explicit Heart(Process& process)
      : thread_([this, &process] {
          for (int beat = 1; !stop_ && process.write(std::to_string(beat) + "\n"); ++beat)
            std::this_thread::sleep_for(100ms);
        }) {}
  ~Heart() {
    stop_ = true;
    thread_.join();
  }
  Heart(const Heart&) = delete;
  Heart& operator=(const Heart&) = delete;

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

/// A publisher and a subscriber use the node. From the trouble on it answers their pings, and does
/// no more. Both must come to the next server.
void check_that_both_go_on(const std::string& node, const std::function<void()>& make_trouble) {
  Mosquitto next;
  const std::vector<std::string> servers{node, next.uri()};
  Process reader(sub(with(servers, {"-V", "311", "-q", "1", "-t", "plant/heartbeat",
                                    "--stale-timeout", "3s", "--connect-timeout", "10s"})));
  Events reader_events(reader);
  BOOST_REQUIRE_MESSAGE(reader_events.wait("subscribed", 30s).has_value(), what_it_said(reader));
  Process writer({.argv = pub(with(servers, {"-V", "311", "-q", "1", "-t", "plant/heartbeat", "-l",
                                             "--ack-timeout", "2s", "--connect-timeout", "10s"})),
                  .stdin_pipe = true});
  Events writer_events(writer);
  {
    const Heart heart(writer);
    BOOST_REQUIRE_MESSAGE(reader.wait_for_lines(Stream::out, 5, 20s), what_it_said(reader));
    make_trouble();
    const auto writers = writer_events.wait("lost", 30s);
    BOOST_REQUIRE_MESSAGE(writers.has_value(), what_it_said(writer));
    const long unanswered = writers->number("code");
    BOOST_TEST(unanswered >= 2000);
    BOOST_TEST(writers->get("reason") == "no acknowledgement for " + in_seconds(unanswered));
    const auto readers = reader_events.wait("lost", 30s);
    BOOST_REQUIRE_MESSAGE(readers.has_value(), what_it_said(reader));
    const long silent = readers->number("code");
    BOOST_TEST(silent >= 3000);
    BOOST_TEST(readers->get("reason") == "no message for " + in_seconds(silent));
    BOOST_REQUIRE_MESSAGE(reader_events.wait("failover", 30s).has_value(), what_it_said(reader));
    const std::size_t before = reader.line_count(Stream::out);
    BOOST_TEST(reader.wait_for_lines(Stream::out, before + 5, 20s), what_it_said(reader));
  }
  writer.close_stdin();
  CHECK_STATUS(writer, 0);
}

}  // namespace

BOOST_AUTO_TEST_CASE(both_leave_a_node_that_has_no_quorum, *available(peers::nats())) {
  const auto cluster = start(peers::nats());
  check_that_both_go_on(cluster->uris()[0], [&] {
    cluster->nodes()[1]->kill9();
    cluster->nodes()[2]->kill9();
  });
}

BOOST_AUTO_TEST_CASE(a_node_that_closes_at_qos_2_is_passed_over_and_no_message_is_blamed,
                     *available(peers::nats())) {
  const auto cluster = start(peers::nats());
  std::vector<std::string> servers = cluster->uris();
  const std::string lines = numbered_lines(1, 1000);

  const Scratch scratch;
  const std::string file = (scratch / "undelivered").string();
  const Arguments publishes{"-t", "t", "-l", "--undelivered", file, "--connect-timeout", "10s"};
  const auto publish = [&](const std::string& qos) {
    Arguments arguments = with(servers, publishes);
    arguments.insert(arguments.end(), {"-q", qos});
    return std::make_unique<Process>(Command{.argv = pub(arguments), .stdin_pipe = true});
  };
  const auto alone = publish("2");
  alone->feed(lines);
  CHECK_STATUS(*alone, 75);
  BOOST_TEST((read_file(file) == lines));
  Events events(*alone);
  BOOST_TEST(events.count("warning") == 3U, what_it_said(*alone));  // once a node
  BOOST_TEST(events.last("gave-up").value_or(Said{}).get("text").ends_with("publish with -q 1"));

  const auto advised = publish("1");
  advised->feed(lines);
  CHECK_STATUS(*advised, 0);

  Mosquitto next;
  servers.push_back(next.uri());
  Recorder recorder(next.port(), "t");
  const auto helped = publish("2");
  helped->feed(lines);
  CHECK_STATUS(*helped, 0);
  BOOST_REQUIRE(recorder.wait_for(1000));
  BOOST_TEST(complete(numbers(recorder.payloads())));
}

BOOST_AUTO_TEST_CASE(both_leave_a_node_that_has_no_memory_and_its_grants_are_told,
                     *available(peers::rabbitmq())) {
  const auto cluster = start(peers::rabbitmq());
  const std::string node = cluster->uris()[0];
  Mosquitto next;
  const Arguments asks{"-t", "$share/group/t", "-q", "2", "-E"};
  Process trusting(sub(with({node}, asks)));
  CHECK_STATUS(trusting, 0);
  BOOST_TEST(Events(trusting).count("warning") == 2U, what_it_said(trusting));
  Arguments strictly = asks;
  strictly.push_back("--strict");
  Process strict(sub(with({node, next.uri()}, strictly)));
  CHECK_STATUS(strict, 0);
  BOOST_TEST(Events(strict)
                 .last("subscribed")
                 .value_or(Said{})
                 .get("uri")
                 .ends_with(std::to_string(next.port())),
             what_it_said(strict));

  check_that_both_go_on(node, [&] { cluster->become("out of memory"); });
}

BOOST_AUTO_TEST_CASE(aedes_2_sends_both_to_another_server, *available(peers::aedes(2))) {
  Mosquitto other, target;
  const std::uint16_t port = free_port();
  const std::string script = mqfail::test::bin_dir() + "/../tests/peers/aedes.mjs";
  peers::Server server(
      Command{.argv = {"node", script, "2", std::to_string(port), std::to_string(free_port()),
                       "127.0.0.1:" + std::to_string(target.port())}},
      port);
  connect_to(port, 30s);  // server.serves() would be sent away as well
  const std::vector<std::string> servers{uri(port), other.uri(), target.uri()};
  Process reader(sub(with(servers, {"-t", "t", "-q", "1", "-C", "1"})));
  Events events(reader);
  BOOST_REQUIRE_MESSAGE(events.wait("subscribed", 30s).has_value(), what_it_said(reader));
  BOOST_TEST(events.last("redirected")
                 .value_or(Said{})
                 .get("to")
                 .ends_with(std::to_string(target.port()) + "\"]"),
             what_it_said(reader));
  Process writer(pub(with(servers, {"-t", "t", "-q", "1", "-m", "x"})));
  CHECK_STATUS(writer, 0);
  CHECK_STATUS(reader, 0);
  for (Process* const process : {&reader, &writer})
    BOOST_TEST(what_it_said(*process).find(uri(other.port())) == std::string::npos);
}
