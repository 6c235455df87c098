// SPDX-License-Identifier: Apache-2.0
// Each numbered message once, each hole counted, whatever the order; and a random walk against a
// model that remembers everything.
#include "subscribe/sequence_tracker.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <set>
#include <string>

#include "base/random.hpp"

using namespace mqfail;
using Kind = SequenceTracker::Verdict::Kind;

namespace {

std::string publisher(std::uint64_t which) {
  char id[33];
  std::snprintf(id, sizeof id, "%032llx", static_cast<unsigned long long>(which));
  return id;
}

Kind kind(SequenceTracker& sequences, std::uint64_t number, std::uint64_t who = 1) {
  return sequences.judge(publisher(who), number).kind;
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_number_is_new_once) {
  SequenceTracker sequences;
  for (std::uint64_t n = 1; n <= 70'000; ++n) {
    BOOST_REQUIRE(kind(sequences, n) == Kind::fresh);
    BOOST_REQUIRE(kind(sequences, n) == Kind::duplicate);
    if (n > 100) BOOST_REQUIRE(kind(sequences, n - 100) == Kind::duplicate);
  }
  BOOST_TEST(sequences.missing() == 0U);
}

BOOST_AUTO_TEST_CASE(a_hole_is_told_once_and_what_fills_it_is_late) {
  SequenceTracker sequences;
  sequences.judge(publisher(1), 10);
  const auto verdict = sequences.judge(publisher(1), 14);
  BOOST_TEST(verdict.missing_from == 11U);
  BOOST_TEST(verdict.missing == 3U);
  BOOST_TEST(sequences.judge(publisher(1), 15).missing == 0U);
  BOOST_TEST(sequences.missing() == 3U);
  BOOST_TEST((kind(sequences, 12) == Kind::late));
  BOOST_TEST((kind(sequences, 12) == Kind::duplicate));
  BOOST_TEST(sequences.missing() == 2U);
}

BOOST_AUTO_TEST_CASE(what_came_before_the_first_is_not_missing_and_is_printed_once) {
  SequenceTracker sequences;
  sequences.judge(publisher(1), 1000);
  BOOST_TEST(sequences.missing() == 0U);
  BOOST_TEST((kind(sequences, 400) == Kind::late));
  BOOST_TEST((kind(sequences, 400) == Kind::duplicate));
  BOOST_TEST((kind(sequences, 401) == Kind::late));
  BOOST_TEST(sequences.missing() == 0U);
}

BOOST_AUTO_TEST_CASE(between_a_retained_message_and_the_next_nothing_is_missing) {
  SequenceTracker sequences;
  sequences.judge(publisher(1), 57, true);
  BOOST_TEST(sequences.judge(publisher(1), 1000).missing == 0U);
  BOOST_TEST(sequences.judge(publisher(1), 1002).missing == 1U);
  BOOST_TEST((sequences.judge(publisher(1), 57, true).kind == Kind::duplicate));
  BOOST_TEST(sequences.missing() == 1U);
}

BOOST_AUTO_TEST_CASE(publishers_do_not_mix) {
  SequenceTracker sequences;
  BOOST_TEST((kind(sequences, 5, 1) == Kind::fresh));
  BOOST_TEST((kind(sequences, 5, 2) == Kind::fresh));
  BOOST_TEST((kind(sequences, 5, 1) == Kind::duplicate));
}

BOOST_AUTO_TEST_CASE(below_the_window_a_message_counts_as_new) {
  SequenceTracker sequences;
  sequences.judge(publisher(1), 1);
  sequences.judge(publisher(1), SequenceTracker::kWindow);
  BOOST_TEST((kind(sequences, 1) == Kind::duplicate));
  sequences.judge(publisher(1), SequenceTracker::kWindow + 1);
  BOOST_TEST((kind(sequences, 1) == Kind::late));
  BOOST_TEST((kind(sequences, 2) == Kind::late));
  BOOST_TEST((kind(sequences, 2) == Kind::duplicate));
}

BOOST_AUTO_TEST_CASE(strange_ids_and_numbers_are_let_through) {
  SequenceTracker sequences;
  for (const std::string id :
       {"", "abc", "0123456789abcdef0123456789abcdeg", "+123456789abcdef0123456789abcdef"}) {
    BOOST_TEST((sequences.judge(id, 1).kind == Kind::fresh), id);
    BOOST_TEST((sequences.judge(id, 1).kind == Kind::fresh), id);
  }
  BOOST_TEST((kind(sequences, 0) == Kind::fresh));
  BOOST_TEST((kind(sequences, 0) == Kind::fresh));
  sequences.judge(publisher(1), 1);
  sequences.judge(publisher(1), INT64_MAX);
  BOOST_TEST((kind(sequences, INT64_MAX) == Kind::duplicate));
}

BOOST_AUTO_TEST_CASE(the_publisher_unheard_for_longest_is_forgotten_first) {
  SequenceTracker sequences;
  for (std::uint64_t who = 1; who <= SequenceTracker::kPublishers; ++who) kind(sequences, 1, who);
  BOOST_TEST((kind(sequences, 1, 1) == Kind::duplicate));  // heard again
  kind(sequences, 1, 999'999);
  BOOST_TEST((kind(sequences, 1, 1) == Kind::duplicate));
  BOOST_TEST((kind(sequences, 1, 2) == Kind::fresh));
}

BOOST_AUTO_TEST_CASE(a_random_walk_agrees_with_a_model_that_forgets_nothing) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Random dice(seed);
    SequenceTracker sequences;
    std::set<std::uint64_t> seen;
    std::uint64_t highest = 1 + dice.below(100'000);
    const std::uint64_t spread = std::uint64_t{1} << (1 + dice.below(16));
    for (int step = 0; step < 500; ++step) {
      const std::uint64_t back = dice.below(spread);
      std::uint64_t number = highest > back ? highest - back : 1;
      if (dice.below(3) == 0) number = highest + 1 + (dice.below(4) == 0 ? dice.below(spread) : 0);
      highest = std::max(highest, seen.empty() ? number : std::max(number, *seen.rbegin()));
      const std::uint64_t before = seen.empty() ? 0 : *seen.rbegin();
      const Kind expected = number > before ? Kind::fresh
                            : seen.contains(number) && before - number < SequenceTracker::kWindow
                                ? Kind::duplicate
                                : Kind::late;
      BOOST_REQUIRE_MESSAGE(kind(sequences, number) == expected,
                            "seed " << seed << " step " << step);
      seen.insert(number);
    }
  }
}
