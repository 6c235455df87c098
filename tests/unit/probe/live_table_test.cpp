// SPDX-License-Identifier: Apache-2.0
#include "probe/live_table.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <sstream>

#include "reports.hpp"

using namespace mqfail;

namespace {

std::vector<std::string> lines(const Outcome& its, ScreenSize size, bool colour = false) {
  std::vector<std::string> out;
  std::istringstream in(live_table(its, size, "12:00:00", colour));
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

Outcome watched(ServerReports reports) {
  Outcome its = outcome(reports);
  for (int i = 0; i < 3; ++i) its.history.add(reports);
  return its;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_table_has_the_verdict_and_a_row_for_each_server) {
  const auto shown = lines(watched({up("a"), down("b")}), {80, 24});
  BOOST_REQUIRE(shown.size() == 5U);
  BOOST_TEST(shown[0].starts_with("OK 1/2 up, the preferred a answers; b refuses the connection"));
  BOOST_TEST(shown[0].ends_with(" 12:00:00"), shown[0]);
  BOOST_TEST(shown[2] == "      SERVER    CONNECT      TRIP  TOTAL ms   RECENT ROUNDS");
  BOOST_TEST(shown[3] == "up    a           6.500     4.000    10.000  ███");
  BOOST_TEST(shown[4] == "down  b       connection refused (tcp)       xxx");
}

BOOST_AUTO_TEST_CASE(no_line_is_wider_than_the_terminal) {
  const Outcome its = watched({up("a server with quite a long name"), down("b"), up(kHostile)});
  for (const std::size_t columns : {1U, 5U, 20U, 40U, 80U, 200U}) {
    for (const std::string& line : lines(its, {columns, 24}))
      BOOST_TEST(width(line) <= columns, columns << ": " << line);
  }
}

BOOST_AUTO_TEST_CASE(what_is_wrong_besides_has_lines_of_its_own) {
  Outcome its = outcome({up("a"), up("b")}, {}, cross(2, {{0, 1}}));
  const auto shown = lines(its, {80, 24});
  BOOST_TEST(shown[0].starts_with("WARNING 2/2 up, the preferred a answers  "), shown[0]);
  BOOST_TEST(shown[1] == "  what is published to a does not arrive through b");
  BOOST_TEST(shown.size() == 6U);
}

BOOST_AUTO_TEST_CASE(servers_that_do_not_fit_are_counted) {
  const auto shown = lines(watched(ServerReports(30, up("a"))), {80, 10});
  BOOST_TEST(shown.size() <= 10U);
  BOOST_TEST(shown.back() == "and 25 more");
}

BOOST_AUTO_TEST_CASE(colours_are_only_there_if_they_are_wanted) {
  const Outcome its = watched({up("a"), down(kHostile)});
  BOOST_TEST(!has(live_table(its, {80, 24}, "", false), "\x1b"));
  BOOST_TEST(has(live_table(its, {80, 24}, "", true), "\x1b[31mdown\x1b[0m"));
}
