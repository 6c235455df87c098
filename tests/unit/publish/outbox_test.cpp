// SPDX-License-Identifier: Apache-2.0
// The outbox and its in-flight windows forget nothing and keep the order (delivery.md P2, P3), and
// are bounded (P4).
#include "publish/outbox.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "publish/inflight_window.hpp"

using namespace mqfail;
using namespace std::chrono_literals;

namespace {

Outbox filled(std::uint64_t count) {
  Outbox outbox(count);
  for (std::uint64_t i = 1; i <= count; ++i) outbox.push(std::to_string(i), i, i, TimePoint{});
  return outbox;
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_closed_leaves_and_makes_room) {
  Outbox outbox = filled(3);
  BOOST_TEST(outbox.full());
  outbox.close(0);
  BOOST_TEST(!outbox.full());
  BOOST_TEST(outbox.unsettled() == 2U);
  BOOST_TEST(outbox.begin() == 1U);
  BOOST_TEST(outbox.at(1).payload == "2");
  BOOST_TEST(outbox.closed(0));
}

BOOST_AUTO_TEST_CASE(it_is_full_by_bytes_as_well_and_one_message_always_fits) {
  Outbox outbox(10, 8);
  outbox.push("12345", 1, 1, TimePoint{});
  BOOST_TEST(!outbox.full());
  outbox.push("678", 2, 2, TimePoint{});
  BOOST_TEST(outbox.full());
  outbox.close(1);  // its place is still taken, its bytes are not
  BOOST_TEST(!outbox.full());
  outbox.push(std::string(1000, 'x'), 3, 3, TimePoint{});
  BOOST_TEST(outbox.full());
  outbox.close(0);
  outbox.close(2);
  BOOST_TEST(!outbox.full());
  BOOST_TEST(outbox.empty());
}

BOOST_AUTO_TEST_CASE(free_slots_keep_no_more_memory_than_the_bound) {
  Outbox outbox(10, 1000);
  for (int round = 0; round < 2; ++round) {
    for (std::uint64_t i = 0; i < 10; ++i) {
      outbox.push(std::string(500, 'x'), 1, 1, TimePoint{});
      outbox.close(outbox.begin());
    }
  }
  std::size_t kept = 0;
  for (std::uint64_t i = 0; i < 10; ++i) kept += outbox.at(i).payload.capacity();
  BOOST_TEST(kept <= 1000U);
}

BOOST_AUTO_TEST_CASE(what_is_closed_out_of_order_waits_for_those_before_it) {
  Outbox outbox = filled(3);
  outbox.close(1);
  BOOST_TEST(outbox.full());
  BOOST_TEST(outbox.closed(1));
  BOOST_TEST(!outbox.closed(0));
  outbox.close(0);
  BOOST_TEST(outbox.begin() == 2U);
  BOOST_TEST(outbox.unsettled() == 1U);
}

BOOST_AUTO_TEST_CASE(a_slot_that_is_used_again_knows_nothing_of_before) {
  Outbox outbox(1);
  outbox.push("a", 1, 1, TimePoint{});
  outbox.at(0).holders.push_back(7);
  outbox.at(0).refusers = {1};
  BOOST_TEST(outbox.at(0).held_by(7));
  outbox.close(0);
  outbox.push("b", 2, 2, TimePoint{});
  BOOST_TEST(!outbox.at(1).held_by(7));
  BOOST_TEST(outbox.at(1).refusers.empty());
  BOOST_TEST(!outbox.closed(1));
}

BOOST_AUTO_TEST_CASE(the_ring_goes_round_without_mixing_messages_up) {
  Outbox outbox(3);
  for (std::uint64_t line = 1; line <= 1000; ++line) {
    outbox.push(std::to_string(line), line, line, TimePoint{});
    if (!outbox.full()) continue;
    BOOST_TEST(outbox.at(outbox.begin()).payload == std::to_string(line - 2));
    outbox.close(outbox.begin());
  }
  BOOST_TEST(outbox.unsettled() == 2U);
}

BOOST_AUTO_TEST_CASE(an_answer_finds_its_message_once_and_foreign_ones_find_none) {
  InflightWindow inflight;
  inflight.go_on_at(5);
  inflight.sent(10, TimePoint{});
  inflight.sent(11, TimePoint{});
  BOOST_TEST(!inflight.answered(12).has_value());
  BOOST_TEST((inflight.answered(11) == 6U));
  BOOST_TEST(!inflight.answered(11).has_value());
  BOOST_TEST(inflight.open() == 1U);
  BOOST_TEST((inflight.answered(10) == 5U));
  BOOST_TEST(inflight.open() == 0U);
  BOOST_TEST((inflight.oldest() == nullptr));
  inflight.sent(10, TimePoint{});  // the id is free again
  BOOST_TEST((inflight.answered(10) == 7U));
}

BOOST_AUTO_TEST_CASE(the_oldest_under_way_is_the_one_whose_time_counts) {
  InflightWindow inflight;
  const TimePoint begin{};
  inflight.sent(1, begin);
  inflight.sent(2, begin + 1s);
  inflight.sent(3, begin + 2s);
  BOOST_TEST((inflight.oldest()->at == begin));
  inflight.answered(2);
  BOOST_TEST((inflight.oldest()->at == begin));
  inflight.answered(1);
  BOOST_TEST((inflight.oldest()->at == begin + 2s));
}
