// SPDX-License-Identifier: Apache-2.0
// The grammar of server URIs.
#include "config/uri/server_uri.hpp"

#include <boost/test/unit_test.hpp>

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
  BOOST_TEST(holds(error(std::string("mqtt://[::1\0.plant]", 19)), "not an IPv6 address"));
  BOOST_TEST(holds(error("mqtt://a\xC2\x9B-b"), "not a host name"));
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
  const Server client = server("h?clientId=me%20too&protocol=311&cluster=C%201").server;
  BOOST_TEST(client.client_id.value() == "me too");
  BOOST_TEST((client.protocol == Protocol::mqtt311));
  BOOST_TEST(client.cluster == "C 1");
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
      {"mqtt://h?clientId=", "has no value"},
      {"mqtt://h?clientId=%ff", "not UTF-8"},
      {"mqtt://h?protocol=6", "is none of 5, 311 and 31"},
      {"mqtt://h?cluster=", "has no value"},
      {"mqtt://h?component=M", "component= needs the serverId"},
      {"mqtt://u:p@h?component=M&serverId=s", "brings the password"},
      {"mqtt://h?a=b&amp;c=d", "copied from XML"},
      {"mqtt://h?tls=TLS&amp;key=d", "copied from XML"},
  };
  for (const auto& [uri, part] : rows)
    BOOST_TEST(holds(error(uri), part), uri << " gives " << error(uri));
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
