// SPDX-License-Identifier: Apache-2.0
// The grammar of server URIs and of failover: URIs, and that no error shows a password.
#include <boost/test/unit_test.hpp>

#include "config/uri/failover_uri.hpp"
#include "config/uri/server_uri.hpp"
#include "config/uri/shown_uri.hpp"
#include "config/uri/uri_parts.hpp"

using namespace mqfail;

namespace {

ServerDraft server(const std::string& uri) {
  const auto draft = parse_server_uri(uri);
  BOOST_TEST_REQUIRE(static_cast<bool>(draft), uri << ": " << (draft ? "" : draft.error().message));
  return *draft;
}

std::string error(const std::string& uri) {
  const auto draft = parse_server_uri(uri);
  BOOST_TEST_REQUIRE(!draft, uri);
  BOOST_TEST((draft.error().kind == ErrorKind::usage));
  return draft.error().message + " | " + draft.error().hint;
}

FailoverUri list(const std::string& uri) {
  BOOST_TEST(is_failover_uri(uri));
  const auto parsed = parse_failover_uri(uri);
  BOOST_TEST_REQUIRE(static_cast<bool>(parsed),
                     uri << ": " << (parsed ? "" : parsed.error().message));
  return *parsed;
}

std::string list_error(const std::string& uri) {
  const auto parsed = parse_failover_uri(uri);
  BOOST_TEST_REQUIRE(!parsed, uri);
  return parsed.error().message + " | " + parsed.error().hint;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_scheme_has_its_default_port_and_path) {
  struct Row {
    std::string uri;
    Scheme scheme;
    int port;
    std::string path;
  };
  for (const Row& row : std::vector<Row>{{"h", Scheme::tcp, 1883, ""},
                                         {"tcp://h", Scheme::tcp, 1883, ""},
                                         {"mqtt://h", Scheme::tcp, 1883, ""},
                                         {"MQTT://h/", Scheme::tcp, 1883, ""},
                                         {"ssl://h", Scheme::tls, 8883, ""},
                                         {"tls://h", Scheme::tls, 8883, ""},
                                         {"mqtts://h", Scheme::tls, 8883, ""},
                                         {"ws://h", Scheme::ws, 80, "/mqtt"},
                                         {"wss://h", Scheme::wss, 443, "/mqtt"},
                                         {"wss://h:9/a%20b/c", Scheme::wss, 9, "/a b/c"},
                                         {"ws://h/", Scheme::ws, 80, "/"},
                                         {"h:7", Scheme::tcp, 7, ""}}) {
    const Server s = server(row.uri).server;
    BOOST_TEST(s.host == "h");
    BOOST_TEST((s.scheme == row.scheme), row.uri);
    BOOST_TEST(s.port == row.port, row.uri);
    BOOST_TEST(s.path == row.path, row.uri);
  }
}

BOOST_AUTO_TEST_CASE(ipv6_stands_in_brackets_and_keeps_its_zone) {
  BOOST_TEST(server("mqtt://[::1]:1884").server.host == "::1");
  BOOST_TEST(server("mqtt://[::1]:1884").server.port == 1884);
  BOOST_TEST(server("[2001:db8::2]").server.host == "2001:db8::2");
  BOOST_TEST(server("mqtt://[fe80::1%25eth0]").server.host == "fe80::1%eth0");
  BOOST_TEST(server("mqtt://[fe80::1%eth0]").server.host == "fe80::1%eth0");
  BOOST_TEST(holds(error("mqtt://::1"), "write an IPv6 address in brackets"));
  BOOST_TEST(holds(error("mqtt://[::1"), "'['"));
  BOOST_TEST(holds(error("mqtt://[::g]"), "not an IPv6 address"));
  BOOST_TEST(holds(error("mqtt://[::1]x"), "follows the ']'"));
}

BOOST_AUTO_TEST_CASE(user_and_password_are_percent_decoded) {
  const Server s = server("mqtt://al%40ice:p%3A%2F%25%C3%BC@h").server;
  BOOST_TEST(s.username.value() == "al@ice");
  BOOST_TEST(s.password->reveal() == "p:/%\u00FC");
  BOOST_TEST(server("u:p@ss@h").server.password->reveal() == "p@ss");
  BOOST_TEST(server("u:a:b@h").server.password->reveal() == "a:b");
  BOOST_TEST(server("u@h").server.username.value() == "u");
  BOOST_TEST(!server("u@h").server.password);
  BOOST_TEST(server("u:a+b@h").server.password->reveal() == "a+b");
  BOOST_TEST(holds(error("mqtt://u%4@h"), "two hexadecimal digits"));
  BOOST_TEST(holds(error("mqtt://u%00@h"), "%00"));
}

BOOST_AUTO_TEST_CASE(uri_options_are_read) {
  const ServerDraft draft = server(
      "mqtts://h?serverId=s%201&tls=TLS13&cafile=/"
      "c%26a&cert=c&key=k&validate=false&connectTimeout=250ms&username=u&password-file=/p");
  BOOST_TEST(draft.server.id == "s 1");
  BOOST_TEST((draft.server.tls.version == TlsVersion::tls13));
  BOOST_TEST(draft.server.tls.cafile == "/c&a");
  BOOST_TEST(draft.server.tls.cert == "c");
  BOOST_TEST(draft.server.tls.key == "k");
  BOOST_TEST(!draft.server.tls.verify_chain);
  BOOST_TEST(!draft.server.tls.verify_name);
  BOOST_TEST((draft.server.connect_timeout == std::chrono::milliseconds(250)));
  BOOST_TEST(draft.server.username.value() == "u");
  BOOST_TEST(draft.password_file.value() == "/p");
}

BOOST_AUTO_TEST_CASE(tls_is_added_by_its_option_and_never_taken_away) {
  BOOST_TEST((server("mqtt://h?tls=TLS12").server.scheme == Scheme::tls));
  BOOST_TEST(server("mqtt://h?tls=TLS12").server.port == 8883);
  BOOST_TEST((server("ws://h?tls=tls").server.scheme == Scheme::wss));
  BOOST_TEST((server("h?cafile=x").server.scheme == Scheme::tls));
  BOOST_TEST((server("h?tls=None").server.scheme == Scheme::tcp));
  BOOST_TEST(holds(error("mqtts://h?tls=none"), "contradicts"));
  BOOST_TEST(holds(error("mqtt://h?cafile=x"), "need TLS"));
  BOOST_TEST(holds(error("h?tls=TSL12"), "did you mean 'TLS12'?"));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_in_a_uri_is_said_with_a_suggestion) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"", "empty"},
      {"mqtt://", "the host is empty"},
      {"mqtt://:1", "the host is empty"},
      {"mqtt://h:", "the port is not a number"},
      {"mqtt://h:0", "not in 1..65535"},
      {"mqtt://h:65536", "not in 1..65535"},
      {"mqtt://h:1x", "the port is not a number"},
      {"mqtts//h", "a path belongs to ws"},
      {"mqqt://h", "did you mean 'mqtt'?"},
      {"http://h", "unknown scheme 'http'"},
      {"mqtt://h/topic", "-L"},
      {"mqtt://h#x", "'#'"},
      {"mqtt://h h", "a space stands between servers"},
      {"mqtt://h?serverid=x", "did you mean 'serverId'?"},
      {"mqtt://h?caFile=x", "did you mean 'cafile'?"},
      {"mqtt://h?serverId", "not name=value"},
      {"mqtt://h?serverId=", "has no value"},
      {"mqtt://h?validate=yes", "neither true nor false"},
      {"mqtt://h?connectTimeout=5000", "5000ms for milliseconds"},
      {"mqtt://h?connectTimeout=0s", "above 0"},
      {"mqtt://h?maxReconnectAttempts=1", "belongs to the whole list"},
      {"mqtt://h?password=x", "never the secret itself"},
      {"mqtts://h?clientCertificatePassword=x", "never the secret itself"},
      {"mqtts://h?clientCertificateThumbprint=12", "is not a thumbprint"},
      {"mqtt://h?component=M", "component= needs the serverId"},
      {"mqtt://u:p@h?component=M&serverId=s", "brings the password"},
      {"mqtt://h?a=b&amp;c=d", "copied from XML"},
      {"mqtt://h?tls=TLS&amp;key=d", "copied from XML"},
  };
  for (const auto& [uri, part] : rows)
    BOOST_TEST(holds(error(uri), part), uri << " gives " << error(uri));
}

BOOST_AUTO_TEST_CASE(no_error_shows_user_or_password) {
  for (const std::string uri :
       {"mqtt://alice:hunter2@h:0", "mqtt://alice:hunter2@", "mqtt://alice:hun/ter2@h",
        "mqtt://alice:hun?ter2@h", "mqtt://alice:hun#ter2@h", "mqtt://alice:1/hunter2@h",
        "mqtt://alice:1?hunter2@h", "alice:hunter2@h?x=y", "mqtt://alice:hunter2%@h",
        "mqtt://h?password=hunter2", "xqtt://alice:hunter2@h", "failover:(mqtt://alice:hunter2@h,)",
        "mqtt://h?pass=hunter2"}) {
    const std::string said = is_failover_uri(uri) ? list_error(uri) : error(uri);
    BOOST_TEST(!holds(said, "hun"), said);
    BOOST_TEST(!holds(said, "ter2"), said);
    BOOST_TEST(!holds(said, "alice"), said);
  }
}

BOOST_AUTO_TEST_CASE(mosquittos_url_is_server_and_topic_in_one) {
  const auto url = parse_topic_url("mqtts://u:p%40@[::1]:99/plant/%23");
  BOOST_TEST_REQUIRE(static_cast<bool>(url));
  BOOST_TEST(url->topic == "plant/#");
  BOOST_TEST(url->draft.server.host == "::1");
  BOOST_TEST(url->draft.server.port == 99);
  BOOST_TEST(url->draft.server.password->reveal() == "p@");
  BOOST_TEST(parse_topic_url("mqtt://h/a/+/#")->topic == "a/+/#");
  BOOST_TEST(parse_topic_url("mqtt://h//a")->topic == "/a");
  BOOST_TEST(parse_topic_url("mqtt://h/a?b")->topic == "a?b");
  for (const std::string bad : {"mqtt://h", "mqtt://h/", "h/topic", "mqtt://h?x/t", "xx://h/t"})
    BOOST_TEST(!parse_topic_url(bad), bad);
}

BOOST_AUTO_TEST_CASE(a_failover_uri_is_composite_with_or_without_slashes) {
  for (const std::string uri : {"failover:(a,mqtts://b:1?serverId=x)?randomize=false",
                                "failover://(a,mqtts://b:1?serverId=x)?randomize=false",
                                "FAILOVER:( a , mqtts://b:1?serverId=x )/?randomize=false"}) {
    const FailoverUri parsed = list(uri);
    BOOST_TEST_REQUIRE(parsed.servers.size() == 2U);
    BOOST_TEST(parsed.servers[0].server.host == "a");
    BOOST_TEST(parsed.servers[1].server.id == "x");
    BOOST_TEST(parsed.servers[1].server.port == 1);
    BOOST_TEST_REQUIRE(parsed.options.size() == 1U);
    BOOST_TEST(parsed.options[0].first == "randomize");
    BOOST_TEST(parsed.options[0].second == "false");
  }
}

BOOST_AUTO_TEST_CASE(the_bare_form_takes_servers_but_no_options) {
  BOOST_TEST(list("failover:a,b").servers.size() == 2U);
  BOOST_TEST(list("failover://tcp://a:1,tcp://b:2").servers[1].server.port == 2);
  BOOST_TEST(
      holds(list_error("failover:a,b?randomize=false"), "write failover:(URI,URI)?option=value"));
}

BOOST_AUTO_TEST_CASE(nested_options_reach_every_server_and_win) {
  const FailoverUri parsed = list(
      "failover:(mqtts://a?tls=TLS12,mqtts://"
      "b)?nested.tls=TLS13&nested.connectTimeout=100&stable=1");
  for (const ServerDraft& draft : parsed.servers) {
    BOOST_TEST((draft.server.tls.version == TlsVersion::tls13));
    BOOST_TEST((draft.server.connect_timeout == std::chrono::milliseconds(100)));
  }
  BOOST_TEST(parsed.options.size() == 1U);
  BOOST_TEST(holds(list_error("failover:(a)?nested.tsl=TLS13"), "did you mean 'tls'?"));
}

BOOST_AUTO_TEST_CASE(inside_failover_a_bare_number_is_milliseconds) {
  BOOST_TEST((list("failover:(a?connectTimeout=1500)").servers[0].server.connect_timeout ==
              std::chrono::milliseconds(1500)));
}

BOOST_AUTO_TEST_CASE(commas_in_parentheses_do_not_split) {
  BOOST_TEST(list("failover:(ws://a/x(1,2),b)").servers.size() == 2U);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_in_a_failover_uri_is_said) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"failover:", "empty"},
      {"failover:()", "no server between the parentheses"},
      {"failover:(a", "parentheses do not match"},
      {"failover:(a))", "follows the ')'"},
      {"failover:(a)x", "follows the ')'"},
      {"failover:(a)#f", "follows the ')'"},
      {"failover:(a,,b)", "no server beside a ','"},
      {"failover:(a,)", "no server beside a ','"},
      {"failover:((a,b),c)", "cannot hold another list"},
      {"failover:(failover:(a),c)", "cannot hold another list"},
      {"failover:(a)?x", "not name=value"},
      {"failover:(a:b:c)", "in 'a:***'"},
  };
  for (const auto& [uri, part] : rows) {
    const auto parsed = parse_failover_uri(uri);
    if (part == "empty") {
      BOOST_TEST(!parsed);
    } else {
      BOOST_TEST(holds(list_error(uri), part), uri << " gives " << list_error(uri));
    }
  }
}

BOOST_AUTO_TEST_CASE(what_is_nearly_a_list_of_servers_is_told_what_was_meant) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"failover(a,b)", "the ':' behind failover is missing"},
      {"failover//(a,b)", "the ':' behind failover is missing"},
      {"static:(a,b)", "'static' is no kind of list here"},
      {"static:tcp://a:1883", "'static' is no kind of list here"},
      {"fanout://(a,b)", "'fanout' is no kind of list here"},
      {"mqtt://a mqtt://b", "a space stands between servers"},
      {"mqtt://a\nmqtt://b", "a line end stands between servers"},
      {"a:1883;b:1883", "';' stands between servers"},
      {"mqtt://u:p@a,mqtt://u:p@b", "',' stands between servers"},
      {"a|b", "'|' stands between servers"}};
  for (const auto& [text, part] : rows) {
    for (const auto& error :
         {parse_server_uri(text).error(), parse_topic_url(text + "/t").error()}) {
      BOOST_TEST(error.message.find(part) == 0U, text << ": " << error.message);
      BOOST_TEST(error.hint.find("failover:(URI,URI)") != std::string::npos, error.hint);
    }
  }
  // In a list, and where the environment separates by commas.
  const auto inner = parse_failover_uri("failover:(a b)");
  BOOST_TEST_REQUIRE(!inner);
  BOOST_TEST(inner.error().message.find("a space stands between servers") == 0U);
  // Names that only look so.
  for (const std::string host : {"failover.example", "failover", "static:1883", "static.example"})
    BOOST_TEST(static_cast<bool>(parse_server_uri(host)), host);
}

BOOST_AUTO_TEST_CASE(a_comma_in_a_password_is_told_and_lists_without_one_are_taken) {
  for (const std::string list :
       {"mqtt://u:one,two@h", "mqtt://u:12,34@h:1", "u:one,two@h", "a,mqtt://u:1,2,3@h",
        "mqtt://u,v:one@h", "mqtt://u:p@ss,word@h"}) {
    const auto split = split_servers(list);
    BOOST_TEST_REQUIRE(!split, list);
    BOOST_TEST(split.error().hint.find("write a comma as %2C") == 0U);
    BOOST_TEST(split.error().message.find("***") != std::string::npos, split.error().message);
  }
  for (const std::string list : {"a,b", "a:1,b:2", "mqtt://u:p@a,mqtt://u:p@b", "u:p@a,u:p@b",
                                 "mqtt://a:1,mqtt://u:p@b", "a,u:p@b", "mqtt://u:p%2Cq@a,b?x=y@z"})
    BOOST_TEST(static_cast<bool>(split_servers(list)), list);
}

BOOST_AUTO_TEST_CASE(what_was_typed_is_shown_without_what_may_be_a_password) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"mqtt://h:1883/x", "mqtt://h:1883/x"},
      {"mqtt://u:p@h:1", "mqtt://***@h:1"},
      {"mqtt://u:one", "mqtt://u:***"},
      {"u:one", "u:***"},
      {"h:1883", "h:1883"},
      {"fe80::1", "fe80::1"},
      {"mqtt://[::1]:1883", "mqtt://[::1]:1883"},
      {"mqtt://[::1]:one", "mqtt://[::1]:***"},
      {"failover:(mqtt://u:one,two@h:1)", "failover:(mqtt://***@h:1)"},
      {"failover:(mqtt://u:one", "failover:(mqtt://u:***"},
      {"failover:mqtt://u:one", "failover:mqtt://u:***"},
      {"mqtt://a;mqtt://u:one", "mqtt://a;mqtt://u:***"},
      {"u:one://h", "***://h"},
      {"wss://h/mqtt?token=one", "wss://h/mqtt?..."},
      {"mqtt://u:1#one", "mqtt://u:1#..."},
      {"\x1b[31m", "\\x1b[31m"}};
  for (const auto& [typed, shown] : rows) BOOST_TEST(shown_uri(typed) == shown);
}
