// SPDX-License-Identifier: Apache-2.0
// Who may ask: no web page by a name of its own or across origins, and nobody without the token.
#include "rest/admission.hpp"

#include <boost/test/unit_test.hpp>
#include <optional>
#include <string>

using namespace mqfail;

namespace {

const std::string kToken = "0123456789abcdef-._~+/=";

Token token() {
  auto parsed = Token::parse(Secret(kToken), "the test");
  BOOST_REQUIRE(parsed);
  return std::move(*parsed);
}

struct Asked {
  ListenAddress local{"127.0.0.1", 5590, true};
  RequestHead head{.method = "GET", .target = "/", .host = "localhost:5590", .hosts = 1};
  std::optional<Token> wanted;

  // 0: let in.
  unsigned status() {
    head.local = &local;
    const auto refusal = refuse_stranger(head, wanted);
    return refusal ? refusal->status : 0;
  }
  unsigned by_host(std::string_view host) {
    head.host = host;
    return status();
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_token_has_16_characters_or_more_of_those_that_are_allowed) {
  BOOST_TEST(static_cast<bool>(Token::parse(Secret("0123456789abcdef"), "f")));
  for (const char* bad : {"0123456789abcde", "0123456789abcdef g", "0123456789abcdef\n", ""}) {
    const auto refused = Token::parse(Secret(bad), "file.token");
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().kind == ErrorKind::configuration));
    BOOST_TEST(refused.error().message.find("file.token") != std::string::npos);
    BOOST_TEST(refused.error().message.find("0123456789") == std::string::npos);  // no secret
  }
}

BOOST_AUTO_TEST_CASE(only_the_whole_token_as_a_bearer_is_accepted) {
  BOOST_TEST(token().presented_by("Bearer " + kToken));
  BOOST_TEST(token().presented_by("bearer   " + kToken + " "));
  for (const std::string& other :
       {std::string(), kToken, "Basic " + kToken, std::string("Bearer "), "Bearer " + kToken + "x",
        "Bearer " + kToken.substr(1), "Bearer " + kToken.substr(0, kToken.size() - 1),
        "Bearer " + std::string(kToken.size(), '0')})
    BOOST_TEST(!token().presented_by(other), other);
}

BOOST_AUTO_TEST_CASE(on_loopback_only_names_of_this_machine_are_let_in) {
  Asked asked;
  for (const char* own : {"localhost:5590", "LOCALHOST:5590", "127.0.0.1:5590", "[::1]:5590"})
    BOOST_TEST(asked.by_host(own) == 0U, own);
  for (const char* other : {"evil.example:5590", "localhost", "localhost:80", "127.0.0.1:55900",
                            "localhost.evil.example:5590", "", "::1:5590"})
    BOOST_TEST(asked.by_host(other) == 403U, other);
}

BOOST_AUTO_TEST_CASE(the_port_may_be_left_out_at_port_80_only) {
  Asked asked;
  asked.local.port = 80;
  BOOST_TEST(asked.by_host("localhost") == 0U);
  BOOST_TEST(asked.by_host("localhost:80") == 0U);
  BOOST_TEST(asked.by_host("evil.example") == 403U);
}

BOOST_AUTO_TEST_CASE(the_host_of_an_absolute_target_counts_more_than_the_field) {
  Asked asked;
  asked.head.target = "http://evil.example:5590/";
  BOOST_TEST(asked.status() == 403U);
  asked.head.target = "http://localhost:5590/";
  BOOST_TEST(asked.by_host("evil.example") == 0U);
}

BOOST_AUTO_TEST_CASE(a_request_has_exactly_one_host_field) {
  Asked asked;
  asked.head.hosts = 0;
  BOOST_TEST(asked.status() == 400U);
  asked.head.hosts = 2;
  BOOST_TEST(asked.status() == 400U);
}

BOOST_AUTO_TEST_CASE(a_web_page_is_refused_even_with_the_token) {
  Asked asked;
  asked.wanted = token();
  const std::string authorization = "Bearer " + kToken;
  asked.head.authorization = authorization;
  BOOST_TEST(asked.status() == 0U);
  asked.head.has_origin = true;
  BOOST_TEST(asked.status() == 403U);
}

BOOST_AUTO_TEST_CASE(others_reach_a_public_listener_by_any_name_but_need_the_token) {
  Asked asked;
  asked.local = {"192.0.2.1", 5590, false};
  asked.wanted = token();
  BOOST_TEST(asked.by_host("any.example") == 401U);
  const std::string authorization = "Bearer " + kToken;
  asked.head.authorization = authorization;
  BOOST_TEST(asked.by_host("any.example") == 0U);
}
