// SPDX-License-Identifier: Apache-2.0
// What may reach a terminal, words letter case aside, and what the user may have meant.
#include "base/text.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

using namespace mqfail;
using namespace std::string_literals;

namespace {
const std::vector<std::string_view> kWords = {"topic", "quiet", "retained-only", "events"};
}

BOOST_AUTO_TEST_CASE(plain_text_is_shown_as_it_is) {
  BOOST_TEST(printable("plant/1: Grüße €😀 \\ \"") == "plant/1: Grüße €😀 \\ \"");
}

BOOST_AUTO_TEST_CASE(control_characters_are_escaped_so_that_text_stays_on_its_line) {
  BOOST_TEST(printable("a\nb\r\t\x1b[31m\x7f"s + '\0') == "a\\x0ab\\x0d\\x09\\x1b[31m\\x7f\\x00");
}

BOOST_AUTO_TEST_CASE(c1_controls_separators_and_bidirectional_controls_are_escaped) {
  BOOST_TEST(printable("\u009b31m\u2028\u202e\u2066\ufeff") ==
             "\\u009b31m\\u2028\\u202e\\u2066\\ufeff");
}

BOOST_AUTO_TEST_CASE(bytes_that_are_not_utf8_are_escaped_one_by_one) {
  BOOST_TEST(printable("\xff\xc0\x80\xed\xa0\x80z") == "\\xff\\xc0\\x80\\xed\\xa0\\x80z");
  BOOST_TEST(printable("end\xe2\x82") == "end\\xe2\\x82");
}

BOOST_AUTO_TEST_CASE(long_text_is_cut_at_a_character_boundary) {
  BOOST_TEST(printable("abcdef", 3) == "abc...");
  BOOST_TEST(printable("ab€", 4) == "ab...");
  BOOST_TEST(printable(std::string(300, 'x')).size() == 256U + 3U);
}

BOOST_AUTO_TEST_CASE(json_strings_escape_what_json_and_terminals_forbid) {
  BOOST_TEST(json_string("a\"b\\c\n\r\t\x01\x1b\x7f") == R"("a\"b\\c\n\r\t\u0001\u001b\u007f")");
  BOOST_TEST(json_string("\u009b\u202e") == R"("\u009b\u202e")");
  BOOST_TEST(json_string("\xff") == "\"\xEF\xBF\xBD\"");
  BOOST_TEST(json_string("€") == "\"€\"");
}

BOOST_AUTO_TEST_CASE(the_nearest_word_is_suggested_and_a_far_one_is_not) {
  BOOST_TEST(nearest("topci", kWords).value_or("") == "topic");
  BOOST_TEST(nearest("Quite", kWords).value_or("") == "quiet");
  BOOST_TEST(nearest("retaind-only", kWords).value_or("") == "retained-only");
  BOOST_TEST(!nearest("password", kWords));
  BOOST_TEST(!nearest(std::string(1000, 'x'), kWords));
}

BOOST_AUTO_TEST_CASE(letter_case_means_that_of_ascii_only) {
  BOOST_TEST(lower_case("Grüße ÄZ[@`{") == "grüße Äz[@`{");
  BOOST_TEST(same_word("RedundantServers", "redundantSERVERS"));
  BOOST_TEST(same_word("", ""));
  BOOST_TEST(!same_word("Ä", "ä"));
  BOOST_TEST(!same_word("@", "`"));
  BOOST_TEST(!same_word("a", "ab"));
}

BOOST_AUTO_TEST_CASE(blanks_and_line_ends_are_trimmed_at_both_ends_only) {
  BOOST_TEST(trimmed(" \t\r\na b\n") == "a b");
  BOOST_TEST(trimmed(" \n").empty());
}

BOOST_AUTO_TEST_CASE(only_an_ipv6_address_stands_in_brackets) {
  BOOST_TEST(bracketed("::1") == "[::1]");
  BOOST_TEST(bracketed("broker.example") == "broker.example");
}
