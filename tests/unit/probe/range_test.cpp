// SPDX-License-Identifier: Apache-2.0
// The table of the guidelines of the Monitoring Plugins, "Example ranges", and what is no range.
#include "probe/range.hpp"

#include <boost/test/unit_test.hpp>

using namespace mqfail;

namespace {

// The values of a row that are an alert.
std::string alerts(std::string_view range) {
  const auto read = parse_range(range);
  if (!read) return "no range";
  std::string out;
  for (const double value : {-1.0, 0.0, 5.0, 10.0, 15.0, 20.0, 25.0}) {
    if (read->alerts(value))
      out += (out.empty() ? "" : " ") + std::to_string(static_cast<int>(value));
  }
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_range_alerts_outside_and_with_an_at_sign_inside) {
  BOOST_TEST(alerts("10") == "-1 15 20 25");
  BOOST_TEST(alerts("10:") == "-1 0 5");
  BOOST_TEST(alerts("~:10") == "15 20 25");
  BOOST_TEST(alerts("10:20") == "-1 0 5 25");
  BOOST_TEST(alerts("@10:20") == "10 15 20");
  BOOST_TEST(alerts("@10") == "0 5 10");
  BOOST_TEST(alerts("~:") == "");
  BOOST_TEST(alerts(":10") == "-1 15 20 25");
  BOOST_TEST(alerts("-1:0.5") == "5 10 15 20 25");
  BOOST_TEST(alerts("0:0") == "-1 5 10 15 20 25");
}

BOOST_AUTO_TEST_CASE(what_is_no_range_is_refused) {
  for (const char* const text : {"", "@", ":", "@:", "20:10", "a", "1:b", "1:2:3", "1e3", "inf",
                                 "nan:", "1 ", " 1", "10ms", "~", "0x10", "+1", "1,5"})
    BOOST_TEST(!parse_range(text), text);
}

BOOST_AUTO_TEST_CASE(a_range_is_shown_as_it_was_written) {
  BOOST_TEST(parse_range("@1.50:2")->text == "@1.50:2");
}
