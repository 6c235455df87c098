// SPDX-License-Identifier: Apache-2.0
// Every error of a document is found in one run, at its place, and no excerpt shows a secret.
#include <boost/test/unit_test.hpp>

#include "broken_kinds.hpp"
#include "config/document/document.hpp"

using namespace mqfail;

namespace {

std::string told(const std::string& text) {
  std::string out;
  const auto reading = read_document("doc", text);
  BOOST_TEST(!reading.valid());
  for (const Report& report : reading.reports) out += report.headline + "\n";
  return out;
}

std::string everything(const std::string& text) {
  std::string out;
  for (const Report& report : read_document("doc", text).reports)
    out += report.headline + "\n" + report.excerpt + "\n";
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(all_errors_of_all_servers_are_reported_in_one_run) {
  const std::string text = R"([
  {
    "hostNameOrIpAddres": "a",
    "port": 70000,
    "protocol": "UDP",
    "tls": 3
  },
  {
    "hostNameOrIpAddress": "b c",
    "password": "hunter2",
    "clientCertificateThumbprint": "12",
    "validateServerCertificate": 0,
    "serverId": "x"
  }
  {
    "hostNameOrIpAddress": "c",
    "port": 1883x,
    "clientCertificatePassword": "p",
    "serverId": "X"
  },
  7
])";
  BOOST_TEST(
      told(text) ==
      "doc:2:3: error: /0/hostNameOrIpAddress: required\n"
      "doc:3:5: error: /0/hostNameOrIpAddres: unknown key \"hostNameOrIpAddres\"; did you mean "
      "\"hostNameOrIpAddress\"?\n"
      "doc:4:13: error: /0/port: 70000 is not in 1..65535\n"
      "doc:5:17: error: /0/protocol: \"UDP\" is not one of TCP, WS\n"
      "doc:6:12: error: /0/tls: must be a string, not a number\n"
      "doc:9:28: error: /1/hostNameOrIpAddress: 'b c' is not a host name\n"
      "doc:10:17: warning: /1/password: a secret in plain text; mqfail-config set or "
      "protect seals it\n"
      "doc:10:17: error: /1/password: You cannot specify a Password without specifying a "
      "UserName.\n"
      "doc:11:36: error: /1/clientCertificateThumbprint: \"12\" is not a thumbprint: 40 "
      "hexadecimal digits (SHA-1) or 64 (SHA-256)\n"
      "doc:12:34: error: /1/validateServerCertificate: must be true or false\n"
      "doc:15:3: error: a ',' is missing before this\n"
      "doc:17:13: error: not a JSON number; write decimal digits, or put it in double quotes\n"
      "doc:18:34: warning: /2/clientCertificatePassword: a secret in plain text; mqfail-config set "
      "or "
      "protect seals it\n"
      "doc:18:34: error: /2/clientCertificatePassword: a certificate password without "
      "clientCertificateThumbprint\n"
      "doc:19:17: error: serverId \"X\" is used by servers 1 and 2\n"
      "doc:21:3: error: /3: a server must be an object, not a number\n");
}

BOOST_AUTO_TEST_CASE(each_kind_of_broken_syntax_is_named_at_its_place) {
  for (const auto& [text, expected] : test::broken_kinds()) {
    const std::string all = told(text);
    BOOST_TEST(("\n" + all).find("\ndoc:" + expected + "\n") != std::string::npos,
               "for " << text << "\nexpected doc:" << expected << "\nbut got\n"
                      << all);
  }
}

BOOST_AUTO_TEST_CASE(one_slip_is_one_error_even_without_room_for_what_is_missing) {
  BOOST_TEST(told("[{\"hostNameOrIpAddress\":\"a\"]") ==
             "doc:1:28: error: ']' where '}' is expected\n");
  BOOST_TEST(told("[{\"hostNameOrIpAddress\":\"a\"\"port\":1},{\"hostNameOrIpAddress\":\"b\"]}") ==
             "doc:1:28: error: a ',' is missing before this\n"
             "doc:1:64: error: ']' where '}' is expected\n"
             "doc:1:65: error: a stray '}': nothing is open here; is the beginning of the document "
             "missing?\n");
  BOOST_TEST(told("{\"hostNameOrIpAddress\": \"a\", \"user\\xName\": \"u\"}") ==
             "doc:1:35: error: a backslash begins no escape here; write a backslash as \\\\\n");
}

BOOST_AUTO_TEST_CASE(nesting_is_bounded_and_nothing_overflows) {
  BOOST_TEST(
      told(std::string(100, '[') + std::string(100, ']')).find("nested more than 32 levels deep") !=
      std::string::npos);
  told(std::string(200000, '['));
  told(std::string(200000, '{'));
  told(std::string(200000, '\"'));
}

BOOST_AUTO_TEST_CASE(a_flood_of_syntax_errors_ends_with_a_word) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "x\n";
  const auto reading = read_document("doc", text);
  BOOST_TEST(reading.reports.size() == 101U);
  BOOST_TEST(reading.reports.back().headline ==
             "doc:100:1: error: too many errors: the rest was not read");
}

// What a wrong document costs does not grow with it.
BOOST_AUTO_TEST_CASE(a_flood_of_wrong_servers_or_of_warnings_ends_with_a_word) {
  const auto repeated = [](const std::string& item) {
    std::string text = "[" + item;
    for (int i = 1; i < 1000; ++i) text += "," + item;
    return text + "]";
  };
  const DocumentReading wrong = read_document("doc", repeated("{}"));
  BOOST_TEST(count_errors(wrong) == 101U);
  BOOST_TEST(wrong.reports.back().message == "too many errors: the rest was not read");
  const DocumentReading same = read_document("doc", repeated(R"({"hostNameOrIpAddress":"a"})"));
  BOOST_TEST(same.servers.size() == 1000U);
  BOOST_TEST(same.reports.size() == 101U);
  BOOST_TEST(same.reports.back().message == "and 899 more warnings");
  std::string keys = R"([{"hostNameOrIpAddress":"a")";
  for (int i = 0; i < 1000; ++i) keys += ",\"x" + std::to_string(i) + "\":1";
  const DocumentReading one = read_document("doc", keys + "}]");
  BOOST_TEST(one.reports.size() == 101U);
  BOOST_TEST(one.reports.back().message == "and 900 more errors");
}

BOOST_AUTO_TEST_CASE(columns_are_characters_and_the_caret_stands_below_its_character) {
  BOOST_TEST(
      everything(
          "{\"hostNameOrIpAddress\": \"a\", \"serverId\": \"\u00FC\u00FC\u00FC\", \"port\": 0}") ==
      "doc:1:57: error: /port: 0 is not in 1..65535\n"
      "    {\"hostNameOrIpAddress\": \"a\", \"serverId\": \"\u00FC\u00FC\u00FC\", \"port\": 0}\n"
      "                                                            ^\n");
}

BOOST_AUTO_TEST_CASE(a_long_line_is_shown_around_the_caret_only) {
  std::string text = "[";
  for (int i = 0; i < 1000; ++i) text += "{\"hostNameOrIpAddress\": \"a\"},";
  const auto reading = read_document("doc", text + "{\"prt\": 1}]");
  BOOST_TEST_REQUIRE(reading.reports.size() > 1);
  const std::string excerpt = reading.reports.back().excerpt;
  BOOST_TEST(excerpt.find("{\"prt\": ***}]") != std::string::npos, excerpt);
  BOOST_TEST(excerpt.size() < 300U);
}

BOOST_AUTO_TEST_CASE(no_report_shows_a_password) {
  for (const std::string text : {
           R"({"hostNameOrIpAddress": "a", "password": "hunter2", "prt": 1})",
           R"({"hostNameOrIpAddress": "a", "passwrod": "hunter2"})",
           R"({"hostNameOrIpAddress": "a", "password": hunter2, "port": x})",
           R"({"hostNameOrIpAddress": "a", "password" "hunter2"})",
           R"({"hostNameOrIpAddress": "a", password: "hunter2"})",
           R"({"hostNameOrIpAddress": "a", password: hunter2})",
           R"({"hostNameOrIpAddress": "a", "password": "hunter2})",
           R"({"hostNameOrIpAddress": "a, "password": "hunter2"})",
           "{\"hostNameOrIpAddress\": \"a\", \"password\":\n\"hunter2\"}",
           R"({"hostNameOrIpAddress": "a", "userName": "u", "password": "hunter2\q"})",
           "{\"hostNameOrIpAddress\": \"a\", \u201Cpassword\u201D: \u201Chunter2\u201D}",
           R"({"hostNameOrIpAddress": "mqtt://u:hunter2@a"})",
           R"({"hostNameOrIpAddress": "u:hunter2@a"})",
           R"({"hostNameOrIpAddress": "a", "Password": "hunter2", "password": "hunter3"})",
           R"({"hostNameOrIpAddress": "a", "clientCertificatePassword": ["hunter2"]})",
           R"(password = hunter2)",
       }) {
    const std::string all = everything(text);
    BOOST_TEST(!all.empty());
    BOOST_TEST(all.find("hunter") == std::string::npos, text << "\n" << all);
  }
}

BOOST_AUTO_TEST_CASE(control_characters_of_a_document_never_reach_the_terminal) {
  const std::string all =
      everything("{\"hostNameOrIpAddress\": \"\x1B[31m\", \"\x1B]0;x\\u001b\": 1}");
  BOOST_TEST(all.find('\x1B') == std::string::npos, all);
}

BOOST_AUTO_TEST_CASE(errors_of_one_document_are_lines_of_one_error_with_status_65) {
  const auto reading = read_document("doc", "{\"prt\": 1}");
  const Error error = document_error("doc", reading);
  BOOST_TEST(static_cast<int>(error.kind) == 65);
  BOOST_TEST(error.message ==
             "doc has 2 errors\n"
             "doc:1:1: error: /hostNameOrIpAddress: required\n    {\"prt\": ***}\n    ^\n"
             "doc:1:2: error: /prt: unknown key \"prt\"; did you mean \"port\"?\n    {\"prt\": "
             "***}\n     ^");
}
