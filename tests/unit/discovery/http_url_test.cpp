// SPDX-License-Identifier: Apache-2.0
// What is asked of whom, what a redirection may do, and what is shown of a URL.
#include "discovery/http_url.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

namespace mqfail {
namespace {

// "host port target", with "+TLS" and "+user" where they apply; or the error.
std::string told(const Result<HttpUrl>& url) {
  if (!url) return url.error().message;
  return url->host + " " + std::to_string(url->port) + " " + url->target +
         (url->tls ? " +TLS" : "") + (url->credentials ? " +" + url->credentials->reveal() : "");
}

std::string led(const std::string& from, const std::string& location) {
  const auto url = parse_http_url(from);
  BOOST_REQUIRE(url);
  return told(redirected(*url, location));
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_url_is_cut_into_what_is_asked_of_whom) {
  BOOST_TEST(told(parse_http_url("http://a/list.json")) == "a 80 /list.json");
  BOOST_TEST(told(parse_http_url("HTTPS://a")) == "a 443 / +TLS");
  BOOST_TEST(told(parse_http_url("https://[::1]:8443?x=1#part")) == "::1 8443 /?x=1 +TLS");
  BOOST_TEST(told(parse_http_url("http://a:81/%41 b\r\nX: y")) == "a 81 /%41%20b%0D%0AX:%20y");
  BOOST_TEST(told(parse_http_url("https://me:p%40ss@a/x")) == "a 443 /x +TLS +me:p@ss");
}

BOOST_AUTO_TEST_CASE(what_is_no_url_of_a_document_is_refused) {
  for (const char* const text : {"ftp://a/x", "a/x", "http://", "http://a:0/", "http://a:x/",
                                 "file:///etc/passwd", "http://a b/", ""}) {
    const auto url = parse_http_url(text);
    BOOST_TEST(!url, text);
    if (!url) BOOST_TEST((url.error().kind == ErrorKind::usage), text);
  }
}

BOOST_AUTO_TEST_CASE(a_password_goes_in_plain_text_to_this_machine_only) {
  for (const char* const host : {"localhost", "127.0.0.1", "127.1.2.3", "[::1]"})
    BOOST_TEST(bool(parse_http_url(std::string("http://u:geheim@") + host + "/x")), host);
  for (const char* const host : {"a", "127.evil.example", "localhost.example", "10.0.0.1", "[::2]",
                                 "127.0.0.1.example.org"}) {
    const auto url = parse_http_url(std::string("http://u:geheim@") + host + "/x?key=geheim");
    BOOST_REQUIRE_MESSAGE(!url, host);
    BOOST_TEST(url.error().message.find("geheim") == std::string::npos, url.error().message);
    BOOST_TEST(url.error().hint.find("https://") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(what_is_shown_holds_no_secret) {
  BOOST_TEST(shown(*parse_http_url("https://u:p@a:444/x?token=1")) == "https://a:444/x?...");
  BOOST_TEST(shown(*parse_http_url("http://[::1]/x")) == "http://[::1]/x");
}

BOOST_AUTO_TEST_CASE(a_redirection_is_relative_to_what_was_asked) {
  const std::string from = "http://a:81/b/c?d";
  BOOST_TEST(led(from, "http://e/f?g") == "e 80 /f?g");
  BOOST_TEST(led(from, "//e/f") == "e 80 /f");
  BOOST_TEST(led(from, "/f") == "a 81 /f");
  BOOST_TEST(led(from, "f/../g") == "a 81 /b/g");
  BOOST_TEST(led(from, "../../g/./") == "a 81 /g/");
  BOOST_TEST(led(from, "?x=..") == "a 81 /b/c?x=..");
  BOOST_TEST(led(from, "https://a/f") == "a 443 /f +TLS");
}

BOOST_AUTO_TEST_CASE(a_redirection_lowers_nothing_and_brings_no_user) {
  BOOST_TEST(led("https://a/x", "http://a/x") ==
             "redirects from https to http, which is not followed");
  BOOST_TEST(led("https://a/x", "https://u:p@a/x") ==
             "redirects to a URL with a user of its own, which is not followed");
  for (const char* const to : {"file:///etc/passwd", "ftp://a/x", "http://", "http://a:70000/",
                               "javascript:x", "http://u@b@c d/"})
    BOOST_TEST(led("http://a/x", to) == "redirects to what is no http or https URL", to);
  BOOST_TEST(led("http://a/x", "") == "redirects without saying where to");
}

BOOST_AUTO_TEST_CASE(credentials_stay_with_their_scheme_host_and_port) {
  BOOST_TEST(led("https://u:p@a/x", "/y") == "a 443 /y +TLS +u:p");
  BOOST_TEST(led("https://u:p@a/x", "https://A:443/y") == "A 443 /y +TLS +u:p");
  for (const char* const to : {"https://b/y", "https://a:444/y"})
    BOOST_TEST(led("https://u:p@a/x", to).find("+u:p") == std::string::npos, to);
  BOOST_TEST(led("http://u:p@127.0.0.1/x", "https://127.0.0.1/").find("+u:p") == std::string::npos);
}

}  // namespace mqfail
