// SPDX-License-Identifier: Apache-2.0
// The grammar of failover: URIs and of lists of URIs, what is nearly one, and that no error shows a
// password.
#include "config/uri/uri_list.hpp"

#include <boost/test/unit_test.hpp>

using namespace mqfail;

namespace {

std::string error(const std::string& uri) {
  const auto draft = parse_server_uri(uri);
  BOOST_TEST_REQUIRE(!draft, uri);
  BOOST_TEST((draft.error().kind == ErrorKind::usage));
  return draft.error().message + " | " + draft.error().hint;
}

UriList list(const std::string& uri) {
  BOOST_TEST(is_failover_uri(uri));
  const auto parsed = parse_uri_list(uri);
  BOOST_TEST_REQUIRE(static_cast<bool>(parsed),
                     uri << ": " << (parsed ? "" : parsed.error().message));
  return *parsed;
}

std::string list_error(const std::string& uri) {
  const auto parsed = parse_uri_list(uri);
  BOOST_TEST_REQUIRE(!parsed, uri);
  return parsed.error().message + " | " + parsed.error().hint;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_failover_uri_is_composite_with_or_without_slashes) {
  for (const std::string uri : {"failover:(a,mqtts://b:1?serverId=x)?randomize=false",
                                "failover://(a,mqtts://b:1?serverId=x)?randomize=false",
                                "FAILOVER:( a , mqtts://b:1?serverId=x )/?randomize=false"}) {
    const UriList parsed = list(uri);
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
  const UriList parsed = list(
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
    const auto parsed = parse_uri_list(uri);
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
  const auto inner = parse_uri_list("failover:(a b)");
  BOOST_TEST_REQUIRE(!inner);
  BOOST_TEST(inner.error().message.find("a space stands between servers") == 0U);
  // Names that only look so.
  for (const std::string host : {"failover.example", "failover", "static:1883", "static.example"})
    BOOST_TEST(static_cast<bool>(parse_server_uri(host)), host);
}

BOOST_AUTO_TEST_CASE(a_list_may_say_where_more_servers_are_found) {
  const UriList parsed = list(
      "failover:(a,discovery:(dns://Example.com),discovery:multicast://default,"
      "DISCOVERY:( DNS://Example.com ))?stable=1");
  BOOST_TEST(parsed.servers.size() == 1U);
  BOOST_TEST_REQUIRE(parsed.discoveries.size() == 2U);
  BOOST_TEST((parsed.discoveries[0] == Discovery{Discovery::Kind::dns, "Example.com", {}}));
  BOOST_TEST((parsed.discoveries[1] == Discovery{Discovery::Kind::multicast, "default", {}}));
  BOOST_TEST(list("failover:(discovery:(dns://_mqtt._tcp.x))").servers.empty());
}

BOOST_AUTO_TEST_CASE(a_discovery_uri_is_a_list_of_its_own) {
  for (const std::string uri :
       {"discovery:(dns://x)?stable=1", "discovery://(dns://x)?stable=1",
        "Discovery:( dns://x )/?stable=1", " discovery:(dns://x)?stable=1"}) {
    const auto parsed = parse_uri_list(uri);
    BOOST_TEST_REQUIRE(bool(parsed), uri << ": " << (parsed ? "" : parsed.error().message));
    BOOST_TEST(parsed->is_failover);
    BOOST_TEST((parsed->discoveries == std::vector{Discovery{Discovery::Kind::dns, "x", {}}}));
    BOOST_TEST((parsed->options == QueryOptions{{"stable", "1"}}));
  }
  const auto group = parse_uri_list("discovery:(multicast://default?group=plant-1)");
  BOOST_TEST_REQUIRE(bool(group));
  BOOST_TEST(group->discoveries.front().name == "plant-1");
  for (const std::string host : {"discovery", "discovery:1883", "discovery.example"})
    BOOST_TEST(!names_a_list(host), host);
}

BOOST_AUTO_TEST_CASE(nested_and_discovered_options_reach_what_is_found) {
  const auto parsed = parse_uri_list(
      "failover:(mqtts://a,discovery:(dns://x))?nested.tls=TLS13&discovered.clientId=c&stable=1");
  BOOST_TEST_REQUIRE(bool(parsed));
  BOOST_TEST(!parsed->servers[0].server.client_id);
  BOOST_TEST((parsed->discoveries[0].nested == QueryOptions{{"tls", "TLS13"}, {"clientId", "c"}}));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_discovery_is_said) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"discovery:(dns://a,dns://b)", "write several as failover:(discovery:(dns://A)"},
      {"discovery:(dns://)", "the host is empty"},
      {"discovery:(dns://a:53)", "without port, user or path"},
      {"discovery:(dns://u@a)", "without port, user or path"},
      {"discovery:(dns://a?stable=1)", "behind the parentheses"},
      {"discovery:(dns://a", "parentheses do not match"},
      {"discovery:(dns://a)x", "follows the ')'"},
      {"discovery:()", "there is no dns:// or multicast://"},
      {"discovery:(a)", "there is no dns:// or multicast://"},
      {"discovery:(fabric:default)", "there is no dns:// or multicast://"},
      {"discovery:(multcast://default)", "did you mean 'multicast'?"},
      {"discovery:(zeroconf://x)", "nothing is discovered by 'zeroconf'"},
      {"discovery:(static://a)", "nothing is discovered by 'static'"},
      {"discovery:(multicast://239.255.2.3:6155)", "is not the name of a group"},
      {"discovery:(multicast://)", "is not the name of a group"},
      {"discovery:(multicast://default?ttl=1)", "no option 'ttl'"},
      {"discovery:(dns://a)?discovered.tsl=TLS13", "did you mean 'tls'?"},
      {"failover:(a)?discovered.tls=TLS13", "write nested.tls"},
      {"failover:(discovery:(dns://a)?stable=1)", "options of its own"},
      {"a,discovery:(dns://x)", "for a failover: list only"},
  };
  for (const auto& [uri, part] : rows)
    BOOST_TEST(holds(list_error(uri), part), uri << " gives " << list_error(uri));
  BOOST_TEST(holds(list_error("discovery:(dns://a:53)"), "in 'discovery:(dns://a:53)'"));
  BOOST_TEST(holds(error("discovery:(dns://a)"), "give it with -s"));
  BOOST_TEST(!parse_topic_url("discovery:(dns://a)/t"));
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

BOOST_AUTO_TEST_CASE(no_error_shows_user_or_password) {
  for (const std::string uri :
       {"mqtt://alice:hunter2@h:0", "mqtt://alice:hunter2@", "mqtt://alice:hun/ter2@h",
        "mqtt://alice:hun?ter2@h", "mqtt://alice:hun#ter2@h", "mqtt://alice:1/hunter2@h",
        "mqtt://alice:1?hunter2@h", "alice:hunter2@h?x=y", "mqtt://alice:hunter2%@h",
        "mqtt://h?password=hunter2", "xqtt://alice:hunter2@h", "failover:(mqtt://alice:hunter2@h,)",
        "mqtt://h?pass=hunter2", "discovery:(dns://alice:hunter2@h)"}) {
    const std::string said = names_a_list(uri) ? list_error(uri) : error(uri);
    BOOST_TEST(!holds(said, "hun"), said);
    BOOST_TEST(!holds(said, "ter2"), said);
    BOOST_TEST(!holds(said, "alice"), said);
  }
}
