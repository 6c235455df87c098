// SPDX-License-Identifier: Apache-2.0
// The parts that URIs and documents have in common.
#include "config/uri/uri_parts.hpp"

#include <boost/test/unit_test.hpp>

using namespace mqfail;

BOOST_AUTO_TEST_CASE(a_port_is_from_1_to_65535_and_what_is_no_number_is_not_shown) {
  BOOST_TEST(parse_port("1").value() == 1);
  BOOST_TEST(parse_port("065535").value() == 65535);
  for (const char* bad : {"0", "65536", "99999999999999999999"})
    BOOST_TEST(parse_port(bad).error().message ==
               "port " + std::string(bad) + " is not in 1..65535");
  for (const char* bad : {"", "-1", "+1", "hunter2", "1 "})
    BOOST_TEST(parse_port(bad).error().message == "the port is not a number");
}

BOOST_AUTO_TEST_CASE(an_address_is_read_with_or_without_brackets_and_written_back_into_a_uri) {
  BOOST_TEST(parse_host("[fe80::1%25eth0]").value() == "fe80::1%eth0");
  BOOST_TEST(parse_host("fe80::1%eth0").value() == "fe80::1%eth0");
  BOOST_TEST(parse_host("[fe80::1%25250]").value() == "fe80::1%250");
  BOOST_TEST(parse_host("fe80::1%250").value() == "fe80::1%250");  // no URI: the zone is 250
  BOOST_TEST(uri_host("fe80::1%eth0") == "[fe80::1%25eth0]");
  BOOST_TEST(uri_host("::1") == "[::1]");
  BOOST_TEST(uri_host("broker.example") == "broker.example");
  for (const char* bad : {"[::1", "::g", "a:1", "a b", "mqtt://a", "fe80::1%", "a/b"})
    BOOST_TEST(!parse_host(bad), "accepted: " << bad);
}

BOOST_AUTO_TEST_CASE(a_query_goes_out_with_its_escapes_as_they_are) {
  BOOST_TEST(wire_query("a=%3D&b=ü 1%") == "a=%3D&b=%C3%BC%201%25");
}

BOOST_AUTO_TEST_CASE(commas_inside_parentheses_do_not_split) {
  const auto pieces = split_at_commas(" a , (b,c),");
  BOOST_TEST_REQUIRE(static_cast<bool>(pieces));
  BOOST_TEST((*pieces == std::vector<std::string_view>{"a", "(b,c)", ""}));
  BOOST_TEST(!split_at_commas("(a"));
  BOOST_TEST(!split_at_commas("a)"));
}

BOOST_AUTO_TEST_CASE(a_reference_has_a_name_between_two_braces_on_each_side) {
  BOOST_TEST(secret_name("{{N}}").value_or("") == "N");
  for (const char* bad : {"{{}}", "{N}", "{{N}", "N"})
    BOOST_TEST(!secret_name(bad), "accepted: " << bad);
}
