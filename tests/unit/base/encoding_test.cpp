// SPDX-License-Identifier: Apache-2.0
// Bytes as hexadecimal digits, as base64 and percent-encoded, and back.
#include "base/encoding.hpp"

#include <array>
#include <boost/test/unit_test.hpp>
#include <string>

using namespace mqfail;

BOOST_AUTO_TEST_CASE(hexadecimal_digits_are_read_back_in_either_case) {
  const std::array<unsigned char, 3> bytes = {0x00, 0xab, 0xff};
  BOOST_TEST(hexadecimal(bytes) == "00abff");
  std::array<unsigned char, 3> read{};
  BOOST_TEST(from_hexadecimal("00ABff", read));
  BOOST_TEST((read == bytes));
}

BOOST_AUTO_TEST_CASE(bytes_need_two_digits_each_and_nothing_else) {
  std::array<unsigned char, 2> bytes{};
  for (const char* bad : {"", "00a", "00aabb", "00a-", "0x0a", "00 a"}) {
    BOOST_TEST(!from_hexadecimal(bad, bytes), "accepted: " << bad);
  }
  BOOST_TEST(all_hexadecimal("09afAF"));
  BOOST_TEST(!all_hexadecimal("0g"));
}

// The vectors of RFC 4648, section 10.
BOOST_AUTO_TEST_CASE(base64_is_padded_to_four_letters) {
  BOOST_TEST(base64("").empty());
  BOOST_TEST(base64("f") == "Zg==");
  BOOST_TEST(base64("fo") == "Zm8=");
  BOOST_TEST(base64("foo") == "Zm9v");
  BOOST_TEST(base64("foobar") == "Zm9vYmFy");
  BOOST_TEST(base64("\xfb\xff\xbf") == "+/+/");
}

BOOST_AUTO_TEST_CASE(percent_encoding_leaves_what_a_uri_may_hold_and_is_decoded_again) {
  BOOST_TEST(percent_encoded("aZ0-._~/ü%", "/") == "aZ0-._~/%C3%BC%25");
  BOOST_TEST(percent_decoded("aZ0-._~/%C3%bc%25+").value() == "aZ0-._~/ü%+");
  BOOST_TEST(begins_with_escape("%4a"));
}

BOOST_AUTO_TEST_CASE(an_escape_without_two_digits_or_of_a_nul_is_an_error) {
  for (const char* bad : {"%", "%4", "%4g", "a%"}) {
    const auto decoded = percent_decoded(bad);
    BOOST_REQUIRE_MESSAGE(!decoded, "accepted: " << bad);
    BOOST_TEST(decoded.error().message == "a '%' is not followed by two hexadecimal digits");
  }
  BOOST_TEST(percent_decoded("%00").error().message == "%00 cannot be part of a URI");
  BOOST_TEST(!percent_decoded(std::string_view("a\0b", 3)));
}
