// SPDX-License-Identifier: Apache-2.0
// Numbers and durations as text.
#include "base/number.hpp"

#include <boost/test/unit_test.hpp>

#include "base/rounded.hpp"

using namespace mqfail;

BOOST_AUTO_TEST_CASE(durations_are_read_with_their_unit) {
  const auto us = [](std::string_view text) { return parse_duration(text).value().count(); };
  BOOST_TEST(us("500ms") == 500000);
  BOOST_TEST(us("5s") == 5000000);
  BOOST_TEST(us("1.5s") == 1500000);
  BOOST_TEST(us("2m") == 120000000);
  BOOST_TEST(us("1h") == 3600000000);
  BOOST_TEST(us("1d") == 86400000000);
  BOOST_TEST(us("7us") == 7);
  BOOST_TEST(us("0s") == 0);
}

BOOST_AUTO_TEST_CASE(a_bare_number_is_an_error_that_shows_both_spellings) {
  const auto parsed = parse_duration("500");
  BOOST_REQUIRE(!parsed);
  BOOST_TEST(parsed.error().hint == "write 500s for seconds or 500ms for milliseconds");
}

BOOST_AUTO_TEST_CASE(nonsense_is_no_duration) {
  for (const char* bad : {"", "s", "-1s", "5 s", "5x", "nans", "infs", "1e300s", "5sec"}) {
    BOOST_TEST(!parse_duration(bad), "accepted: " << bad);
  }
}

BOOST_AUTO_TEST_CASE(a_number_is_all_of_the_text_and_fits) {
  BOOST_TEST(parse_number<int>("-7").value_or(0) == -7);
  BOOST_TEST(parse_number<std::uint16_t>("65535").value_or(0) == 65535);
  BOOST_TEST(parse_number<unsigned>("ff", 16).value_or(0) == 255U);
  BOOST_TEST(parse_number<double>("1.5").value_or(0) == 1.5);
  for (const char* bad : {"", "+1", " 1", "1 ", "0x1", "65536", "-1"}) {
    BOOST_TEST(!parse_number<std::uint16_t>(bad), "accepted: " << bad);
  }
}

BOOST_AUTO_TEST_CASE(no_text_at_all_has_no_digits) {
  BOOST_TEST(all_digits("0123456789"));
  for (const char* bad : {"", "-1", "1.", "a"}) BOOST_TEST(!all_digits(bad), "accepted: " << bad);
}

BOOST_AUTO_TEST_CASE(halves_are_rounded_away_from_zero) {
  BOOST_TEST(rounded(0.0) == 0);
  BOOST_TEST(rounded(2.4) == 2);
  BOOST_TEST(rounded(2.5) == 3);
  BOOST_TEST(rounded(-2.5) == -3);
  BOOST_TEST(rounded(0.49999999999999994) == 0);  // plus 0.5 it would be 1
  BOOST_TEST(rounded(1e17) == 100000000000000000);
}
