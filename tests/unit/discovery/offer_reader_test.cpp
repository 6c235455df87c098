// SPDX-License-Identifier: Apache-2.0
// What a source may say of servers, and what it may not (failover.md section 5).
#include "discovery/offer_reader.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace mqfail;

namespace {

NamingRequest with_login() {
  NamingRequest request;
  request.namings = {NamedServer{"mqtt://configured"}};
  request.defaults.username = "u";
  request.defaults.password = Secret("p");
  return request;
}

Result<Reading> read(const std::string& text, Origin origin = Origin::network,
                     const std::string& filter = {}) {
  std::optional<ServerFilter> parsed;
  if (!filter.empty()) parsed = *ServerFilter::parse(filter);
  const OfferReader reader(with_login(), parsed,
                           [](const ServerList&) -> Result<Done> { return Done{}; });
  return reader.read("topic mqfail/servers", text, origin);
}

std::string places(const Result<Reading>& reading) {
  if (!reading) return "! " + reading.error().message;
  std::string out;
  for (const Server& server : *reading->servers) out += redacted_uri(server) + " ";
  return out;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_document_and_uris_are_read_alike) {
  const std::string expected = "tcp://a:1883 mqtts://b:8883 ";
  BOOST_TEST(places(read(R"([{"hostNameOrIpAddress": "a", "port": 1883, "tls": "none"},
                             {"hostNameOrIpAddress": "b"}])")) == expected);
  BOOST_TEST(places(read("failover:(mqtt://a,mqtts://b)")) == expected);
  BOOST_TEST(places(read("mqtt://a,mqtts://b\n")) == expected);
}

BOOST_AUTO_TEST_CASE(servers_of_an_update_get_the_options_for_all_servers) {
  const auto reading = read("mqtt://a");
  BOOST_REQUIRE(bool(reading));
  const Server& server = reading->servers->front();
  BOOST_TEST(server.username.value_or("") == "u");
  BOOST_TEST(server.password->reveal() == "p");
  BOOST_TEST(server.id == "a:1883");
}

BOOST_AUTO_TEST_CASE(what_the_network_may_not_name_is_refused_and_a_file_of_the_user_may) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"mqtt://me@a", "a user"},
      {"mqtt://u:secret@a", "a user"},
      {"mqtts://a?cafile=/etc/hostname", "files"},
      {"mqtts://a?validate=false", "a weaker TLS"},
      {"mqtts://a?tls=tls11", "a weaker TLS"},
      {"mqtt://a?clientId=x", "a client id"},
      {"mqtt://a?password-file=/etc/hostname", "a password"},
      {"mqtts://a?component=MQTT1&serverId=a", "a stored list"},
      {R"([{"hostNameOrIpAddress": "a", "userName": "me"}])", "a user"},
      {R"([{"hostNameOrIpAddress": "a", "userName": "u", "password": "secret"}])", "a password"},
      {R"([{"hostNameOrIpAddress": "a", "userName": "u", "password": "{{name}}"}])", "a password"},
      {R"([{"hostNameOrIpAddress": "a", "validateServerCertificate": false}])", "a weaker TLS"},
      {R"([{"hostNameOrIpAddress": "a",
            "clientCertificateThumbprint": "0123456789012345678901234567890123456789"}])",
       "a client certificate"},
      {R"({"DataSource": {"hostNameOrIpAddress": "a", "clientId": "x"}})", "a client id"},
  };
  for (const auto& [text, what] : rows) {
    const auto reading = read(text);
    BOOST_TEST(holds(places(reading), "an update may not name " + what),
               text + " -> " + places(reading));
    BOOST_TEST(!holds(places(reading), "secret"));
  }
  BOOST_TEST(places(read("mqtt://u:secret@a", Origin::user)) == "tcp://a:1883 ");
}

BOOST_AUTO_TEST_CASE(nothing_garbage_and_too_much_are_errors) {
  BOOST_TEST(places(read("")) == "! topic mqfail/servers: the list is empty");
  BOOST_TEST(places(read(" \n")) == "! topic mqfail/servers: the list is empty");
  BOOST_TEST(places(read("[]")).starts_with("! "));
  BOOST_TEST(places(read("{\"x\": 1")).starts_with("! "));
  BOOST_TEST(places(read(std::string("\x00\xff\xfe", 3))).starts_with("! "));
  BOOST_TEST(places(read("http://a")).starts_with("! "));
  BOOST_TEST(places(read("failover:(mqtt://a,discovery:(dns://x))")) ==
             "! topic mqfail/servers: an update may not name a discovery");
  BOOST_TEST(places(read("failover:(mqtt://a)?unknown=1")).starts_with("! "));
  BOOST_TEST(places(read(std::string(kLargestAnnouncement + 1, 'a'))) ==
             "! topic mqfail/servers: the list is larger than 1 MiB");
  std::string many = "a1";
  for (std::size_t i = 2; i <= kMostOffered; ++i) many += ",a" + std::to_string(i);
  BOOST_TEST(read(many)->servers->size() == kMostOffered);
  BOOST_TEST(places(read(many + ",b")) == "! topic mqfail/servers: more than 10000 servers");
  BOOST_TEST(holds(places(read("failover:(" + many + ",b)")), "more than 10000 servers in 'fail"));
  std::string document = R"([{"hostNameOrIpAddress":"a"})";
  for (std::size_t i = 1; i < kMostOffered; ++i)
    document += R"(,{"hostNameOrIpAddress":"a)" + std::to_string(i) + "\"}";
  BOOST_TEST(read(document + "]")->servers->size() == kMostOffered);
  BOOST_TEST(holds(places(read(document + ",{}]")), "error: more than 10000 servers"));
}

BOOST_AUTO_TEST_CASE(a_list_may_ask_the_clients_to_move) {
  BOOST_TEST(!read("failover:(mqtt://a)")->rebalance);
  BOOST_TEST(read("failover:(mqtt://a)?rebalanceUpdateURIs=true")->rebalance);
}

BOOST_AUTO_TEST_CASE(the_filter_is_asked_for_each_server) {
  const auto some = read("mqtt://a,mqtt://b,mqtt://c:2", Origin::network, "b:.*,c:2");
  BOOST_TEST(places(some) == "tcp://b:1883 tcp://c:2 ");
  BOOST_REQUIRE(some->warnings.size() == 1U);
  BOOST_TEST(some->warnings[0] ==
             "topic mqfail/servers: updateClusterFilter does not admit a:1883");
  BOOST_TEST(places(read("mqtt://a", Origin::network, "x")) ==
             "! topic mqfail/servers: updateClusterFilter admits none of its servers: a:1883");
}

BOOST_AUTO_TEST_CASE(an_id_that_the_network_chose_does_not_pass_the_filter) {
  const std::string forged = "mqtt://evil?serverId=b.plant:8883";
  BOOST_TEST(places(read(forged, Origin::network, ".*\\.plant:8883")) ==
             "! topic mqfail/servers: updateClusterFilter admits none of its servers: evil:1883");
  BOOST_TEST(places(read(forged, Origin::user, ".*\\.plant:8883")) == "tcp://evil:1883 ");
}
