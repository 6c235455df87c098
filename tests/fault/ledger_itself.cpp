// SPDX-License-Identifier: Apache-2.0
// A ledger that finds nothing proves nothing, so each kind of damage is made once and must be
// found.
#include <boost/test/unit_test.hpp>

#include "fault/ledger.hpp"

using fault::Account;
using fault::Book;
using fault::settle;

namespace {
rig::Passed line(std::uint32_t number, int connection, bool acknowledged = true) {
  return {connection, rig::numbered_line(number), false, {}, acknowledged};
}
std::string left(std::uint32_t number) {
  return rig::numbered_line(number) + "\n";
}
}  // namespace

BOOST_AUTO_TEST_CASE(a_clean_run_is_clean) {
  const Account account = settle(3, {{{line(1, 1), line(2, 1)}}, {{line(3, 1)}}}, "");
  BOOST_TEST(account.acknowledged == 3U);
  BOOST_TEST(account.lost + account.duplicated + account.reordered + account.corrupt == 0U);
  BOOST_TEST(account.connections == 2U);
}

BOOST_AUTO_TEST_CASE(a_line_sent_and_never_acknowledged_is_lost) {
  BOOST_TEST(settle(2, {{{line(1, 1), line(2, 1, false)}}}, "").lost == 1U);
}

BOOST_AUTO_TEST_CASE(a_line_never_sent_is_lost) {
  BOOST_TEST(settle(2, {{{line(2, 1)}}}, "").lost == 1U);
}

BOOST_AUTO_TEST_CASE(a_line_left_over_is_not_lost) {
  const Account account = settle(2, {{{line(1, 1), line(2, 1, false)}}}, left(2));
  BOOST_TEST(account.lost == 0U);
  BOOST_TEST(account.left_over == 1U);
  BOOST_TEST(account.possibly_stored == 0U);
}

BOOST_AUTO_TEST_CASE(a_line_sent_twice_is_a_duplicate) {
  const Account account = settle(1, {{{line(1, 1, false)}}, {{line(1, 1)}}}, "");
  BOOST_TEST(account.duplicated == 1U);
  BOOST_TEST(account.lost == 0U);
}

BOOST_AUTO_TEST_CASE(numbers_that_fall_on_one_connection_are_reordered_and_on_two_not) {
  BOOST_TEST(settle(2, {{{line(2, 1), line(1, 1)}}}, "").reordered == 1U);
  BOOST_TEST(settle(2, {{{line(2, 1), line(1, 2)}}}, "").reordered == 0U);
}

BOOST_AUTO_TEST_CASE(damage_is_found_in_payloads_and_in_what_is_left) {
  std::vector<rig::Passed> passed{line(1, 1), line(2, 1)};
  passed[1].payload[3] = 'x';
  const Account account = settle(2, {{passed}}, "00000002 nonsense\n");
  BOOST_TEST(account.corrupt == 2U);
  BOOST_TEST(account.lost == 1U);
  BOOST_TEST(settle(1, {}, rig::numbered_line(1)).corrupt == 1U, "a last line without its end");
}

BOOST_AUTO_TEST_CASE(what_is_left_must_be_in_order_and_once) {
  BOOST_TEST(settle(2, {}, left(2) + left(1)).left_over_wrong == 1U);
  BOOST_TEST(settle(2, {}, left(1) + left(1)).left_over_wrong == 1U);
  BOOST_TEST(settle(1, {{{line(1, 1)}}}, left(1)).possibly_stored == 1U);
}
