// SPDX-License-Identifier: Apache-2.0
#include "probe/history.hpp"

#include <boost/test/unit_test.hpp>

#include "reports.hpp"

using namespace mqfail;

BOOST_AUTO_TEST_CASE(a_sparkline_has_a_bar_for_each_round) {
  BOOST_TEST(sparkline({}) == "");
  BOOST_TEST(sparkline({1ms, 4ms, 8ms}) == "▁▄█");
  BOOST_TEST(sparkline({1ms, std::nullopt, 1ms}) == "█x█");
  BOOST_TEST(sparkline({Duration(0), 1000ms}) == "▁█");
}

BOOST_AUTO_TEST_CASE(the_newest_rounds_are_kept) {
  History history;
  BOOST_TEST(history.empty());
  for (std::size_t i = 0; i < History::kRounds + 5; ++i) {
    ServerReport report = up("a");
    report.total = std::chrono::milliseconds(i);
    history.add({report});
  }
  BOOST_TEST(history.rounds() == History::kRounds);
  const auto last = history.of(0, 2);
  BOOST_REQUIRE(last.size() == 2U);
  BOOST_TEST((*last[0] == std::chrono::milliseconds(History::kRounds + 3)));
  BOOST_TEST((*last[1] == std::chrono::milliseconds(History::kRounds + 4)));
}

BOOST_AUTO_TEST_CASE(a_round_without_an_answer_has_no_time) {
  History history;
  history.add({up("a"), down("b")});
  BOOST_TEST(history.of(0)[0].has_value());
  BOOST_TEST(!history.of(1)[0].has_value());
}
