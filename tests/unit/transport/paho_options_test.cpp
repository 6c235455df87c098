// SPDX-License-Identifier: Apache-2.0
// What Paho is told for one CONNECT.
#include "transport/paho_options.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace mqfail;

namespace {

Server at(const std::string& host, Scheme scheme) {
  Server server;
  server.host = host;
  server.port = 1883;
  server.scheme = scheme;
  return server;
}

}  // namespace

BOOST_AUTO_TEST_CASE(websocket_is_hidden_from_paho_and_tls_is_not) {
  BOOST_TEST(paho_uri(at("h", Scheme::tcp)) == "tcp://h:1883");
  BOOST_TEST(paho_uri(at("h", Scheme::ws)) == "tcp://h:1883");
  BOOST_TEST(paho_uri(at("::1", Scheme::tls)) == "ssl://[::1]:1883");
  BOOST_TEST(paho_uri(at("h", Scheme::wss)) == "ssl://h:1883");
}

BOOST_AUTO_TEST_CASE(a_clean_session_has_another_name_in_each_version) {
  ConnectSettings settings;
  const Server server = at("h", Scheme::tcp);
  for (const bool clean : {true, false}) {
    settings.clean_session = clean;
    const PahoOptions five(server, settings, Protocol::mqtt5);
    BOOST_TEST(five.connect.cleanstart == (clean ? 1 : 0));
    BOOST_TEST(five.connect.cleansession == 0);
    const PahoOptions three(server, settings, Protocol::mqtt311);
    BOOST_TEST(three.connect.cleansession == (clean ? 1 : 0));
    BOOST_TEST(three.connect.cleanstart == 0);
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_set_is_not_sent) {
  Server server = at("h", Scheme::tcp);
  const ConnectSettings none;
  const PahoOptions without(server, none, Protocol::mqtt5);
  BOOST_TEST(without.connect.username == nullptr);
  BOOST_TEST(without.connect.binarypwd.data == nullptr);
  BOOST_TEST(without.connect.will == nullptr);
  BOOST_TEST(without.connect.ssl == nullptr);
  server.username = "joe";
  server.password = Secret(std::string("a\0b", 3));
  ConnectSettings wanted;
  wanted.will = Will{"t", "gone", 1, true, {}, 5U};
  wanted.keepalive = std::chrono::seconds(7);
  const PahoOptions with(server, wanted, Protocol::mqtt5);
  BOOST_TEST(std::string(with.connect.username) == "joe");
  BOOST_TEST(with.connect.binarypwd.len == 3);  // it may have a zero in it
  BOOST_TEST(std::string(with.connect.will->topicName) == "t");
  BOOST_TEST(with.connect.will->payload.len == 4);
  BOOST_TEST(with.connect.keepAliveInterval == 7);
}

BOOST_AUTO_TEST_CASE(the_systems_authorities_are_left_out_only_where_others_are_named) {
  const ConnectSettings settings;
  Server server = at("h", Scheme::tls);
  const auto without_system = [&] {
    const PahoOptions options(server, settings, Protocol::mqtt5);
    return options.connect.ssl->disableDefaultTrustStore;
  };
  server.tls.use_os_certs = false;
  BOOST_TEST(without_system() == 0);
  server.tls.cafile = "/etc/ca.crt";
  BOOST_TEST(without_system() == 1);
  server.tls.use_os_certs = true;
  BOOST_TEST(without_system() == 0);
}
