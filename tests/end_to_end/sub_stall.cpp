// SPDX-License-Identifier: Apache-2.0
// A reader that stops reading (delivery.md, S7): memory stays bounded, the keepalive goes on, the
// stall and its end are reported, and at QoS 1 nothing is lost. MQFAIL_FULL=1 takes a minute.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <list>
#include <thread>

#include "end_to_end/tools.hpp"

using namespace rig;

namespace {

/// Publishes numbered lines at QoS 0 as fast as possible, until it is stopped.
class Flood {
 public:
  explicit Flood(ScriptedServer& server)
      : thread_([this, &server] {
          while (!stop_) {
            for (int i = 0; i < 100; ++i)
              server.publish({.topic = "t", .payload = numbered_line(++last_)});
          }
        }) {}
  ~Flood() { stop(); }
  /// The number of the last line.
  std::uint32_t stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
    return last_;
  }

 private:
  std::atomic<bool> stop_{false};
  std::uint32_t last_ = 0;
  std::thread thread_;
};

}  // namespace

// Small messages: most of the memory is the overhead of each message.
BOOST_AUTO_TEST_CASE(a_flood_at_qos_0_before_a_blocked_stdout_is_bounded_and_told) {
  constexpr long kBoundKib = 16 * 1024;
  ScriptedServer server({.most_queued = 100'000});
  Process reader({.argv = sub({"-s", server.uri(), "-t", "t", "-k", "1"}), .stdout_unread = true});
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  const long before = reader.peak_kib();
  Flood flood(server);
  REQUIRE_EVENT(reader, events, "stalled",
                [](const Said& said) { return said.get("ended") == "false"; });
  const std::size_t pings = server.count(What::ping);
  BOOST_TEST(server.wait_for(What::ping, pings + 3, 15s));
  // Until every buffer on the way is full.
  for (const Moment end = Clock::now() + 30s; server.dropped() == 0 && Clock::now() < end;)
    std::this_thread::sleep_for(10ms);
  const std::uint32_t last = flood.stop();
  BOOST_TEST(memory_within(reader.peak_kib() - before, kBoundKib),
             reader.peak_kib() << " KiB, before the flood " << before);
  BOOST_TEST_MESSAGE("peak " << reader.peak_kib() << " KiB, before " << before << " KiB, " << last
                             << " lines");
  reader.read_on();
  REQUIRE_EVENT(reader, events, "stalled", [](const Said& said) {
    return said.get("ended") == "true" && said.number("dur_ms") >= 500;
  });
  REQUIRE_EVENT(reader, events, "gap", [](const Said& said) { return said.number("qos") == 0; });
  // Later messages are read as usual.
  server.change([](Script& script) { script.most_queued = 0; });
  server.publish({.topic = "t", .payload = numbered_line(last + 1)});
  const std::string end = numbered_line(last + 1);
  BOOST_REQUIRE(reader.wait_for_line(
      Stream::out, [&](const std::string& line) { return line == end; }, 30s));
  const std::vector<std::uint32_t> got = numbers(reader);
  BOOST_TEST(rises(got));
  BOOST_TEST(server.dropped() > 0U);
  BOOST_TEST(got.size() + server.dropped() == last + 1U);
  BOOST_TEST(events.count("lost") == 0U);
  BOOST_TEST(server.count(What::connect) == 1U);
}

// Large messages: the connection itself is not read any more, so the answers to the pings wait in
// it.
BOOST_AUTO_TEST_CASE(a_reader_that_sleeps_keeps_its_connection_and_loses_nothing_at_qos_1) {
  const int keepalive = is_full_run() ? 5 : 1;
  const std::size_t pings = is_full_run() ? 12 : 3;
  struct Case {
    const char* version;
    std::size_t size;
    std::uint32_t count;
  };
  Mosquitto server({.lines = {"max_queued_messages 0", "max_queued_bytes 0", "log_type debug"}});
  std::list<Process> readers;
  std::list<Case> cases;
  for (const char* version : {"5", "311"}) {
    cases.push_back({version, 200, 2000});
    cases.push_back({version, 200'000, 60});
  }
  const auto name = [](const Case& one) {
    return std::string(one.version) + "-" + std::to_string(one.size);
  };
  for (const Case& one : cases) {
    readers.emplace_back(Command{
        .argv = sub({"-s", server.uri(), "-t", std::to_string(one.size), "-k",
                     std::to_string(keepalive), "-q", "1", "-V", one.version, "-i", name(one)}),
        .stdout_unread = true});
    BOOST_REQUIRE(server.wait_for_subscriber(name(one)));
  }
  for (const Case& one : cases) {
    if (std::string(one.version) != "5") continue;
    Client client(server.port());
    for (std::uint32_t i = 1; i <= one.count; ++i)
      client.publish(
          {.topic = std::to_string(one.size), .payload = numbered_line(i, one.size), .qos = 1});
  }
  auto reader = readers.begin();
  for (const Case& one : cases) {
    Events events(*reader);
    REQUIRE_EVENT((*reader), events, "stalled", 30s);
    BOOST_TEST(
        server.wait_for_log("Received PINGREQ from " + name(one), pings * keepalive * 2s, pings),
        name(one) << ": too few PINGREQ");
    reader->read_on();
    BOOST_TEST(reader->wait_for_lines(Stream::out, one.count, 30s), name(one));
    const std::vector<std::uint32_t> got = numbers(*reader);
    BOOST_TEST(complete(got), name(one));
    BOOST_TEST(got.size() == one.count, name(one));
    BOOST_TEST(events.count("lost") == 0U, name(one));
    REQUIRE_EVENT((*reader), events, "stalled",
                  [](const Said& said) { return said.get("ended") == "true"; });
    ++reader;
  }
}

// Nothing is taken before the SUBACK, and it stands behind these messages.
BOOST_AUTO_TEST_CASE(more_than_the_limit_before_the_suback_does_not_keep_it_away) {
  for (const std::string version : {"5", "311"}) {
    Mosquitto server({.lines = {"max_queued_messages 0"}});
    const Arguments session{"-s", server.uri(), "-c",    "-i", "x",  "-q",
                            "1",  "-V",         version, "-t", "t/#"};
    const auto with = [](Arguments arguments, const Arguments& more) {
      arguments.insert(arguments.end(), more.begin(), more.end());
      return sub(arguments);
    };
    BOOST_REQUIRE(run(with(session, {"-E"})).exit.status == 0);
    Client writer(server.port());
    const std::string payload(400'000, 'x');
    for (int i = 0; i < 30; ++i)
      writer.publish(
          {.topic = "t/" + std::to_string(i), .payload = payload, .qos = 1, .retain = true});
    const Finished back = run(with(session, {"-C", "30", "-F", "%l", "--connect-timeout", "4s"}));
    BOOST_TEST(back.exit.status == 0, back.err);
    BOOST_TEST(std::count(back.out.begin(), back.out.end(), '\n') == 30);
    // The retained messages of one filter stand before the SUBACK of another that overlaps it.
    const Finished both = run(sub({"-s", server.uri(), "-q", "1", "-V", version, "-t", "t/#", "-t",
                                   "t/+", "-C", "30", "-F", "%l", "--connect-timeout", "4s"}));
    BOOST_TEST(both.exit.status == 0, both.err);
  }
}
