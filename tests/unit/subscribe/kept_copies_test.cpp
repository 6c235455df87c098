// SPDX-License-Identifier: Apache-2.0
// What bridged servers keep for a session twice is printed once, legal repeats survive, and of
// servers that are not bridged nothing is lost (delivery.md S3).
#include "subscribe/kept_copies.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <map>
#include <string>
#include <vector>

using namespace mqfail;
using namespace std::chrono_literals;

namespace {

using Lines = std::vector<std::string>;
using Answer = KeptCopies::Answer;
using Kind = KeptCopies::Kind;

Lines numbered(const std::string& word, int first, int last) {
  Lines lines;
  for (int i = first; i <= last; ++i) lines.push_back(word + std::to_string(i));
  return lines;
}

/// One server in use at a time, and what is printed of what it sends.
struct Stage {
  void move(char to, bool resumed = true) {
    leave();
    now += 10s;
    server = to;
    visit = kept.join(std::string(1, to), resumed, now);
  }
  void leave() {
    if (server == 0) return;
    kept.leave(visit);
    settle();
    server = 0;
  }
  void sends(const Lines& lines, Kind kind = Kind::plain) {
    for (const std::string& line : lines) {
      now += 10us;
      const Digest digest{std::hash<std::string>()(line), line.size()};
      const Answer answer = kept.judge(visit, digest, kind, now);
      const bool waits = answer == Answer::candidate || answer == Answer::behind;
      if (waits) waiting.push_back({line, digest, answer});
      settle();
      if (waits || answer == Answer::copy) continue;
      printed.push_back(line);
      if (answer == Answer::fresh) kept.printed(visit, digest, kind, now);
    }
  }
  void silence() {
    const auto due = KeptCopies::due(visit);
    BOOST_TEST_REQUIRE(due.has_value());
    now = *due;
    kept.answered(visit, now);
    settle();
  }
  void settle() {
    const auto copies = KeptCopies::take_fate(visit);
    if (!copies) return;
    const auto candidates = static_cast<std::size_t>(
        std::count_if(waiting.begin(), waiting.end(),
                      [](const Waiting& one) { return one.answer == Answer::candidate; }));
    BOOST_TEST((*copies == 0 || *copies == candidates));
    for (const Waiting& one : std::exchange(waiting, {})) {
      if (one.answer == Answer::candidate && *copies != 0) continue;
      printed.push_back(one.line);
      kept.printed(visit, one.digest, Kind::plain, now, one.answer == Answer::candidate);
    }
  }
  long times(const std::string& line) const {
    return std::count(printed.begin(), printed.end(), line);
  }
  Lines take_printed() { return std::exchange(printed, {}); }

  struct Waiting {
    std::string line;
    Digest digest;
    Answer answer;
  };
  KeptCopies kept;
  KeptCopies::Visit visit;
  TimePoint now{1h};
  char server = 0;
  std::vector<Waiting> waiting;
  Lines printed;
};

/// b has a session from an earlier run, and a has been in use.
Stage with_printed(const Lines& lines) {
  Stage stage;
  stage.move('a');
  stage.sends(lines);
  BOOST_TEST(stage.take_printed() == lines);
  return stage;
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_two_bridged_servers_keep_is_printed_once) {
  Stage stage = with_printed(numbered("x", 1, 500));
  for (int visit = 1; visit < 8; ++visit) {
    stage.move(visit % 2 == 0 ? 'a' : 'b');
    stage.sends(numbered("x", 500 * visit - 499, 500 * visit));
    BOOST_TEST(stage.take_printed() == Lines());
    const Lines fresh = numbered("x", 500 * visit + 1, 500 * visit + 500);
    stage.sends(fresh);
    BOOST_TEST(stage.take_printed() == fresh);
  }
}

BOOST_AUTO_TEST_CASE(legal_repeats_survive_among_copies) {
  Lines lines = numbered("x", 1, 20);
  lines.insert(lines.end(), {"on", "x21", "on", "x22", "on"});
  Stage stage = with_printed(lines);
  stage.move('b');
  lines.insert(lines.end(), {"on", "x23"});
  stage.sends(lines);
  stage.leave();
  BOOST_TEST(stage.take_printed() == (Lines{"on", "x23"}));
}

BOOST_AUTO_TEST_CASE(as_often_as_the_server_that_kept_most) {
  Lines lines = numbered("x", 1, 20);
  lines.insert(lines.end(), {"on", "on"});
  Stage stage = with_printed(lines);
  for (const char server : {'b', 'c'}) {
    stage.move(server);
    stage.sends(lines);
    stage.sends({"on"});
    BOOST_TEST(stage.take_printed() == (server == 'b' ? Lines{"on"} : Lines{}));
  }
}

BOOST_AUTO_TEST_CASE(few_copies_are_held_back_if_they_are_most_of_what_was_printed) {
  Stage stage = with_printed({"x", "y", "z"});
  stage.move('b');
  stage.sends({"x", "y"});
  stage.silence();
  BOOST_TEST(stage.take_printed() == Lines());
  // The last one was lost on the way between the servers, so this one is published now.
  stage.sends({"z"});
  BOOST_TEST(stage.take_printed() == Lines{"z"});
}

BOOST_AUTO_TEST_CASE(what_waits_with_copies_is_printed_in_its_order) {
  Stage stage = with_printed({"x", "y", "z"});
  stage.move('b');
  stage.sends({"x", "new", "y"});
  BOOST_TEST(stage.take_printed() == Lines());
  stage.leave();
  BOOST_TEST(stage.take_printed() == Lines{"new"});
}

// Servers that are not bridged: a publisher has gone to b a moment before us.
BOOST_AUTO_TEST_CASE(a_server_that_brings_little_of_what_was_printed_brings_no_copies) {
  Lines sensor;
  for (int i = 0; i < 100; ++i) sensor.insert(sensor.end(), {"on", "off"});
  Stage stage = with_printed(sensor);
  stage.move('b');
  stage.sends({"on", "off", "on"});
  stage.silence();
  BOOST_TEST(stage.take_printed() == (Lines{"on", "off", "on"}));
  stage.sends(sensor);  // published now
  BOOST_TEST(stage.take_printed() == sensor);
}

BOOST_AUTO_TEST_CASE(half_of_it_is_too_little) {
  Stage stage = with_printed({"on", "off"});
  stage.move('b');
  stage.sends({"on"});
  stage.silence();
  BOOST_TEST(stage.take_printed() == Lines{"on"});
}

BOOST_AUTO_TEST_CASE(a_server_that_sends_one_message_at_a_time_is_understood_later) {
  Stage stage = with_printed(numbered("x", 1, 100));
  stage.move('b');
  stage.sends({"x1"});
  stage.silence();  // until it is acknowledged
  stage.sends(numbered("x", 2, 100));
  BOOST_TEST(stage.take_printed() == numbered("x", 1, 10));
}

BOOST_AUTO_TEST_CASE(messages_that_are_all_alike_prove_nothing) {
  const Lines beats(200, "alive");
  Stage stage = with_printed(beats);
  stage.move('b');
  stage.sends(beats);
  BOOST_TEST(stage.take_printed() == beats);
}

BOOST_AUTO_TEST_CASE(messages_from_here_and_there_prove_nothing) {
  Stage stage = with_printed(numbered("x", 1, 1000));
  stage.move('b');
  Lines some;
  for (int i = 1; i < 1000; i += 60) some.push_back("x" + std::to_string(i));
  stage.sends(some);
  stage.leave();
  BOOST_TEST(stage.take_printed() == some);
}

BOOST_AUTO_TEST_CASE(what_is_published_after_the_return_is_new) {
  Stage stage = with_printed(numbered("x", 1, 100));
  stage.move('b');
  stage.sends(numbered("y", 1, 3));
  BOOST_TEST(stage.take_printed() == numbered("y", 1, 3));  // without delay
  stage.silence();
  stage.sends(numbered("x", 1, 100));
  BOOST_TEST(stage.take_printed() == numbered("x", 1, 100));
}

BOOST_AUTO_TEST_CASE(a_server_that_is_slow_or_out_of_reach_is_not_silent) {
  Stage stage = with_printed(numbered("x", 1, 100));
  stage.move('b');
  stage.now += 1min;
  stage.sends(numbered("x", 1, 3));
  stage.now += 1min;
  stage.sends(numbered("x", 4, 100));
  BOOST_TEST(stage.take_printed() == Lines());
}

// The answer to a ping that was sent before the last copy came.
BOOST_AUTO_TEST_CASE(an_answer_soon_after_a_copy_is_no_silence) {
  Stage stage = with_printed(numbered("x", 1, 100));
  stage.move('b');
  stage.now += 1min;
  stage.sends({"x1"});
  stage.kept.answered(stage.visit, stage.now);
  stage.settle();
  stage.sends(numbered("x", 2, 100));
  BOOST_TEST(stage.take_printed() == Lines());
}

BOOST_AUTO_TEST_CASE(a_server_without_our_session_has_kept_nothing) {
  Stage stage = with_printed(numbered("x", 1, 100));
  stage.move('b', false);
  stage.sends(numbered("x", 1, 100));
  BOOST_TEST(stage.take_printed() == numbered("x", 1, 100));
  stage.move('a', false);
  stage.sends(numbered("x", 1, 100));
  BOOST_TEST(stage.take_printed() == numbered("x", 1, 100));
}

// b had no session of ours yet: what was published between the two connections is new, and comes
// out of a before the copies, or among the first ones.
BOOST_AUTO_TEST_CASE(what_came_while_no_server_was_in_use_comes_before_the_copies) {
  Stage stage = with_printed(numbered("x", 1, 100));
  stage.move('b', false);
  stage.sends(numbered("x", 120, 200));
  stage.take_printed();
  stage.move('a');
  stage.sends(numbered("x", 101, 119));
  BOOST_TEST(stage.take_printed() == numbered("x", 101, 119));
  stage.sends({"x120", "late1", "x121", "late2"});
  stage.sends(numbered("x", 122, 200));
  BOOST_TEST(stage.take_printed() == (Lines{"late1", "late2"}));
}

BOOST_AUTO_TEST_CASE(a_straggler_does_not_hide_the_copies) {
  Stage stage = with_printed(numbered("x", 1, 1000));
  stage.move('b');
  stage.sends({"x7"});
  stage.sends(numbered("x", 500, 1000));
  BOOST_TEST(stage.take_printed() == Lines());
}

BOOST_AUTO_TEST_CASE(what_a_bridge_brings_late_is_a_copy_if_it_was_printed_once) {
  Lines lines = numbered("x", 1, 100);
  lines.push_back("on");
  const Lines late = numbered("x", 101, 120);
  lines.insert(lines.end(), late.begin(), late.end());
  Stage stage = with_printed(lines);
  stage.sends({"on"});
  stage.take_printed();
  stage.move('b');
  stage.sends(numbered("x", 1, 100));  // then a has died, and the bridge has the rest
  const Lines live = numbered("y", 1, 600);
  stage.sends(live);
  BOOST_TEST(stage.take_printed() == live);
  stage.now += 1min;
  stage.sends({"x101", "y601", "x102", "on"});
  stage.sends(numbered("x", 103, 120));
  BOOST_TEST(stage.take_printed() == (Lines{"y601", "on"}));
  // Even if it lags so far that all comes late.
  stage.move('a');
  stage.sends(live);
  stage.sends(numbered("z", 1, 1000));
  stage.move('b');
  stage.sends(numbered("new", 1, 20));
  stage.take_printed();
  stage.now += 1min;
  stage.sends(numbered("z", 1, 1000));
  BOOST_TEST(stage.take_printed() == Lines());
}

// The other topics are not bridged.
BOOST_AUTO_TEST_CASE(what_was_printed_before_the_copies_that_came_does_not_come_late) {
  Stage stage = with_printed({"alarm"});
  stage.now += 2 * KeptCopies::kSkew;
  const Lines bridged = numbered("x", 1, 100);
  stage.sends(bridged);
  stage.take_printed();
  stage.move('b');
  stage.sends(bridged);
  stage.silence();
  stage.sends({"alarm"});
  BOOST_TEST(stage.take_printed() == Lines{"alarm"});
}

BOOST_AUTO_TEST_CASE(what_a_server_repeats_is_printed_and_owed_by_nobody) {
  Stage stage = with_printed(numbered("x", 1, 100));
  stage.move('b');
  stage.sends(numbered("x", 1, 100));
  stage.move('a');
  stage.sends({"x100"}, Kind::repeated);
  BOOST_TEST(stage.take_printed() == Lines{"x100"});
  stage.move('b');
  stage.sends({"x100"});  // published for the second time
  stage.leave();
  BOOST_TEST(stage.take_printed() == Lines{"x100"});
}

BOOST_AUTO_TEST_CASE(what_was_on_its_way_when_a_server_was_lost_is_a_copy_too) {
  Stage stage = with_printed(numbered("x", 1, 10));
  stage.move('b');
  stage.sends(numbered("x", 1, 40));
  stage.take_printed();
  stage.move('a');
  stage.sends(numbered("x", 11, 20), Kind::repeated);  // sent before, and not received
  stage.sends(numbered("x", 21, 40));
  BOOST_TEST(stage.take_printed() == Lines());
}

BOOST_AUTO_TEST_CASE(a_visit_that_ends_early_is_continued_by_the_next) {
  Stage stage = with_printed(numbered("x", 1, 100));
  stage.move('b');
  stage.sends(numbered("x", 1, 40));
  stage.move('a');
  stage.move('b');
  stage.sends(numbered("x", 41, 100));
  BOOST_TEST(stage.take_printed() == Lines());
}

// b ends too early to tell that it brings copies, so they are printed again. The copies of c are
// recognised all the same.
BOOST_AUTO_TEST_CASE(what_was_printed_in_doubt_hides_no_copies) {
  Stage stage = with_printed(numbered("x", 1, 100));
  stage.move('b');
  stage.sends(numbered("x", 1, 9));
  stage.leave();
  BOOST_TEST(stage.take_printed() == numbered("x", 1, 9));
  stage.move('c');
  stage.sends(numbered("x", 1, 100));
  BOOST_TEST(stage.take_printed() == Lines());
}

// A bridge that speaks MQTT 3.1.1 takes the numbers away.
BOOST_AUTO_TEST_CASE(what_has_lost_its_number_is_a_copy_of_what_has_it) {
  Stage stage;
  stage.move('a');
  stage.sends(numbered("x", 1, 100), Kind::numbered);
  stage.take_printed();
  stage.move('b');
  stage.sends(numbered("x", 1, 100));
  BOOST_TEST(stage.take_printed() == Lines());
  stage.sends(numbered("y", 1, 100), Kind::numbered);
  stage.take_printed();
  stage.move('a');
  stage.sends(numbered("y", 1, 100));
  BOOST_TEST(stage.take_printed() == Lines());
}

BOOST_AUTO_TEST_CASE(what_has_its_number_is_a_copy_of_what_has_lost_it) {
  Stage stage = with_printed(numbered("x", 1, 100));
  stage.move('b');
  stage.sends(numbered("x", 1, 100), Kind::numbered);
  BOOST_TEST(stage.take_printed() == numbered("x", 1, 10));  // they do not wait
  stage.move('a');
  stage.sends(numbered("y", 1, 100));
  stage.take_printed();
  stage.move('b');
  stage.sends(numbered("y", 1, 100), Kind::numbered);
  BOOST_TEST(stage.take_printed() == Lines());
}

BOOST_AUTO_TEST_CASE(messages_with_numbers_are_not_compared_with_each_other) {
  const Lines beats(100, "alive");
  Stage stage;
  stage.move('a');
  stage.sends(beats, Kind::numbered);
  stage.move('b');
  stage.take_printed();
  stage.sends(beats, Kind::numbered);
  BOOST_TEST(stage.take_printed() == beats);
}

BOOST_AUTO_TEST_CASE(prints_are_bounded_and_the_oldest_is_forgotten_first) {
  Stage stage;
  stage.move('a');
  const int most = static_cast<int>(KeptCopies::kMost);
  stage.sends(numbered("x", 1, most + 20));
  BOOST_TEST(stage.kept.size() == KeptCopies::kMost);
  stage.take_printed();
  stage.move('b');
  stage.sends(numbered("x", 1, most + 20));
  BOOST_TEST(stage.take_printed() == numbered("x", 1, 20));
  stage.sends(numbered("y", 1, 20));
  BOOST_TEST(stage.take_printed() == numbered("y", 1, 20));
  BOOST_TEST(stage.kept.size() == KeptCopies::kMost);
}

BOOST_AUTO_TEST_CASE(more_servers_than_places_are_all_printed_from) {
  KeptCopies kept;
  const TimePoint now{1h};
  for (std::size_t i = 0; i < KeptCopies::kServers; ++i) {
    BOOST_TEST(kept.join(std::to_string(i), true, now).place == i);
  }
  auto visit = kept.join("one more", true, now);
  BOOST_TEST(visit.place == KeptCopies::kNoPlace);
  BOOST_TEST((kept.judge(visit, {1, 1}, Kind::plain, now) == Answer::fresh));
  kept.printed(visit, {1, 1}, Kind::plain, now);
  BOOST_TEST((kept.judge(visit, {1, 1}, Kind::plain, now) == Answer::fresh));
  kept.leave(visit);
  BOOST_TEST(kept.size() == 0U);
}
