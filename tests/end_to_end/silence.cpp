// SPDX-License-Identifier: Apache-2.0
// A server that has stopped, whatever keepalive it announced and whatever is under way, is lost
// after one and a half keepalives of silence (failover.md, section 3). A server that answers pings
// and delivers nothing, as a cluster node without a quorum does, is lost after staleTimeout.
#include <atomic>

#include "end_to_end/tools.hpp"

using namespace rig;

namespace {

// -k 2 means lost after 3 s. The rest of the bound is for a busy machine.
constexpr double kLatest = 6.0;

/// Writes a line every 10 ms until the object is destroyed.
class Feeder {
 public:
  explicit Feeder(Process& process)
      : thread_([this, &process] {
          while (!stop_ && process.write("line\n")) std::this_thread::sleep_for(10ms);
        }) {}
  ~Feeder() {
    stop_ = true;
    thread_.join();
  }
  Feeder(const Feeder&) = delete;
  Feeder& operator=(const Feeder&) = delete;

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

void check_lost_in_silence(Events& events, Process& process, Moment since) {
  const auto lost = events.wait("lost", 15s);
  BOOST_REQUIRE_MESSAGE(lost.has_value(), what_it_said(process));
  BOOST_TEST(lost->get("reason").starts_with("silent"));
  const double took = seconds_between(since, lost->at);
  BOOST_TEST(took < kLatest);
  BOOST_TEST(took > 0.9);  // an answer may have come just before
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_publisher_that_keeps_sending_notices_a_frozen_server) {
  const auto write_to = [](Mosquitto& server, const char* protocol) {
    return Command{.argv = pub({"-s", server.uri(), "-s", dead_uri(), "-t", "t", "-l", "-k", "2",
                                "-V", protocol, "--allow-loss"}),
                   .stdin_pipe = true};
  };
  const MosquittoSettings talkative{.lines = {"log_type debug"}};
  Mosquitto a(talkative), b(talkative);
  Process newer(write_to(a, "5")), older(write_to(b, "311"));
  Events newer_events(newer), older_events(older);
  const Feeder feeds_newer(newer), feeds_older(older);
  BOOST_REQUIRE(a.wait_for_log("Received PUBLISH"));
  BOOST_REQUIRE(b.wait_for_log("Received PUBLISH"));
  a.freeze();
  b.freeze();
  const Moment frozen = Clock::now();
  check_lost_in_silence(newer_events, newer, frozen);
  check_lost_in_silence(older_events, older, frozen);
}

BOOST_AUTO_TEST_CASE(a_server_keep_alive_that_is_longer_or_none_changes_nothing) {
  const auto promising = [](std::uint32_t seconds) {
    return Script{.connack_properties = {{.id = property::server_keep_alive, .number = seconds}}};
  };
  ScriptedServer longer(promising(20)), none(promising(0));
  Process reader(sub({"-s", longer.uri(), "-s", dead_uri(), "-t", "t", "-k", "2"}));
  Process writer({.argv = pub({"-s", none.uri(), "-s", dead_uri(), "-t", "t", "-l", "-k", "2"}),
                  .stdin_pipe = true});
  Events reader_events(reader), writer_events(writer);
  REQUIRE_EVENT(reader, reader_events, "subscribed");
  REQUIRE_EVENT(writer, writer_events, "connected");
  const Moment frozen = Clock::now();
  for (ScriptedServer* const server : {&longer, &none})
    server->change([](Script& script) { script.read = false; });
  check_lost_in_silence(reader_events, reader, frozen);
  check_lost_in_silence(writer_events, writer, frozen);
}

BOOST_AUTO_TEST_CASE(answers_to_our_pings_do_not_carry_a_packet_that_never_ends) {
  const std::string header = "\x30\xff\xff\xff\x7f";
  ScriptedServer a, b;
  Process reader(sub({"-s", a.uri(), "-s", dead_uri(), "-t", "t", "-k", "2"}));
  Process writer({.argv = pub({"-s", b.uri(), "-s", dead_uri(), "-t", "t", "-l", "-k", "2"}),
                  .stdin_pipe = true});
  Events reader_events(reader), writer_events(writer);
  REQUIRE_EVENT(reader, reader_events, "subscribed");
  REQUIRE_EVENT(writer, writer_events, "connected");
  const Moment begun = Clock::now();
  a.send_raw(header);
  b.send_raw(header);
  check_lost_in_silence(reader_events, reader, begun);
  check_lost_in_silence(writer_events, writer, begun);
  BOOST_TEST(a.count(What::ping) >= 1U);
  BOOST_TEST(b.count(What::ping) >= 1U);
}

namespace {

const Arguments kStale{"-t", "t", "-k", "1", "--stale-timeout", "2500ms"};

void check_stale(const Said& lost) {
  const long silent = lost.number("code");
  BOOST_TEST(silent >= 2500);
  BOOST_TEST(static_cast<double>(silent) < at_most(4000));
  BOOST_TEST(lost.get("reason") == "no message for " + in_seconds(silent));
}

Arguments reads_from(const Arguments& servers, const Arguments& more = {}) {
  Arguments arguments;
  for (const std::string& server : servers) arguments.insert(arguments.end(), {"-s", server});
  arguments.insert(arguments.end(), kStale.begin(), kStale.end());
  arguments.insert(arguments.end(), more.begin(), more.end());
  return sub(arguments);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_server_that_answers_pings_and_delivers_nothing_is_left) {
  ScriptedServer a, b;
  Process reader(reads_from({a.uri(), b.uri()}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  a.publish({.topic = "t", .payload = "beat"});
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, 1, 10s));
  const auto lost = events.wait("lost", 15s);
  BOOST_REQUIRE_MESSAGE(lost.has_value(), what_it_said(reader));
  check_stale(*lost);
  BOOST_TEST(a.count(What::ping) >= 2U);
  const auto failover = events.wait("failover");
  BOOST_REQUIRE_MESSAGE(failover.has_value(), what_it_said(reader));
  // Nothing has come since its last message, whatever it has answered.
  BOOST_TEST(failover->number("dur_ms") >= 2500);
  BOOST_REQUIRE(b.wait_for(What::subscribe));
  b.publish({.topic = "t", .payload = "goes on"});
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, 2, 10s));
}

BOOST_AUTO_TEST_CASE(with_hot_standby_each_server_must_deliver) {
  ScriptedServer a, b;
  Process reader(reads_from({a.uri(), b.uri()}, {"--standby", "hot"}));
  Events events(reader);
  BOOST_REQUIRE(a.wait_for(What::subscribe));
  BOOST_REQUIRE(b.wait_for(What::subscribe));
  std::atomic<bool> stop{false};
  std::thread heart([&] {
    for (int beat = 1; !stop; ++beat) {
      b.publish({.topic = "t", .payload = std::to_string(beat)});
      std::this_thread::sleep_for(100ms);
    }
  });
  const auto lost = events.wait("lost", 15s);
  stop = true;
  heart.join();
  BOOST_REQUIRE_MESSAGE(lost.has_value(), what_it_said(reader));
  BOOST_TEST(lost->get("uri").find(std::to_string(a.port())) != std::string::npos);
  check_stale(*lost);
  BOOST_TEST(events.count("failover") == 0U);
}

// Paho itself would end the wait after ten seconds.
BOOST_AUTO_TEST_CASE(the_answer_to_a_subscription_may_take_as_long_as_the_connect_timeout) {
  ScriptedServer server({.answer_subscribe = false});
  Process reader(
      sub({"-s", server.uri(), "-t", "t", "--connect-timeout", "30s", "--startup-timeout", "60s"}));
  Events events(reader);
  BOOST_REQUIRE(server.wait_for(What::subscribe));
  BOOST_TEST(!events.wait("failed", 12s).has_value());
}
