// SPDX-License-Identifier: Apache-2.0
// UTF-8, well-formed or not.
#include "base/utf8.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace mqfail;

BOOST_AUTO_TEST_CASE(utf8_means_no_surrogates_and_no_overlong_forms) {
  BOOST_TEST(is_utf8("Grüße €😀"));
  BOOST_TEST(is_utf8(""));
  for (const char* bad : {"\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80", "\xe2\x82"}) {
    BOOST_TEST(!is_utf8(bad));
  }
}

BOOST_AUTO_TEST_CASE(a_bad_byte_behind_plain_text_is_found_wherever_it_stands) {
  for (std::size_t place = 0; place < 20; ++place) {
    std::string text(20, 'x');
    BOOST_TEST(is_utf8(text));
    text[place] = '\xff';
    BOOST_TEST(!is_utf8(text), "not found at " << place);
  }
}

BOOST_AUTO_TEST_CASE(what_is_appended_is_decoded_as_the_same_code_point) {
  for (const std::uint32_t point :
       {0x00U, 0x7FU, 0x80U, 0x7FFU, 0x800U, 0xFFFFU, 0x10000U, 0x10FFFFU}) {
    std::string text;
    append_utf8(text, point);
    BOOST_TEST(decode_utf8(text).value == point);
    BOOST_TEST(decode_utf8(text).length == text.size());
  }
}

BOOST_AUTO_TEST_CASE(characters_are_counted_and_not_bytes) {
  BOOST_TEST(characters("Grüße €😀") == 8U);
}
