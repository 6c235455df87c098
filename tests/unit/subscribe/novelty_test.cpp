// SPDX-License-Identifier: Apache-2.0
// The same message through several servers is printed once, legal repeats survive, and whatever
// cannot be told for certain is printed rather than lost (delivery.md S3, S6).
#include "subscribe/novelty.hpp"

#include <boost/test/unit_test.hpp>
#include <map>
#include <string>
#include <vector>

using namespace mqfail;
using namespace std::chrono_literals;

namespace {

/// Servers a, b, c ... and what is printed of what they send.
struct Stage {
  explicit Stage(NoveltySettings settings = {true, 20s, true, {1, 2}}) : novelty(settings) {}

  void join(char server, bool resumed = false) {
    now += 1ms;
    ConnectionFacts facts;
    facts.session_present = resumed;
    facts.subscribed_at = now;
    feeds[server] =
        novelty.online(Server{.id = std::string(1, server), .cluster = cluster}, facts, now);
  }
  void leave(char server) { novelty.offline(feeds[server]); }
  void send(char server, const std::string& payload, bool retain = false) {
    now += 1ms;
    Message message{"t", payload, 1, retain};
    if (!is_new(message, feeds[server])) return;
    novelty.printed(feeds[server], now);
    printed += payload;
  }
  void block() {
    for (auto& [server, feed] : feeds) novelty.blocked(feed, now);
  }
  void go_on() {
    for (auto& [server, feed] : feeds) novelty.resumed(feed, now);
  }
  void stall(Duration time) {
    block();
    now += time;
    go_on();
  }
  void both(const std::string& payloads) {
    for (const char payload : payloads) {
      send('a', std::string(1, payload));
      send('b', std::string(1, payload));
    }
  }

  bool is_new(const Message& message, Novelty::Feed& feed) {
    return novelty.judge(message, feed, now) == Novelty::News::fresh;
  }

  Novelty novelty;
  std::string cluster;
  std::map<char, Novelty::Feed> feeds;
  TimePoint now{1h};
  std::string printed;
};

/// Numbered messages, 80 ms apart.
void send_slowly(Stage& stage, char server, int from, int to) {
  for (int i = from; i < to; ++i) {
    stage.now += 79ms;
    stage.send(server, "<" + std::to_string(i) + ">");
  }
}
/// Those that the server still has, all at once.
void send_at_once(Stage& stage, char server, int from, int to) {
  for (int i = from; i < to; ++i) stage.send(server, "<" + std::to_string(i) + ">");
}

Stage two() {
  Stage stage;
  stage.join('a');
  stage.join('b');
  return stage;
}

/// Both servers have brought the same. Then b was away while a brought so many messages.
Stage back_after(int messages) {
  Stage stage({true, 4s, true, {1, 2}});
  stage.join('a');
  stage.join('b');
  stage.both("0123456789");
  stage.leave('b');
  send_slowly(stage, 'a', 0, messages);
  stage.join('b');
  return stage;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_message_through_two_servers_is_printed_once) {
  Stage stage = two();
  stage.both("xyz");
  BOOST_TEST(stage.printed == "xyz");
  BOOST_TEST(stage.novelty.copies() == 3U);
}

BOOST_AUTO_TEST_CASE(legal_repeats_survive_however_late_the_other_server_is) {
  Stage stage = two();
  for (const char* payload : {"1", "1", "0", "1"}) stage.send('b', payload);
  for (const char* payload : {"1", "1", "0", "1"}) stage.send('a', payload);
  BOOST_TEST(stage.printed == "1101");
  stage.send('a', "1");
  stage.send('b', "1");
  BOOST_TEST(stage.printed == "11011");
}

BOOST_AUTO_TEST_CASE(what_we_removed_from_one_server_is_not_new_on_the_next) {
  for (const bool removes : {true, false}) {
    Stage stage({false, 20s, true, {1, 2}, true, removes});
    stage.join('a');
    stage.send('a', "v", true);
    stage.send('a', "");  // the removal comes back to us
    stage.join('b');
    stage.send('b', "v", true);
    BOOST_TEST(stage.printed == (removes ? "v" : "vv"));
  }
}

BOOST_AUTO_TEST_CASE(as_often_as_the_server_that_sent_it_most) {
  Stage stage = two();
  stage.join('c');
  stage.send('a', "x");
  stage.send('b', "x");
  stage.send('b', "x");
  stage.send('c', "x");
  stage.send('c', "x");
  stage.send('c', "x");
  stage.send('a', "x");
  BOOST_TEST(stage.printed == "xxx");
}

BOOST_AUTO_TEST_CASE(the_same_payload_on_another_topic_is_another_message) {
  Stage stage = two();
  const Message here{"x", "y", 0, false}, there{"y", "x", 0, false};
  BOOST_TEST(stage.is_new(here, stage.feeds['a']));
  stage.novelty.printed(stage.feeds['a'], stage.now);
  BOOST_TEST(stage.is_new(there, stage.feeds['b']));
}

// Found by simulation_world: a server that has just been restarted sends what it sent just before.
BOOST_AUTO_TEST_CASE(a_server_that_comes_back_at_once_may_send_the_same_again) {
  Stage stage = two();
  stage.send('a', "x");
  stage.leave('a');
  stage.join('a');
  stage.send('a', "x");
  BOOST_TEST(stage.printed == "xx");
  stage.send('b', "x");
  stage.send('b', "x");
  BOOST_TEST(stage.printed == "xx");
}

// Found by simulation_world: while standard output is blocked, copies wait with everything else.
BOOST_AUTO_TEST_CASE(a_copy_that_waited_for_a_blocked_output_is_recognised) {
  Stage stage = two();
  stage.send('a', "x");
  stage.stall(1min);
  stage.send('b', "x");
  BOOST_TEST(stage.printed == "x");
}

// A pipe is full now and then, whoever reads it.
BOOST_AUTO_TEST_CASE(an_output_that_blocks_for_a_moment_prolongs_nothing) {
  Stage stage = two();
  stage.send('a', "x");
  for (int i = 0; i < 25; ++i) {
    stage.stall(1ms);
    stage.now += 1s;
  }
  stage.send('b', "x");
  BOOST_TEST(stage.printed == "xx");
}

BOOST_AUTO_TEST_CASE(a_blocked_output_long_after_a_server_joined_makes_no_copies) {
  Stage stage;
  stage.join('a');
  stage.send('a', "x");
  stage.now += 500ms;
  stage.join('b');
  stage.now += 5s;
  stage.stall(100ms);
  stage.send('b', "x");
  BOOST_TEST(stage.printed == "xx");
}

BOOST_AUTO_TEST_CASE(a_server_that_joins_while_the_output_is_blocked_owes_what_comes_then) {
  Stage stage;
  stage.join('a');
  stage.send('a', "x");
  stage.block();
  stage.now += 30s;
  stage.join('b');
  stage.now += 30s;
  stage.go_on();
  stage.both("y");
  stage.both("z");
  stage.send('a', "x");
  BOOST_TEST(stage.printed == "xyzx");
}

// Server b was away while "on" was sent twice; what it sends when it is back is not taken for that.
BOOST_AUTO_TEST_CASE(a_server_that_was_away_owes_nothing) {
  Stage stage = two();
  stage.both("on");
  stage.leave('b');
  for (int i = 0; i < 2; ++i) stage.send('a', "!");
  stage.join('b');
  stage.leave('a');
  for (int i = 0; i < 2; ++i) stage.send('b', "!");
  BOOST_TEST(stage.printed == "on!!!!");
}

// The publisher had sent "x" to both, but b was not listened to yet when it came out of a.
BOOST_AUTO_TEST_CASE(what_is_published_around_a_return_is_printed_once) {
  Stage stage = two();
  stage.leave('b');
  stage.send('a', "v");
  stage.now += 1200ms;
  stage.send('a', "w");
  stage.send('a', "x");
  stage.join('b');
  stage.send('b', "x");
  stage.both("yz");
  BOOST_TEST(stage.printed == "vwxyz");
  stage.send('b', "v");  // longer ago than any publisher takes: a message of its own
  BOOST_TEST(stage.printed == "vwxyzv");
  stage.send('b', "x");  // b has sent the first one: another
  BOOST_TEST(stage.printed == "vwxyzvx");
}

BOOST_AUTO_TEST_CASE(what_is_published_around_the_first_subscription_is_printed_once) {
  Stage stage;
  stage.join('a');
  stage.send('a', "x");
  stage.join('b');
  stage.send('b', "x");
  stage.both("y");
  BOOST_TEST(stage.printed == "xy");
}

// Nobody publishes to c, so what a sends stays remembered. A second after b was subscribed, what is
// equal to something older is a message of its own: a is gone, so nobody else brings it.
BOOST_AUTO_TEST_CASE(what_comes_a_second_after_a_subscription_is_no_copy_of_what_was_before) {
  for (const auto& [later, printed] : {std::pair{500ms, "1"}, std::pair{1001ms, "11"}}) {
    Stage stage;
    stage.join('a');
    stage.join('c');
    stage.send('a', "1");
    stage.join('b');
    stage.leave('a');
    stage.now += later;
    stage.send('b', "1");
    BOOST_TEST(stage.printed == printed);
  }
}

BOOST_AUTO_TEST_CASE(a_session_that_was_kept_brings_nothing_twice) {
  Stage stage = two();
  stage.leave('b');
  for (const char* payload : {"1", "2", "2"}) stage.send('a', payload);
  stage.join('b', true);
  for (const char* payload : {"1", "2", "2", "3"}) stage.send('b', payload);
  BOOST_TEST(stage.printed == "1223");
}

BOOST_AUTO_TEST_CASE(what_an_old_connection_still_holds_is_told_apart_from_the_new_one) {
  Stage stage = two();
  auto old = stage.feeds['b'];
  for (const char* payload : {"1", "2"}) stage.send('a', payload);
  stage.join('b');
  const Message late{"t", "2", 1, false};
  BOOST_TEST(!stage.is_new(late, old));
  stage.novelty.offline(old);
  stage.send('a', "2");
  stage.send('b', "2");
  BOOST_TEST(stage.printed == "122");
}

// Found by the simulated world: the output was blocked over the change of the connection.
BOOST_AUTO_TEST_CASE(what_an_old_connection_still_holds_is_nothing_that_the_new_one_owes) {
  Stage stage;
  stage.join('a');
  Novelty::Feed old = stage.feeds['a'];
  stage.join('a');
  std::swap(old, stage.feeds['a']);
  stage.send('a', "x");  // what the old connection still held
  std::swap(old, stage.feeds['a']);
  stage.send('a', "x");  // published again after the return
  BOOST_TEST(stage.printed == "xx");
}

// Found by the simulated world, in the same way: x is published three times. a lacks the third one,
// and b has the first one from the old connection and the others from the new one.
BOOST_AUTO_TEST_CASE(a_copy_of_an_old_connection_is_none_that_the_new_one_owes) {
  Stage stage = two();
  Novelty::Feed old = stage.feeds['b'];
  stage.join('b');
  stage.send('a', "x");
  stage.send('a', "x");
  std::swap(old, stage.feeds['b']);
  stage.send('b', "x");
  std::swap(old, stage.feeds['b']);
  stage.send('b', "x");
  BOOST_TEST(stage.printed == "xx");
  stage.send('b', "x");
  BOOST_TEST(stage.printed == "xxx");
}

BOOST_AUTO_TEST_CASE(the_place_of_a_connection_that_has_ended_is_of_no_earlier_one) {
  Stage stage;
  stage.join('a');
  Novelty::Feed old = stage.feeds['a'];
  stage.join('a');
  stage.leave('a');
  stage.join('b');  // in the place of the second connection to a
  std::swap(old, stage.feeds['a']);
  stage.send('a', "x");
  stage.send('b', "x");
  BOOST_TEST(stage.printed == "x");
}

BOOST_AUTO_TEST_CASE(after_the_window_a_copy_is_a_message) {
  Stage stage = two();
  stage.send('a', "x");
  stage.now += 19s;
  stage.send('b', "x");
  BOOST_TEST(stage.printed == "x");
  stage.send('a', "y");
  stage.now += 21s;
  stage.send('b', "y");
  BOOST_TEST(stage.printed == "xyy");
}

// Found by tests/peers: servers with a bridge, frozen for 8 s with a keepalive of 2 s. A cluster of
// NATS without a quorum is the same, but the connection does not end.
BOOST_AUTO_TEST_CASE(what_a_server_brings_late_is_no_message_if_it_has_brought_copies_before) {
  for (const bool ends : {true, false}) {
    for (const bool proven : {true, false}) {
      Stage stage({true, 4s, true, {1, 2}});
      stage.join('a');
      stage.join('b');
      stage.both(proven ? "0123456789" : "0123");
      if (ends) stage.leave('b');
      send_slowly(stage, 'a', 0, 200);
      const std::string before = stage.printed;
      if (ends) stage.join('b');
      send_at_once(stage, 'b', 0, 100);
      BOOST_TEST((stage.printed == before) == proven);
    }
  }
}

// Who was always the first has brought no copy, and the others have brought copies of its messages.
BOOST_AUTO_TEST_CASE(what_the_fastest_server_brings_late_is_no_message_either) {
  for (const bool ends : {true, false}) {
    Stage stage({true, 4s, true, {1, 2}});
    stage.join('a');
    stage.join('b');
    stage.both("0123456789");
    if (ends) stage.leave('a');
    send_slowly(stage, 'b', 0, 200);
    const std::string before = stage.printed;
    if (ends) stage.join('a');
    send_at_once(stage, 'a', 0, 100);
    BOOST_TEST(stage.printed == before);
  }
}

// Found by tests/peers: the bridge of mosquitto came back 6 s after its server, which was longer
// than a window.
BOOST_AUTO_TEST_CASE(what_a_bridge_brings_long_after_the_return_is_no_message) {
  Stage stage = back_after(200);
  const std::string before = stage.printed;
  stage.now += 100s;
  send_at_once(stage, 'b', 0, 200);
  BOOST_TEST(stage.printed == before);
}

// It has sent the first ones to the connection that has ended.
BOOST_AUTO_TEST_CASE(what_comes_late_without_its_beginning_needs_a_proof) {
  Stage stage = back_after(200);
  const std::uint64_t before = stage.novelty.copies();
  send_at_once(stage, 'b', 60, 200);
  BOOST_TEST(stage.novelty.copies() - before == 140 - Copies::kProof);
}

BOOST_AUTO_TEST_CASE(a_server_that_goes_on_brings_nothing_late_any_more) {
  Stage stage = back_after(20);
  stage.now += Copies::kBridgePatience + 1s;
  stage.printed.clear();
  stage.send('b', "<0>");  // too long after its return
  BOOST_TEST(stage.printed == "<0>");
  stage.leave('b');
  send_slowly(stage, 'a', 20, 60);
  stage.join('b');
  stage.both("z");
  stage.printed.clear();
  stage.send('b', "<20>");
  BOOST_TEST(stage.printed == "");
  stage.send('b', "9");  // behind what it had brought before
  BOOST_TEST(stage.printed == "9");
}

// Found by tests/peers: what waits in the sockets of a frozen server comes before what its bridge
// kept, and is younger.
BOOST_AUTO_TEST_CASE(what_comes_late_may_come_from_several_places) {
  Stage stage = back_after(200);
  const std::uint64_t before = stage.novelty.copies();
  send_at_once(stage, 'b', 100, 140);
  send_at_once(stage, 'b', 0, 100);
  send_at_once(stage, 'b', 140, 200);
  BOOST_TEST(stage.novelty.copies() - before == 200 - 2 * Copies::kProof);  // one for each place
}

BOOST_AUTO_TEST_CASE(what_waits_for_a_server_is_bounded) {
  Copies copies(1s);
  TimePoint now{1h};
  const auto a = copies.join("a", now, false);
  const auto b = copies.join("b", now, false);
  std::uint64_t number = 0;
  const auto print = [&] {
    copies.printed(a, {++number, 0}, now += 1ms);
    return Digest{number, 0};
  };
  for (int i = 0; i < 10; ++i) BOOST_TEST(copies.is_copy(b, print(), now));
  copies.leave(b);
  for (std::size_t i = 0; i < 2 * Copies::kMost; ++i) print();
  BOOST_TEST(copies.size() == Copies::kMost);
}

BOOST_AUTO_TEST_CASE(memory_is_bounded_and_what_is_forgotten_is_printed_twice) {
  Copies copies(1h);
  const TimePoint now{1h};
  const auto a = copies.join("a", now, false);
  const auto b = copies.join("b", now, false);
  for (std::uint64_t i = 0; i < Copies::kMost + 10; ++i) {
    BOOST_TEST_REQUIRE(!copies.is_copy(a, {i, i}, now));
    copies.printed(a, {i, i}, now);
    BOOST_TEST_REQUIRE(copies.size() <= Copies::kMost);
  }
  BOOST_TEST(!copies.is_copy(b, {9, 9}, now));
  BOOST_TEST(copies.is_copy(b, {10, 10}, now));
}

BOOST_AUTO_TEST_CASE(what_all_have_sent_is_forgotten) {
  Stage stage = two();
  Copies copies(1h);
  const auto a = copies.join("a", stage.now, false);
  const auto b = copies.join("b", stage.now, false);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    copies.printed(a, {i, i}, stage.now);
    BOOST_TEST_REQUIRE(copies.is_copy(b, {i, i}, stage.now));
  }
  stage.now += Copies::kSkew + 1ms;  // until then a server that joins may send it, too
  BOOST_TEST(!copies.is_copy(b, {1, 1}, stage.now));
  BOOST_TEST(copies.size() == 0U);
}

BOOST_AUTO_TEST_CASE(a_lagging_server_costs_no_walk_over_all_that_is_alike) {
  Copies copies(1h);
  const TimePoint now{1h};
  const auto a = copies.join("a", now, false);
  const auto b = copies.join("b", now, false);
  copies.join("c", now, false);                          // silent
  for (std::size_t i = 0; i < 4 * Copies::kMost; ++i) {  // a walk would take minutes
    if (!copies.is_copy(a, {7, 7}, now)) copies.printed(a, {7, 7}, now);
    BOOST_TEST_REQUIRE(copies.is_copy(b, {7, 7}, now));
  }
}

BOOST_AUTO_TEST_CASE(more_servers_than_places_are_all_printed) {
  Copies copies(1h);
  const TimePoint now{1h};
  for (std::size_t i = 0; i < Copies::kServers; ++i) {
    BOOST_TEST(copies.join(std::to_string(i), now, false) == i);
  }
  const auto none = copies.join("one more", now, false);
  BOOST_TEST(none == Copies::kNoPlace);
  copies.printed(0, {1, 1}, now);
  BOOST_TEST(!copies.is_copy(none, {1, 1}, now));
  copies.leave(3);
  BOOST_TEST(copies.join("one more", now, false) == 3U);
}

BOOST_AUTO_TEST_CASE(an_unchanged_retained_message_of_a_later_connection_is_held_back) {
  Stage stage({false, 20s, true, {1, 2}});
  stage.join('a');
  stage.send('a', "1", true);
  stage.send('a', "1", true);  // two filters match: the first connection brings what it brings
  stage.leave('a');
  stage.join('b');
  stage.send('b', "1", true);
  BOOST_TEST(stage.printed == "11");
  stage.send('b', "1");  // published now
  stage.send('b', "2", true);
  BOOST_TEST(stage.printed == "1112");
  BOOST_TEST(stage.novelty.unchanged() == 1U);
}

BOOST_AUTO_TEST_CASE(all_retained_messages_if_so_wanted) {
  Stage stage({false, 20s, false, {1, 2}});
  stage.join('a');
  stage.send('a', "1", true);
  stage.join('b');
  stage.send('b', "1", true);
  BOOST_TEST(stage.printed == "11");
}

// b's copy comes as a retained message, because b knew it before we subscribed there.
BOOST_AUTO_TEST_CASE(a_retained_message_that_is_new_counts_as_sent) {
  Stage stage;
  stage.join('a');
  stage.send('a', "1");
  stage.join('b');
  stage.send('b', "2", true);
  stage.send('a', "2");
  BOOST_TEST(stage.printed == "12");
  stage.both("2");
  BOOST_TEST(stage.printed == "122");
}

BOOST_AUTO_TEST_CASE(the_topics_that_are_remembered_are_bounded) {
  LastPrinted last;
  for (std::uint64_t i = 0; i < 3 * LastPrinted::kMost; ++i) {
    last.printed({i, i}, {i, i});
    BOOST_TEST_REQUIRE(last.size() <= LastPrinted::kMost);
  }
  const std::uint64_t recent = 3 * LastPrinted::kMost - LastPrinted::kMost / 2 + 1;
  BOOST_TEST(last.is({recent, recent}, {recent, recent}));
  BOOST_TEST(!last.is({1, 1}, {1, 1}));
}

BOOST_AUTO_TEST_CASE(a_numbered_message_is_new_once_and_needs_no_counting) {
  for (const bool dedupe : {true, false}) {
    NoveltySettings settings{true, 20s, true, {1, 2}};
    settings.numbers = dedupe;
    Stage stage(settings);
    stage.join('a');
    stage.join('b');
    const auto news = [&](char server, std::uint64_t number, bool retain = false) {
      Message message{"t", "same", 1, retain};
      message.publisher = "00112233445566778899aabbccddeeff";
      message.number = number;
      const bool is_new = stage.is_new(message, stage.feeds[server]);
      if (is_new) stage.novelty.printed(stage.feeds[server], stage.now);
      return is_new;
    };
    // Equal payloads, and a server that is ahead by one: counting would take 2 for a copy of 1.
    BOOST_TEST(news('a', 1));
    BOOST_TEST(news('b', 2));
    BOOST_TEST(news('b', 1) == !dedupe);
    BOOST_TEST(news('a', 2) == !dedupe);
    BOOST_TEST(news('b', 3, true));  // new, though it says what the last one said
    BOOST_TEST(stage.novelty.copies() == 2U);
    BOOST_TEST(news('b', 6));
    BOOST_TEST(stage.novelty.verdict().missing == 2U);
    BOOST_TEST(stage.novelty.missing() == 2U);
  }
}

namespace {

/// A persistent session at one server after the other.
struct Kept : Stage {
  explicit Kept(bool retain_as_published = false)
      : Stage({.key = {1, 2}, .kept_sessions = true, .retain_as_published = retain_as_published}) {
    novelty.listed(2);
  }
  void move(char server) {
    if (!feeds.empty()) leave(feeds.begin()->first);
    feeds.clear();
    join(server, true);
  }
  Novelty::News sends(const Message& message) {
    Novelty::Feed& feed = feeds.begin()->second;
    const auto news = novelty.judge(message, feed, now);
    if (news == Novelty::News::fresh) novelty.printed(feed, now);
    return news;
  }
  Novelty::News sends(const std::string& payload, int qos = 1, bool retain = false) {
    return sends({"t", payload, qos, retain});
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(what_a_server_has_kept_and_another_one_brought_is_known) {
  Kept stage;
  stage.move('a');
  for (int i = 0; i < 30; ++i) BOOST_TEST((stage.sends(std::to_string(i)) == Novelty::News::fresh));
  stage.move('b');
  for (int i = 0; i < 30; ++i) BOOST_TEST((stage.sends(std::to_string(i)) != Novelty::News::fresh));
  BOOST_TEST((stage.novelty.take_fate(stage.feeds['b']) == Novelty::News::known));
  BOOST_TEST(!stage.novelty.take_fate(stage.feeds['b']).has_value());
  BOOST_TEST((stage.sends("30") == Novelty::News::fresh));
  BOOST_TEST(stage.novelty.copies() == 30U);
}

BOOST_AUTO_TEST_CASE(what_no_server_keeps_is_not_compared) {
  Kept stage;
  stage.move('a');
  for (const int qos : {0, 1}) {
    BOOST_TEST((stage.sends("on", qos, qos == 1) == Novelty::News::fresh));
  }
  stage.move('b');
  BOOST_TEST((stage.sends("on") == Novelty::News::fresh));
  stage.move('a');
  BOOST_TEST((stage.sends("on", 0) == Novelty::News::fresh));
  BOOST_TEST((stage.sends("on") == Novelty::News::doubtful));
}

BOOST_AUTO_TEST_CASE(the_nodes_of_a_cluster_keep_one_session) {
  Kept stage;
  stage.cluster = "plant";
  stage.move('a');
  BOOST_TEST((stage.sends("on") == Novelty::News::fresh));
  stage.move('b');
  BOOST_TEST((stage.sends("on") == Novelty::News::fresh));
}

BOOST_AUTO_TEST_CASE(a_message_that_has_lost_its_number_is_known) {
  Kept stage;
  const auto sends = [&stage](int number, bool numbered) {
    const std::string payload = std::to_string(number);
    Message message{"t", payload, 1};
    if (numbered) {
      message.publisher = "00112233445566778899aabbccddeeff";
      message.number = static_cast<std::uint64_t>(number);
    }
    return stage.sends(message);
  };
  stage.move('a');
  for (int i = 1; i <= 30; ++i) BOOST_TEST((sends(i, true) == Novelty::News::fresh));
  stage.move('b');
  for (int i = 1; i <= 20; ++i) BOOST_TEST((sends(i, false) != Novelty::News::fresh));
  for (int i = 21; i <= 30; ++i) BOOST_TEST((sends(i, true) == Novelty::News::known));
  BOOST_TEST((stage.novelty.take_fate(stage.feeds['b']) == Novelty::News::known));
  BOOST_TEST((sends(31, true) == Novelty::News::fresh));
  BOOST_TEST(stage.novelty.copies() == 30U);
}

BOOST_AUTO_TEST_CASE(a_retain_flag_of_the_publisher_says_nothing) {
  Kept stage(true);
  stage.move('a');
  BOOST_TEST((stage.sends("on", 1, true) == Novelty::News::fresh));
  stage.move('b');
  BOOST_TEST((stage.sends("on", 1, true) == Novelty::News::doubtful));
}

BOOST_AUTO_TEST_CASE(one_server_brings_no_copies_and_what_it_sends_again_is_known) {
  Kept stage;
  stage.novelty.listed(1);
  Message message{"t", "on", 1};
  message.packet_id = 1000;
  stage.move('a');
  BOOST_TEST((stage.sends(message) == Novelty::News::fresh));
  message.duplicate = true;
  stage.move('a');
  BOOST_TEST((stage.sends(message) == Novelty::News::known));
  BOOST_TEST((stage.sends("on") == Novelty::News::fresh));
  BOOST_TEST(stage.novelty.copies() == 1U);
}
