// SPDX-License-Identifier: Apache-2.0
// The outbox forgets nothing and keeps the order (delivery.md P2, P3), and is bounded (P4).
#include "session/outbox.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

using namespace mqfail;

namespace {

constexpr AttemptId kFirst{1};
constexpr AttemptId kSecond{2};

void send_all(Outbox& outbox, AttemptId attempt, std::uint16_t first_id) {
  while (outbox.next_to_send() < outbox.size()) {
    outbox.sent(outbox.next_to_send(), attempt, first_id++, TimePoint{});
  }
}

std::vector<std::string> to_be_sent(const Outbox& outbox) {
  std::vector<std::string> result;
  for (std::size_t place = outbox.next_to_send(); place < outbox.size(); ++place) {
    if (!outbox.at(place).settled) result.push_back(outbox.at(place).payload);
  }
  return result;
}

Outbox filled(int count) {
  Outbox outbox(static_cast<std::size_t>(count));
  for (int i = 1; i <= count; ++i)
    outbox.push(std::to_string(i), static_cast<std::uint64_t>(i), static_cast<std::uint64_t>(i),
                TimePoint{});
  return outbox;
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_acknowledged_leaves_and_makes_room) {
  Outbox outbox = filled(3);
  BOOST_TEST(outbox.full());
  send_all(outbox, kFirst, 10);
  BOOST_TEST(outbox.in_flight() == 3U);
  outbox.close(*outbox.find(kFirst, 10));
  BOOST_TEST(!outbox.full());
  BOOST_TEST(outbox.in_flight() == 2U);
  BOOST_TEST(outbox.unsettled() == 2U);
  BOOST_TEST(outbox.at(0).payload == "2");
}

BOOST_AUTO_TEST_CASE(an_acknowledgement_out_of_order_settles_its_own_message_only) {
  Outbox outbox = filled(3);
  send_all(outbox, kFirst, 10);
  outbox.close(*outbox.find(kFirst, 11));
  BOOST_TEST(outbox.full());  // the first is still in front
  outbox.rewind();
  BOOST_TEST(to_be_sent(outbox) == (std::vector<std::string>{"1", "3"}),
             boost::test_tools::per_element());
  outbox.sent(outbox.next_to_send(), kSecond, 1, TimePoint{});
  BOOST_TEST(outbox.at(outbox.next_to_send()).payload == "3");
}

BOOST_AUTO_TEST_CASE(after_a_switch_everything_unsettled_goes_again_in_input_order) {
  Outbox outbox = filled(5);
  send_all(outbox, kFirst, 1);
  outbox.close(*outbox.find(kFirst, 1));
  outbox.close(*outbox.find(kFirst, 2));
  outbox.rewind();
  outbox.push("6", 6, 6, TimePoint{});
  BOOST_TEST(outbox.in_flight() == 0U);
  BOOST_TEST(to_be_sent(outbox) == (std::vector<std::string>{"3", "4", "5", "6"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(late_and_foreign_acknowledgements_settle_nothing) {
  Outbox outbox = filled(2);
  send_all(outbox, kFirst, 1);
  outbox.rewind();
  BOOST_TEST(outbox.find(kFirst, 1) == nullptr);  // of the connection that was lost
  outbox.sent(0, kSecond, 7, TimePoint{});
  BOOST_TEST(outbox.find(kFirst, 7) == nullptr);
  BOOST_TEST(outbox.find(kSecond, 8) == nullptr);
  Outbox::Entry* const entry = outbox.find(kSecond, 7);
  BOOST_REQUIRE(entry != nullptr);
  outbox.close(*entry);
  BOOST_TEST(outbox.find(kSecond, 7) == nullptr);  // at most once
}

BOOST_AUTO_TEST_CASE(the_oldest_in_flight_is_the_one_whose_time_counts) {
  Outbox outbox = filled(2);
  BOOST_TEST(outbox.oldest_in_flight() == nullptr);
  send_all(outbox, kFirst, 1);
  outbox.close(*outbox.find(kFirst, 1));
  BOOST_REQUIRE(outbox.oldest_in_flight() != nullptr);
  BOOST_TEST(outbox.oldest_in_flight()->payload == "2");
}

BOOST_AUTO_TEST_CASE(the_ring_goes_round_without_mixing_messages_up) {
  Outbox outbox(3);
  std::uint16_t id = 0;
  for (std::uint64_t line = 1; line <= 1000; ++line) {
    outbox.push(std::to_string(line), line, line, TimePoint{});
    outbox.sent(outbox.next_to_send(), kFirst, ++id, TimePoint{});
    if (outbox.full()) {
      Outbox::Entry* const oldest = outbox.find(kFirst, static_cast<std::uint16_t>(id - 2));
      BOOST_REQUIRE(oldest != nullptr);
      BOOST_TEST(oldest->payload == std::to_string(line - 2));
      outbox.close(*oldest);
    }
  }
  BOOST_TEST(outbox.unsettled() == 2U);
}
