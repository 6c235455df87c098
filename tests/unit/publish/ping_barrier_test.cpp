// SPDX-License-Identifier: Apache-2.0
// The count of what a server has read for certain at QoS 0.
#include "publish/ping_barrier.hpp"

#include <boost/test/unit_test.hpp>

using namespace mqfail;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint kStart{1h};

void publish(PingBarrier& barrier, std::uint64_t count) {
  for (std::uint64_t number = 1; number <= count; ++number) barrier.published(number);
}

}  // namespace

BOOST_AUTO_TEST_CASE(nothing_published_needs_no_proof) {
  PingBarrier barrier(kStart);
  BOOST_TEST(!barrier.is_due(kStart + 1h, true));
  BOOST_TEST(!barrier.due().has_value());
  BOOST_TEST(barrier.unproven() == 0U);
}

BOOST_AUTO_TEST_CASE(a_proof_is_due_after_a_time_or_a_number_or_at_once) {
  PingBarrier barrier(kStart);
  publish(barrier, 1);
  BOOST_TEST(!barrier.is_due(kStart, false));
  BOOST_TEST(barrier.is_due(kStart, true));
  BOOST_REQUIRE(barrier.due().has_value());
  BOOST_TEST(!barrier.is_due(*barrier.due() - 1ms, false));
  BOOST_TEST(barrier.is_due(*barrier.due(), false));
  publish(barrier, PingBarrier::kEvery - 1);
  BOOST_TEST(barrier.is_due(kStart, false));
  barrier.asked(1, kStart);
  BOOST_TEST(!barrier.is_due(kStart + 1h, true));
}

BOOST_AUTO_TEST_CASE(an_answer_proves_what_was_published_before_its_ping) {
  PingBarrier barrier(kStart);
  publish(barrier, 3);
  barrier.asked(7, kStart);  // other pings went before, and their answers prove nothing
  publish(barrier, 2);
  barrier.asked(9, kStart);
  BOOST_TEST(barrier.answered(6) == 0U);
  BOOST_TEST(barrier.answered(8) == 3U);
  BOOST_TEST(barrier.unproven() == 2U);
  BOOST_TEST(barrier.answered(8) == 0U);
  BOOST_TEST(barrier.answered(9) == 2U);
  BOOST_TEST(barrier.unproven() == 0U);
}

// What comes without an end must not hide what is proven.
BOOST_AUTO_TEST_CASE(the_oldest_message_that_is_not_proven_has_a_number) {
  PingBarrier barrier(kStart);
  BOOST_TEST(!barrier.oldest().has_value());
  for (const std::uint64_t number : {3U, 5U}) barrier.published(number);
  BOOST_TEST(barrier.oldest().value() == 3U);
  barrier.asked(1, kStart);
  BOOST_TEST(barrier.waits());
  for (const std::uint64_t number : {8U, 9U}) barrier.published(number);
  barrier.asked(2, kStart);
  BOOST_TEST(barrier.oldest().value() == 3U);
  barrier.answered(1);
  BOOST_TEST(barrier.oldest().value() == 8U);
  barrier.answered(2);
  BOOST_TEST(!barrier.waits());
  BOOST_TEST(!barrier.oldest().has_value());
  barrier.published(12);
  BOOST_TEST(barrier.oldest().value() == 12U);
  barrier.give_up();
  BOOST_TEST(!barrier.oldest().has_value());
}

BOOST_AUTO_TEST_CASE(what_is_given_up_is_counted_once) {
  PingBarrier barrier(kStart);
  publish(barrier, 3);
  barrier.asked(1, kStart);
  publish(barrier, 1);
  BOOST_TEST(barrier.give_up() == 4U);
  BOOST_TEST(barrier.give_up() == 0U);
  BOOST_TEST(barrier.answered(1) == 0U);
  BOOST_TEST(barrier.unproven() == 0U);
  BOOST_TEST(!barrier.due().has_value());
}
