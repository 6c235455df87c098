// SPDX-License-Identifier: Apache-2.0
// Bridges of mosquitto.conf(5) as lists of servers.
#include "config/naming/bridge_file.hpp"

#include <boost/test/unit_test.hpp>

using namespace mqfail;

namespace {

std::string refusal(const std::string& text) {
  const auto read = read_bridges("m.conf", text);
  return read ? "" : read.error().message;
}

const Bridge only(const std::string& text) {
  const auto read = read_bridges("m.conf", text);
  BOOST_REQUIRE_MESSAGE(read, refusal(text));
  BOOST_REQUIRE(read->size() == 1U);
  return read->front();
}

}  // namespace

BOOST_AUTO_TEST_CASE(addresses_are_read_as_mosquitto_reads_them) {
  const Bridge bridge =
      only("connection c\n  address a:1 [::1]:2\t10.0.0.1  fe80::1:3\naddresses b\r\n");
  BOOST_REQUIRE(bridge.servers.size() == 5U);
  const std::pair<std::string, int> wanted[] = {
      {"a", 1}, {"::1", 2}, {"10.0.0.1", 1883}, {"fe80::1", 3}, {"b", 1883}};
  for (std::size_t i = 0; i < 5; ++i) {
    BOOST_TEST(bridge.servers[i].host == wanted[i].first);
    BOOST_TEST(bridge.servers[i].port.value() == wanted[i].second);
    BOOST_TEST((bridge.servers[i].tls == DocumentTls::none));
  }
}

BOOST_AUTO_TEST_CASE(the_login_and_tls_hold_for_all_addresses_wherever_they_stand) {
  const Bridge bridge = only(
      "connection c\nusername u\naddress a b\nremote_password p w\nbridge_cafile /ca\n"
      "bridge_tls_version tlsv1.3\nlistener 1\npassword other\naddress c\n");
  BOOST_REQUIRE(bridge.servers.size() == 2U);
  for (const DocumentServer& server : bridge.servers) {
    BOOST_TEST(server.user_name.value() == "u");
    BOOST_TEST(server.password.value().text.reveal() == "p w");
    BOOST_TEST((server.tls == DocumentTls::tls13));
    BOOST_TEST(server.validate);
  }
  BOOST_TEST(bridge.flags == std::vector<std::string>{"--cafile /ca"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_a_list_cannot_say_becomes_flags) {
  const Bridge bridge = only(
      "connection c\naddress a\nclientid it's me\nbridge_insecure true\nround_robin false\n"
      "bridge_insecure false\nround_robin true\nbridge_protocol_version mqttv31\ntopic # in\n");
  const std::vector<std::string> wanted = {"-i 'it'\\''s me'", "--insecure", "--priority-backup",
                                           "-V 31"};
  BOOST_TEST(bridge.flags == wanted, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_error_names_the_line_and_no_password) {
  BOOST_TEST(refusal("") == "m.conf has no bridge with an address");
  BOOST_TEST(refusal("# address a\naddress a\n") == "m.conf has no bridge with an address");
  BOOST_TEST(refusal("connection c\nremote_password hunter2\naddress a:x\n")
                 .starts_with("m.conf:3: address: "));
  BOOST_TEST(refusal("connection c\naddress a\nbridge_tls_version 9\n")
                 .starts_with("m.conf:3: bridge_tls_version is "));
  const std::string psk = refusal("connection c\naddress a\nbridge_psk hunter2\n");
  BOOST_TEST(psk.starts_with("m.conf:3: bridge_psk: "));
  BOOST_TEST(psk.find("hunter2") == std::string::npos);
  BOOST_TEST(refusal("connection c\naddress a\nremote_password p\xe4ss\n")
                 .starts_with("m.conf:3: remote_password is not UTF-8"));
}

BOOST_AUTO_TEST_CASE(a_list_that_a_bridge_cannot_say_is_refused) {
  const auto why = [](auto change) {
    std::vector<DocumentServer> servers(2);
    for (DocumentServer& server : servers) server.host = "a";
    change(servers[1]);
    const auto written = write_bridge("c", servers);
    return written ? "" : written.error().message;
  };
  BOOST_TEST(why([](DocumentServer&) {}).empty());
  BOOST_TEST(why([](DocumentServer& s) { s.web_socket = true; }) ==
             "server 2 (a): a bridge does not speak WebSocket");
  BOOST_TEST(!why([](DocumentServer& s) { s.user_name = "u"; }).empty());
  BOOST_TEST(!why([](DocumentServer& s) { s.validate = false; }).empty());
  std::vector<DocumentServer> plain(1);  // AVEVA's sample says so of servers without TLS, too
  plain.front().host = "a";
  plain.front().tls = DocumentTls::none;
  plain.front().validate = false;
  BOOST_TEST(bool(write_bridge("c", plain)));
  BOOST_TEST(!why([](DocumentServer& s) { s.thumbprint = "00"; }).empty());
  BOOST_TEST(!why([](DocumentServer& s) { s.user_name = "u\nallow_anonymous true"; }).empty());
}
