// SPDX-License-Identifier: Apache-2.0
#include "config/uri/server_filter.hpp"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>

using namespace mqfail;

namespace {

Server server(const std::string& host, std::uint16_t port, const std::string& id = "some-id") {
  Server out;
  out.host = host;
  out.port = port;
  out.id = id;
  return out;
}

bool admits(const std::string& filter, const Server& server) {
  const auto parsed = ServerFilter::parse(filter);
  BOOST_REQUIRE(bool(parsed));
  return parsed->admits(server, true);
}

std::string refusal(const std::string& filter) {
  const auto parsed = ServerFilter::parse(filter);
  BOOST_REQUIRE(!parsed);
  return parsed.error().message + "; " + parsed.error().hint;
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_expression_matches_host_and_port_or_the_id_in_full) {
  const Server it = server("broker1.example", 1883, "A-one");
  BOOST_TEST(admits("broker1\\.example:1883", it));
  BOOST_TEST(admits(".*\\.example:\\d+", it));
  BOOST_TEST(!admits("broker1", it));
  BOOST_TEST(!admits("example:1883", it));
  BOOST_TEST(admits("A-.*", it));
  BOOST_TEST(admits("a-ONE", it));
  BOOST_TEST(!admits("A", it));
  BOOST_TEST(admits("x, a-one , y", it));
  BOOST_TEST(!admits("x,y", it));
  BOOST_TEST(admits("\\[::1\\]:1883", server("::1", 1883)));
}

BOOST_AUTO_TEST_CASE(the_glob_of_the_documentation_gets_the_expression_that_was_meant) {
  BOOST_TEST(
      refusal("*A*,*B*") ==
      "updateClusterFilter: '*A*' is a glob, not a regular expression; did you mean '.*A.*'?");
  BOOST_TEST(refusal("broker*").ends_with("did you mean 'broker.*'?"));
  BOOST_TEST(refusal("*.example.com").ends_with("did you mean '.*\\.example\\.com'?"));
  // This one may be meant as it stands.
  BOOST_TEST(admits("(r)*", server("a", 1, "rrr")));
}

BOOST_AUTO_TEST_CASE(what_is_no_expression_is_refused_with_its_place) {
  BOOST_TEST(refusal("a(").starts_with("updateClusterFilter: 'a(' is no regular expression: "));
  BOOST_TEST(refusal("").starts_with("updateClusterFilter: '' has no expression"));
  BOOST_TEST(refusal(" , ,").find("has no expression") != std::string::npos);
  // RE2 knows no back-references, which make the time unbounded.
  BOOST_TEST(refusal("(a)\\1").find("is no regular expression") != std::string::npos);
  BOOST_TEST(refusal("((a{1,1000}){1,1000}){1,1000}").find("is no regular") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_hostile_name_does_not_take_longer_than_its_length) {
  // A backtracking matcher needs 2^200 steps.
  const auto start = std::chrono::steady_clock::now();
  BOOST_TEST(!admits("(a+)+b:1", server(std::string(250, 'a'), 1)));
  BOOST_TEST((std::chrono::steady_clock::now() - start < std::chrono::seconds(5)));
}
