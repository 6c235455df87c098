// SPDX-License-Identifier: Apache-2.0
// mqfail-sub with a persistent session on two mosquittos that are bridged, so that each of them
// keeps what was published to the other one, too, and on two that are not.
#include <algorithm>
#include <map>

#include "end_to_end/tools.hpp"

using namespace rig;

namespace {

constexpr std::uint32_t kLines = 7500;

MosquittoSettings lasting(const std::vector<std::string>& more = {}) {
  MosquittoSettings settings{.lines = {"max_queued_messages 100000"}, .persistence = true};
  settings.lines.insert(settings.lines.end(), more.begin(), more.end());
  return settings;
}

/// Two servers, and a bridge from the second one to the first.
struct Bridged {
  explicit Bridged(const std::string& version)
      : b(lasting()),
        a(lasting({"connection to-b", "address 127.0.0.1:" + std::to_string(b.port()),
                   "topic # both 1", "cleansession false", "restart_timeout 1",
                   "notifications false", "bridge_protocol_version " + version})) {
    bring_together();
  }
  /// Each has what was published to the other one before.
  void bring_together() {
    for (const auto& [from, to] : {std::pair{&a, &b}, std::pair{&b, &a}}) {
      Client listener(to->port(), {.client_id = "listener"});
      listener.subscribe("together", 1);
      Client(from->port(), {.client_id = "bringer"})
          .publish({.topic = "together", .payload = "x", .qos = 1});
      BOOST_REQUIRE(listener.receive(20s).has_value());
    }
  }
  Mosquitto b, a;
};

Arguments keeper(const std::vector<std::string>& servers, const Arguments& more = {}) {
  Arguments all{
      "-t",   "t/#", "-q", "1", "-c", "-i", "keeper", "-v", "-k", "1", "--max-reconnect-delay",
      "200ms"};
  for (const std::string& server : servers) all.insert(all.end(), {"-s", server});
  all.insert(all.end(), more.begin(), more.end());
  return sub(all);
}

/// From here on the server keeps what comes.
void visit(const std::string& server) {
  Process visitor(keeper({server}, {"-E"}));
  CHECK_STATUS(visitor, 0);
}

using Times = std::map<std::string, std::size_t>;

Times printed_times(Process& reader) {
  Times times;
  for (const Line& line : reader.lines(Stream::out)) ++times[line.text];
  return times;
}

std::size_t lost(const Times& times, const std::string& topic, std::uint32_t last) {
  std::size_t lost = 0;
  for (std::uint32_t i = 1; i <= last; ++i) lost += 1 - times.count(topic + " " + numbered_line(i));
  return lost;
}

/// A session of which nothing is taken until the end: what the servers have given their
/// subscribers, line by line, and how often.
class Observer {
 public:
  explicit Observer(Bridged& pair) : pair_(pair) {
    for (const Mosquitto* const server : {&pair.a, &pair.b}) look(*server).subscribe("t/#", 1);
  }
  /// The times of the server that has a line most often.
  Times most() {
    Times most;
    for (const Mosquitto* const server : {&pair_.a, &pair_.b}) {
      Times times;
      Client observer = look(*server);
      while (const auto one = observer.receive(1s)) ++times[one->topic + " " + one->payload];
      for (const auto& [line, count] : times) most[line] = std::max(most[line], count);
    }
    return most;
  }

 private:
  static Client look(const Mosquitto& server) {
    return {server.port(), {.client_id = "observer", .clean = false}};
  }
  Bridged& pair_;
};

struct Found {
  long twice, warnings;
};

/// The subscriber loses its way to one server after the other, and the servers live on.
Found move_between_bridged(const std::string& version, std::uint32_t lines, bool numbers) {
  Bridged pair(version);
  RecordingProxy to_a(pair.a.port()), to_b(pair.b.port());
  visit(to_a.uri());
  visit(to_b.uri());
  Process reader(keeper({to_a.uri(), to_b.uri()}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  RecordingProxy *way = &to_a, *other = &to_b;
  const auto switch_over = [&] {
    way->die();
    REQUIRE_EVENT(reader, events, "subscribed");
    way->rise();
    std::swap(way, other);
  };
  StreamSettings settings{.topic = "t/a",
                          .every_us = std::chrono::microseconds(1000),
                          .sequence = numbers,
                          .identity = std::string(32, 'a')};
  StreamPublisher stream_a({pair.a.port()}, settings);
  settings.topic = "t/b";
  settings.identity = std::string(32, 'b');
  StreamPublisher stream_b({pair.b.port()}, settings);
  while (stream_a.published() < lines / 2 || stream_b.published() < lines / 2) {
    BOOST_REQUIRE(reader.wait_for_lines(Stream::out, reader.line_count(Stream::out) + 1000, 20s));
    pair.bring_together();  // where a bridge is behind at a return, more may be printed twice
    switch_over();
  }
  stream_a.stop();
  stream_b.stop();
  for (const std::string last : {"one", "two"}) {
    pair.bring_together();
    switch_over();
    Client((way == &to_a ? pair.a : pair.b).port())
        .publish({.topic = "t/last", .payload = last, .qos = 1});
    BOOST_REQUIRE(reader.wait_for_line(Stream::out, "t/last " + last, 30s));
  }
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
  const Times times = printed_times(reader);
  BOOST_TEST(lost(times, "t/a", stream_a.published()) == 0U);
  BOOST_TEST(lost(times, "t/b", stream_b.published()) == 0U);
  BOOST_TEST(events.last("exit")->number("duplicates") >= static_cast<long>(lines / 2));
  long warnings = 0;
  for (const Said& said : events.all())
    warnings += said.get("reason").find("bridge_protocol_version") == std::string::npos ? 0 : 1;
  return {static_cast<long>(reader.line_count(Stream::out) - times.size()), warnings};
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_bridged_servers_keep_for_a_session_is_printed_once) {
  for (const std::string version : {"mqttv311", "mqttv50"}) {
    const Found found = move_between_bridged(version, kLines, false);
    BOOST_TEST(found.twice == 0);
    BOOST_TEST(found.warnings == 0);
  }
}

BOOST_AUTO_TEST_CASE(numbers_that_a_bridge_loses_are_told_once_and_their_messages_are_recognised) {
  const Found found = move_between_bridged("mqttv311", kLines / 3, true);
  // Until a server is seen to bring copies, a message with a number is believed.
  BOOST_TEST(found.twice <= 2 * 10);
  BOOST_TEST(found.warnings == 1);
}

BOOST_AUTO_TEST_CASE(over_a_bridge_that_keeps_numbers_each_is_printed_once) {
  const Found found = move_between_bridged("mqttv50", kLines / 3, true);
  BOOST_TEST(found.twice == 0);
  BOOST_TEST(found.warnings == 0);
}

// A bridge itself brings a message again that was on its way when a server ended.
BOOST_AUTO_TEST_CASE(over_restarts_a_line_is_printed_as_often_as_the_server_that_has_it_most) {
  Bridged pair("mqttv311");
  visit(pair.a.uri());
  visit(pair.b.uri());
  Observer observer(pair);
  Process reader(keeper({pair.a.uri(), pair.b.uri()}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  std::uint32_t line = 0;
  const auto publish = [&line](const Mosquitto& to, std::uint32_t count) {
    Client client(to.port());
    for (; count > 0; --count)
      client.publish({.topic = "t/x", .payload = numbered_line(++line), .qos = 1});
  };
  Mosquitto *live = &pair.a, *other = &pair.b;
  for (int fault = 0; fault < 6; ++fault) {
    publish(*live, kLines / 10);
    pair.bring_together();
    const bool freezes = fault == 2;
    freezes ? live->freeze() : live->terminate();
    REQUIRE_EVENT(reader, events, "subscribed");
    publish(*other, kLines / 20);
    freezes ? live->thaw() : live->restart();
    publish(*other, kLines / 20);
    pair.bring_together();
    std::swap(live, other);
  }
  live->terminate();
  REQUIRE_EVENT(reader, events, "subscribed");
  publish(*other, 1);
  BOOST_REQUIRE(reader.wait_for_line(Stream::out, "t/x " + numbered_line(line), 30s));
  live->restart();
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
  const Times times = printed_times(reader);
  BOOST_TEST(lost(times, "t/x", line) == 0U);
  Times most = observer.most();
  for (const auto& [text, count] : times)
    BOOST_TEST(count <= std::max<std::size_t>(most[text], 1), text << " " << count);
  BOOST_TEST(events.last("exit")->number("duplicates") >= static_cast<long>(kLines / 2));
}

// What is published to one server only is nobody's copy, though it looks like many others.
BOOST_AUTO_TEST_CASE(what_servers_keep_that_are_not_bridged_is_all_printed) {
  Mosquitto a(lasting()), b(lasting());
  visit(a.uri());
  visit(b.uri());
  Process reader(keeper({a.uri(), b.uri()}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  const auto publish = [](const Mosquitto& to, std::size_t count) {
    Client client(to.port());
    for (std::size_t i = 0; i < count; ++i)
      client.publish({.topic = "t/door", .payload = i % 2 == 0 ? "open" : "shut", .qos = 1});
  };
  publish(a, 100);
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, 100, 10s));
  publish(b, 5);
  a.terminate();
  REQUIRE_EVENT(reader, events, "subscribed");
  BOOST_TEST(reader.wait_for_lines(Stream::out, 105, 10s));
  publish(b, 100);
  BOOST_TEST(reader.wait_for_lines(Stream::out, 205, 10s));
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
  BOOST_TEST(events.last("exit")->number("duplicates") == 0);
}

BOOST_AUTO_TEST_CASE(without_dedupe_all_that_is_kept_is_printed) {
  Bridged pair("mqttv311");
  visit(pair.a.uri());
  visit(pair.b.uri());
  Process reader(keeper({pair.a.uri(), pair.b.uri()}, {"--no-dedupe"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  Client(pair.a.port()).publish({.topic = "t/x", .payload = "once", .qos = 1});
  pair.bring_together();
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, 1, 10s));
  pair.a.terminate();
  BOOST_TEST(reader.wait_for_lines(Stream::out, 2, 10s));
}

// Silence alone tells nothing: a server that is slow, or out of reach for a while, still has to
// bring what it kept. It is asked by a ping, and has not answered yet.
BOOST_AUTO_TEST_CASE(a_server_that_is_slow_with_what_it_kept_brings_copies) {
  ScriptedServer a, b({.session_present = true, .answer_ping = false});
  Process reader(sub(
      {"-s", a.uri(), "-s", b.uri(), "-t", "t/#", "-q", "1", "-c", "-i", "keeper", "-k", "60"}));
  Events events(reader);
  const auto publish = [](ScriptedServer& to) {
    for (std::uint32_t line = 1; line <= 100; ++line)
      to.publish({.topic = "t/x", .payload = numbered_line(line), .qos = 1});
  };
  BOOST_REQUIRE(a.wait_for(What::subscribe));
  publish(a);
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, 100, 10s));
  a.refuse();
  REQUIRE_EVENT(reader, events, "failover");
  BOOST_REQUIRE(b.wait_for(What::ping));
  publish(b);
  b.publish({.topic = "t/x", .payload = "last", .qos = 1});
  BOOST_REQUIRE(reader.wait_for_line(Stream::out, "last", 10s));
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
  BOOST_TEST(reader.line_count(Stream::out) == 101U);
}
