// SPDX-License-Identifier: Apache-2.0
// Each kind of damage to a subscriber's output is made once and must be found.
#include <boost/test/unit_test.hpp>

#include "fault/printed.hpp"

using fault::Printed;
using fault::settle_printed;

namespace {
std::vector<rig::Line> lines(const std::vector<std::uint32_t>& numbers) {
  std::vector<rig::Line> result;
  for (const std::uint32_t number : numbers)
    result.push_back({rig::numbered_line(number), rig::Moment() + std::chrono::hours(1)});
  return result;
}
}  // namespace

BOOST_AUTO_TEST_CASE(a_complete_output_is_clean) {
  const Printed account = settle_printed(3, lines({1, 2, 3}));
  BOOST_TEST(account.distinct == 3U);
  BOOST_TEST(account.highest == 3U);
  BOOST_TEST(account.lost + account.duplicated + account.reordered + account.corrupt == 0U);
}

BOOST_AUTO_TEST_CASE(a_number_that_is_not_printed_is_lost) {
  BOOST_TEST(settle_printed(3, lines({1, 3})).lost == 1U);
  BOOST_TEST(settle_printed(3, lines({1, 3})).missing.front() == 2U);
  BOOST_TEST(settle_printed(3, lines({1, 2})).lost == 1U);
  BOOST_TEST(settle_printed(3, {}).lost == 3U);
  BOOST_TEST(settle_printed(6, lines({1, 3})).holes == 1U);
  BOOST_TEST(settle_printed(6, lines({1, 3}), 2).holes == 0U);
}

BOOST_AUTO_TEST_CASE(a_number_that_is_printed_again_is_a_duplicate_and_not_out_of_order) {
  const Printed account = settle_printed(3, lines({1, 2, 3, 1}));
  BOOST_TEST(account.duplicated == 1U);
  BOOST_TEST(account.reordered == 0U);
}

BOOST_AUTO_TEST_CASE(the_order_is_that_of_each_publisher) {
  BOOST_TEST(settle_printed(3, lines({1, 3, 2})).reordered == 1U);
  BOOST_TEST(settle_printed(3, lines({1, 3, 2}), 2).reordered == 0U);
  BOOST_TEST(settle_printed(4, lines({1, 4, 3, 2}), 2).reordered == 1U);
}

BOOST_AUTO_TEST_CASE(a_line_that_was_not_published_is_damage) {
  std::vector<rig::Line> printed = lines({1, 4});
  printed[0].text[3] = 'x';
  const Printed account = settle_printed(3, printed);
  BOOST_TEST(account.corrupt == 2U);
  BOOST_TEST(account.lost == 3U);
}

BOOST_AUTO_TEST_CASE(the_longest_silence_is_between_two_lines) {
  std::vector<rig::Line> printed = lines({1, 2, 3});
  printed[1].at += std::chrono::seconds(1);
  printed[2].at += std::chrono::seconds(4);
  BOOST_TEST(settle_printed(3, printed).longest_silence == 3.0);
}
