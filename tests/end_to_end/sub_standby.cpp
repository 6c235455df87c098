// SPDX-License-Identifier: Apache-2.0
// mqfail-sub with more than one connection (--standby hot and warm, failback), and what the next
// connection delivers again.
#include <iterator>
#include <set>

#include "end_to_end/tools.hpp"

using namespace rig;

namespace {

/// A subscriber of topic t with --standby hot, subscribed on all of `servers`.
class Hot : public Process {
 public:
  Hot(const std::vector<Mosquitto*>& servers, const Arguments& more)
      : Process(arguments(servers, more)) {
    for (Mosquitto* const server : servers) BOOST_REQUIRE(server->wait_for_subscriber(".*"));
    // The server logs the subscription before the client gets the SUBACK.
    Events events(*this);
    for (std::size_t i = 0; i < servers.size(); ++i) REQUIRE_EVENT(*this, events, "subscribed");
  }

 private:
  static Arguments arguments(const std::vector<Mosquitto*>& servers, const Arguments& more) {
    Arguments all{"-t", "t", "-q", "1", "--standby", "hot"};
    for (const Mosquitto* const server : servers) {
      all.insert(all.end(), {"-s", server->uri()});
    }
    all.insert(all.end(), more.begin(), more.end());
    return sub(all);
  }
};

/// How many seconds later a line came after the line before than it was published after it. The
/// maximum of each five lines, and the median of many such maxima: a busy machine alone does not
/// raise it.
struct Lateness {
  double quiet;        ///< while nothing happened
  double after_kills;  ///< the five lines around the kill of one of the servers, by turns
};

Lateness lateness() {
  Mosquitto a, b;
  Hot reader({&a, &b}, {"--max-reconnect-delay", "200ms"});
  StreamPublisher stream({a.port(), b.port()}, {.every = 20ms});
  const auto ten_more = [&] {
    return reader.wait_for_lines(Stream::out, reader.line_count(Stream::out) + 10, 20s);
  };
  std::vector<std::size_t> quiet, kills;  // where fives begin
  for (int i = 0; i < 8; ++i) {
    BOOST_REQUIRE(ten_more());
    if (i > 0) quiet.push_back(reader.line_count(Stream::out) - 5);
  }
  for (int i = 0; i < 7; ++i) {
    Mosquitto& dies = i % 2 == 0 ? a : b;
    kills.push_back(reader.line_count(Stream::out));
    dies.kill9();
    BOOST_REQUIRE(ten_more());
    dies.restart();
    BOOST_REQUIRE(dies.wait_for_subscriber(".*"));
    BOOST_REQUIRE(ten_more());
  }
  stream.stop();
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
  BOOST_TEST(complete(numbers(reader)));
  Events events(reader);
  BOOST_TEST(events.count("failover") == 0U);
  BOOST_TEST(events.count("lost") == kills.size());
  BOOST_TEST(events.count("gap") == 0U);
  const auto lines = reader.lines(Stream::out);
  const auto late = [&](std::size_t line) {
    const auto published = [&](std::size_t which) {
      return stream.when(number_of(lines[which].text).value_or(1));
    };
    return seconds_between(lines[line - 1].at, lines[line].at) -
           seconds_between(published(line - 1), published(line));
  };
  const auto median_of_most = [&](const std::vector<std::size_t>& fives) {
    std::vector<double> most;
    for (const std::size_t first : fives) {
      double longest = 0;
      for (std::size_t i = first; i < first + 5; ++i) longest = std::max(longest, late(i));
      most.push_back(longest);
    }
    std::sort(most.begin(), most.end());
    return most[most.size() / 2];
  };
  return {median_of_most(quiet), median_of_most(kills)};
}

}  // namespace

BOOST_AUTO_TEST_CASE(hot_standby_has_no_gap_and_nothing_twice) {
  Mosquitto a, b;
  Process reader(sub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "1", "--standby", "hot"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  BOOST_REQUIRE(a.wait_for_subscriber(".*"));
  BOOST_REQUIRE(b.wait_for_subscriber(".*"));
  StreamPublisher stream({a.port(), b.port()}, {.every = 2ms});
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, 100, 10s));
  a.kill9();
  const std::size_t before = reader.line_count(Stream::out);
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, before + 200, 10s));
  stream.stop();
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, stream.published(), 5s));
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
  const auto printed = numbers(reader);
  BOOST_TEST(printed.front() == 1U);
  BOOST_TEST(complete(printed));
  BOOST_TEST(events.count("failover") == 0U);
  BOOST_TEST((events.count("lost") + events.count("standby-lost")) == 1U);
}

BOOST_AUTO_TEST_CASE(hot_standby_keeps_legal_repeats) {
  Mosquitto a, b;
  Process reader(
      sub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "1", "--standby", "hot", "-C", "6"}));
  BOOST_REQUIRE(a.wait_for_subscriber(".*"));
  BOOST_REQUIRE(b.wait_for_subscriber(".*"));
  Client to_a(a.port()), to_b(b.port());
  for (const char* payload : {"on", "on", "off", "on", "on", "end"}) {
    to_a.publish({.topic = "t", .payload = payload, .qos = 1});
    to_b.publish({.topic = "t", .payload = payload, .qos = 1});
  }
  CHECK_STATUS(reader, 0);
  BOOST_TEST(reader.bytes(Stream::out) == "on\non\noff\non\non\nend\n");
}

// A gap after a kill would be there after every kill. The benchmark measures the longest one.
BOOST_AUTO_TEST_CASE(a_kill_is_not_heard_in_a_hot_stream) {
  const Lateness late = lateness();
  BOOST_TEST_MESSAGE("late by " << late.quiet * 1000 << " ms, after kills by "
                                << late.after_kills * 1000 << " ms");
  BOOST_TEST(late.after_kills < 0.005 + 2 * late.quiet);
}

BOOST_AUTO_TEST_CASE(a_thawed_server_brings_nothing_twice) {
  Mosquitto a, b;
  Hot reader({&a, &b}, {});
  StreamPublisher stream({a.port(), b.port()}, {.every = 1ms});
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, 100, 10s));
  b.freeze();
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, reader.line_count(Stream::out) + 1000, 20s));
  b.thaw();
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, reader.line_count(Stream::out) + 200, 20s));
  stream.stop();
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, stream.published(), 5s));
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
  BOOST_TEST(complete(numbers(reader)));
  BOOST_TEST(Events(reader).all().back().number("duplicates") > 0);
}

BOOST_AUTO_TEST_CASE(hot_standby_survives_that_all_are_down) {
  Mosquitto a, b;
  Hot reader({&a, &b}, {});
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  a.kill9();
  b.kill9();
  REQUIRE_EVENT(reader, events, "backoff");
  b.restart();
  REQUIRE_EVENT(reader, events, "gap");
  a.restart();
  BOOST_REQUIRE(a.wait_for_subscriber(".*"));
  BOOST_REQUIRE(b.wait_for_subscriber(".*"));
  Client(a.port()).publish({.topic = "t", .payload = "x", .qos = 1});
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, 1, 5s));
}

BOOST_AUTO_TEST_CASE(hot_standby_starts_with_the_servers_that_there_are) {
  Mosquitto b;
  Process reader(sub({"-s", dead_uri(), "-s", b.uri(), "-t", "t", "-C", "1", "--standby", "hot"}));
  BOOST_REQUIRE(b.wait_for_subscriber(".*"));
  Client(b.port()).publish({.topic = "t", .payload = "x", .qos = 1});
  CHECK_STATUS(reader, 0);
}

BOOST_AUTO_TEST_CASE(hot_standby_gives_up_only_when_nobody_is_there) {
  Process reader(sub({"-s", dead_uri(), "-s", dead_uri(), "-t", "t", "--standby", "hot",
                      "--startup-max-reconnect-attempts", "2"}));
  CHECK_STATUS(reader, 69);
  MosquittoSettings locked{.user = "u", .password = "p"};
  Mosquitto a(locked), b(locked);
  Process denied(sub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "--standby", "hot"}));
  CHECK_STATUS(denied, 77);
}

// S1 for copies: the second copy is acknowledged too, but not before the first one is written.
BOOST_AUTO_TEST_CASE(a_copy_is_acknowledged_when_the_original_is_written) {
  ScriptedServer a, b;
  Process reader(
      Command{.argv = sub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "1", "--standby", "hot"}),
              .stdout_unread = true});
  BOOST_REQUIRE(a.wait_for(What::subscribe));
  BOOST_REQUIRE(b.wait_for(What::subscribe));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  REQUIRE_EVENT(reader, events, "subscribed");
  const Publish fits{.topic = "t", .payload = "small", .qos = 1};
  a.publish(fits);
  BOOST_REQUIRE(a.wait_for(What::ack, 1));
  b.publish(fits);
  BOOST_REQUIRE(b.wait_for(What::ack, 1));
  const Publish large{.topic = "t", .payload = std::string(1 << 20, 'x'), .qos = 1};
  a.publish(large);
  b.publish(large);
  // Nothing is read: the pipe takes a part, and neither copy is acknowledged. Both connections are
  // alive.
  BOOST_REQUIRE(a.wait_for(What::ping, 1, 20s));
  BOOST_REQUIRE(b.wait_for(What::ping, 1, 20s));
  BOOST_TEST(a.count(What::ack) == 1U);
  BOOST_TEST(b.count(What::ack) == 1U);
}

BOOST_AUTO_TEST_CASE(no_dedupe_prints_all_that_comes) {
  Mosquitto a, b;
  Hot reader({&a, &b}, {"--no-dedupe", "-C", "2"});
  Client(a.port()).publish({.topic = "t", .payload = "x", .qos = 1});
  Client(b.port()).publish({.topic = "t", .payload = "x", .qos = 1});
  CHECK_STATUS(reader, 0);
  BOOST_TEST(reader.bytes(Stream::out) == "x\nx\n");
}

BOOST_AUTO_TEST_CASE(a_warm_standby_takes_over) {
  Mosquitto a, b;
  Process reader(
      sub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "1", "--standby", "warm", "-i", "me"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  REQUIRE_EVENT(reader, events, "standby-ready");
  StreamPublisher stream({a.port(), b.port()}, {.every = 2ms});
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, 50, 10s));
  a.kill9();
  BOOST_REQUIRE(b.wait_for_subscriber("me-standby"));
  const std::size_t before = reader.line_count(Stream::out);
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, before + 50, 10s));
  BOOST_TEST(rises(numbers(reader), events.count("failover") + events.count("failback")));
  a.restart();
  REQUIRE_EVENT(reader, events, "standby-ready", 35s);
  BOOST_TEST(events.count("lost") == 1U);
}

BOOST_AUTO_TEST_CASE(a_lost_standby_is_replaced_and_disturbs_nobody) {
  Mosquitto a, b;
  Process reader(sub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "--standby", "warm", "-k", "2",
                      "--max-reconnect-delay", "200ms"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "standby-ready");
  StreamPublisher stream({a.port()}, {.every = 5ms});
  for (int i = 0; i < 3; ++i) {
    b.kill9();
    REQUIRE_EVENT(reader, events, "standby-lost");
    b.restart();
    REQUIRE_EVENT(reader, events, "standby-ready");
  }
  b.freeze();
  REQUIRE_EVENT(reader, events, "standby-lost", 15s);
  b.thaw();
  REQUIRE_EVENT(reader, events, "standby-ready", 15s);
  stream.stop();
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, stream.published(), 5s));
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
  BOOST_TEST(complete(numbers(reader)));
  BOOST_TEST(events.count("lost") == 0U);
  BOOST_TEST(events.count("connected") == 1U);
}

BOOST_AUTO_TEST_CASE(a_warm_standby_that_is_frozen_costs_no_more_than_the_connect_timeout) {
  Mosquitto a, b, c;
  Process reader(sub({"-s", a.uri(), "-s", b.uri(), "-s", c.uri(), "-t", "t", "--standby", "warm",
                      "--connect-timeout", "500ms"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "standby-ready");
  b.freeze();
  a.kill9();
  REQUIRE_EVENT(reader, events, "failover");
  BOOST_TEST(c.wait_for_subscriber(".*"));
}

BOOST_AUTO_TEST_CASE(a_warm_standby_of_the_publisher_takes_over_and_nothing_is_lost) {
  for (const char* qos : {"1", "2"}) {
    Mosquitto a, b;
    Client store_a(a.port()), store_b(b.port());
    Process writer(Command{.argv = pub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", qos, "-l",
                                        "--standby", "warm"}),
                           .stdin_pipe = true});
    Process of_b(sub({"-s", b.uri(), "-t", "t", "-q", qos}));
    BOOST_REQUIRE(b.wait_for_subscriber(".*"));
    Events events(writer);
    REQUIRE_EVENT(writer, events, "standby-ready");
    a.kill9();
    writer.write(numbered_lines(1, 200));
    REQUIRE_EVENT(writer, events, "failover");
    writer.write(numbered_lines(201, 400));
    writer.close_stdin();
    CHECK_STATUS(writer, 0);
    BOOST_REQUIRE(of_b.wait_for_lines(Stream::out, 400, 10s));
    BOOST_TEST(complete(numbers(of_b)));
  }
}

BOOST_AUTO_TEST_CASE(a_warm_standby_and_a_session_are_a_usage_error) {
  const Arguments warm{"-s", dead_uri(), "-t", "t", "--standby", "warm", "-i", "me"};
  for (const Arguments& more : {Arguments{"-c"}, Arguments{"-x", "60"}}) {
    Arguments all = warm;
    all.insert(all.end(), more.begin(), more.end());
    BOOST_TEST(run(sub(all)).exit.status == 64);
    all.insert(all.end(), {"-m", "x"});
    BOOST_TEST(run(pub(all)).exit.status == 64);
  }
  const std::string list = "failover:(" + dead_uri() + ")?backup=true";
  BOOST_TEST(run(sub({"-s", list, "-t", "t", "-i", "me", "-c"})).exit.status == 64);
}

BOOST_AUTO_TEST_CASE(a_stagger_passes_by_a_frozen_server) {
  Mosquitto a, b;
  a.freeze();
  Process reader(sub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "--connect-stagger", "100ms"}));
  Events events(reader);
  const Moment begin = Clock::now();
  REQUIRE_EVENT(reader, events, "subscribed");
  BOOST_TEST(seconds_between(begin, Clock::now()) < 3.0);  // the connect timeout is 5 s
  BOOST_TEST(b.wait_for_subscriber(".*"));
  a.thaw();
  StreamPublisher stream({b.port()}, {.every = 2ms});
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, 100, 10s));
  BOOST_TEST(events.count("lost") == 0U);
}

// Ten times to the other server and back: each kill is a loss, and no failback is one. Each
// connection counts as stable, or the hold would grow.
BOOST_AUTO_TEST_CASE(ten_times_to_the_secondary_and_back) {
  Mosquitto a, b;
  Process reader(sub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "1", "-i", "me",
                      "--priority-backup", "--priority-probe-interval", "20ms", "--priority-hold",
                      "100ms", "--max-reconnect-delay", "100ms", "--stable", "0s"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  StreamPublisher stream({a.port(), b.port()}, {.every = 2ms});
  for (int i = 1; i <= 10; ++i) {
    BOOST_REQUIRE(reader.wait_for_lines(Stream::out, reader.line_count(Stream::out) + 20, 10s));
    a.kill9();
    REQUIRE_EVENT(reader, events, "failover");
    BOOST_REQUIRE(reader.wait_for_lines(Stream::out, reader.line_count(Stream::out) + 20, 10s));
    a.restart();
    REQUIRE_EVENT(reader, events, "failback", 15s);
  }
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, reader.line_count(Stream::out) + 20, 10s));
  stream.stop();
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
  BOOST_TEST(events.count("failback") == 10U);
  BOOST_TEST(events.count("failover") == 10U);
  BOOST_TEST(events.count("lost") == 10U);
  BOOST_TEST(events.count("gap") == 10U);
  // Only around a kill a number may be missing, and none is damaged.
  std::set<std::uint32_t> all;
  for (const std::uint32_t number : numbers(reader)) all.insert(number);
  BOOST_TEST(all.count(0) == 0U);
  std::size_t holes = 0;
  for (auto one = all.begin(); std::next(one) != all.end(); ++one) {
    if (*std::next(one) != *one + 1) ++holes;
  }
  BOOST_TEST(holes <= 10U);
}

BOOST_AUTO_TEST_CASE(
    a_priority_server_that_is_lost_soon_after_a_failback_is_left_alone_for_longer) {
  Mosquitto a, b;
  Process reader(sub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "--priority-backup",
                      "--priority-probe-interval", "20ms", "--priority-hold", "100ms"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  const auto there_and_back = [&] {
    a.kill9();
    REQUIRE_EVENT(reader, events, "failover");
    a.restart();
    REQUIRE_EVENT(reader, events, "failback", 15s);
    return events.last("failback")->number("mono_ms") - events.last("failover")->number("mono_ms");
  };
  there_and_back();
  BOOST_TEST(events.last("lost")->get("failback_hold_ms").empty());
  const long longer = there_and_back();
  BOOST_TEST(events.last("lost")->number("failback_hold_ms") == 2000);
  BOOST_TEST(longer > 1900);
}

BOOST_AUTO_TEST_CASE(a_publisher_goes_back_and_nothing_is_lost_or_doubled) {
  Mosquitto a, b;
  a.kill9();
  Process writer(Command{
      .argv = pub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "1", "-l", "--priority-backup",
                   "--priority-probe-interval", "20ms", "--priority-hold", "100ms"}),
      .stdin_pipe = true});
  Events events(writer);
  Process of_b(sub({"-s", b.uri(), "-t", "t", "-q", "1"}));
  BOOST_REQUIRE(b.wait_for_subscriber(".*"));
  REQUIRE_EVENT(writer, events, "connected");
  a.restart();
  Process of_a(sub({"-s", a.uri(), "-t", "t", "-q", "1"}));
  BOOST_REQUIRE(a.wait_for_subscriber(".*"));
  std::uint32_t next = 1;
  while (events.count("failback") == 0 && next < 100'000) {
    writer.write(numbered_lines(next, next + 49));
    next += 50;
    writer.wait_exit(5ms);
  }
  BOOST_REQUIRE(events.count("failback") == 1U);
  writer.write(numbered_lines(next, next + 99));
  writer.close_stdin();
  CHECK_STATUS(writer, 0);
  const std::size_t sent = next + 99;
  const auto both = [&] { return of_a.line_count(Stream::out) + of_b.line_count(Stream::out); };
  for (int i = 0; i < 500 && both() < sent; ++i) of_a.wait_exit(10ms);
  auto printed = numbers(of_b);
  const auto rest = numbers(of_a);
  BOOST_TEST(!rest.empty());
  printed.insert(printed.end(), rest.begin(), rest.end());
  BOOST_TEST(printed.size() == sent);
  BOOST_TEST(complete(printed));
  BOOST_TEST(events.count("lost") == 0U);
}

BOOST_AUTO_TEST_CASE(it_goes_back_to_the_preferred_server_without_a_loss) {
  Mosquitto a, b;
  Process reader(sub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "1", "--priority-backup",
                      "--priority-probe-interval", "200ms", "--priority-hold", "500ms"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  StreamPublisher stream({a.port(), b.port()}, {.every = 2ms});
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, 50, 10s));
  a.kill9();
  REQUIRE_EVENT(reader, events, "failover");
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, reader.line_count(Stream::out) + 50, 10s));
  a.restart();
  REQUIRE_EVENT(reader, events, "failback", 15s);
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, reader.line_count(Stream::out) + 100, 10s));
  stream.stop();
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
  BOOST_TEST(events.count("lost") == 1U);
  // Make before break: the stream has no gap except that of the kill.
  const auto printed = numbers(reader);
  std::size_t holes = 0, doubles = 0;
  for (std::size_t i = 1; i < printed.size(); ++i) {
    if (printed[i] > printed[i - 1] + 1) ++holes;
    if (printed[i] <= printed[i - 1]) ++doubles;
  }
  BOOST_TEST(holes <= 1U);
  BOOST_TEST_MESSAGE("doubled at failback: " << doubles);
}

BOOST_AUTO_TEST_CASE(a_retained_message_that_was_printed_is_not_printed_again_after_a_switch) {
  Mosquitto a, b;
  for (const Mosquitto* server : {&a, &b})
    Client(server->port()).publish({.topic = "state", .payload = "same", .qos = 1, .retain = true});
  Client(b.port()).publish({.topic = "other", .payload = "changed", .qos = 1, .retain = true});
  Process reader(sub({"-s", a.uri(), "-s", b.uri(), "-t", "state", "-t", "other", "-v"}));
  BOOST_REQUIRE(reader.wait_for_lines(Stream::out, 1, 10s));
  a.kill9();
  BOOST_REQUIRE(reader.wait_for_line(Stream::out, "other changed", 10s).has_value());
  Client(b.port()).publish({.topic = "state", .payload = "end", .qos = 1});
  BOOST_REQUIRE(reader.wait_for_line(Stream::out, "state end", 10s).has_value());
  BOOST_TEST(reader.bytes(Stream::out) == "state same\nother changed\nstate end\n");
}

BOOST_AUTO_TEST_CASE(retained_only_prints_what_all_hot_servers_retain) {
  Mosquitto a, b;
  constexpr std::size_t kMany = 5000;
  Client to_b(b.port());
  for (std::size_t i = 0; i < kMany; ++i)
    to_b.publish({.topic = "b/" + std::to_string(i), .payload = "x", .retain = true});
  to_b.publish({.topic = "b/last", .payload = "x", .qos = 1, .retain = true});
  Client to_a(a.port());
  to_a.publish({.topic = "a", .payload = "x", .qos = 1, .retain = true});
  Process reader(
      sub({"-s", a.uri(), "-s", b.uri(), "-t", "#", "--standby", "hot", "--retained-only"}));
  BOOST_REQUIRE(a.wait_for_subscriber(".*"));
  BOOST_REQUIRE(b.wait_for_subscriber(".*"));
  // The server knows of the subscription before we know of the grant.
  Events events(reader);
  for (int server = 0; server < 2; ++server) REQUIRE_EVENT(reader, events, "subscribed");
  to_a.publish({.topic = "a", .payload = "live", .qos = 1});
  CHECK_STATUS(reader, 0);
  BOOST_TEST(reader.line_count(Stream::out) == kMany + 2);
}
