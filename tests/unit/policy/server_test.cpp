// SPDX-License-Identifier: Apache-2.0
#include <boost/test/unit_test.hpp>

#include "words.hpp"

namespace mqfail::test {

BOOST_AUTO_TEST_CASE(a_shown_server_never_shows_user_or_password) {
  Server it = server("broker.example");
  it.username = "walter";
  it.password = Secret("hunter2");
  BOOST_TEST(redacted_uri(it) == "tcp://broker.example:1883");
}

BOOST_AUTO_TEST_CASE(schemes_are_shown_by_their_canonical_names) {
  Server it = server("h");
  it.scheme = Scheme::tls;
  it.port = 8883;
  BOOST_TEST(redacted_uri(it) == "mqtts://h:8883");
  it.scheme = Scheme::ws;
  it.port = 80;
  it.path = "/mqtt";
  BOOST_TEST(redacted_uri(it) == "ws://h:80/mqtt");
  it.path = "/a=\x1b?b";
  BOOST_TEST(redacted_uri(it) == "ws://h:80/a=%1B%3Fb");
  it.path = "/mqtt";
  it.scheme = Scheme::wss;
  BOOST_TEST(redacted_uri(it) == "wss://h:80/mqtt");
}

BOOST_AUTO_TEST_CASE(an_ipv6_address_is_shown_in_brackets) {
  BOOST_TEST(redacted_uri(server("fd00::1")) == "tcp://[fd00::1]:1883");
}

BOOST_AUTO_TEST_CASE(the_same_endpoint_is_scheme_host_without_case_and_port) {
  Server other = server("BROKER.example");
  other.username = "somebody";
  BOOST_TEST(same_endpoint(server("broker.EXAMPLE"), other));
  other.port = 1884;
  BOOST_TEST(!same_endpoint(server("broker.example"), other));
  other.port = 1883;
  other.scheme = Scheme::tls;
  BOOST_TEST(!same_endpoint(server("broker.example"), other));
  BOOST_TEST(!same_endpoint(server("broker.example"), server("broker.example.org")));
}

}  // namespace mqfail::test
