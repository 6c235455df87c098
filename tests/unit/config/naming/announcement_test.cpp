// SPDX-License-Identifier: Apache-2.0
// What is announced of a list of servers, and in which form.
#include "config/naming/announcement.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "config/document/document.hpp"
#include "config/uri/uri_list.hpp"

using namespace mqfail;

namespace {

Server server(const std::string& id, Scheme scheme = Scheme::tcp) {
  Server one;
  one.id = id;
  one.host = id + ".example";
  one.port = 1234;
  one.scheme = scheme;
  if (is_web_socket(scheme)) one.path = "/mqtt";
  return one;
}

// With a secret in every member that may not be announced.
Server full(Scheme scheme) {
  Server one = server("full", scheme);
  if (is_web_socket(scheme)) one.path = std::string("/path") + kQueryMark + "token=geheim";
  one.username = "geheim";
  one.password = Secret("geheim");
  one.client_id = "geheim";
  one.protocol = Protocol::mqtt311;
  TlsSettings& tls = one.tls;
  tls.verify_chain = tls.verify_name = false;
  tls.version = TlsVersion::tls11;
  tls.cafile = tls.capath = tls.cert = tls.key = "geheim";
  tls.thumbprint = std::string(40, 'f');
  tls.certificate_password = tls.psk = Secret("geheim");
  tls.psk_identity = tls.ciphers = tls.alpn = "geheim";
  tls.certificate_folders = {"geheim"};
  return one;
}

std::string text(const ServerList& servers, bool rebalance = false) {
  const auto list = announcement(servers, rebalance);
  BOOST_REQUIRE(list);
  return *list;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_list_is_a_document_unless_it_has_more_to_say) {
  const std::string document = text({server("a"), server("b", Scheme::wss)});
  const DocumentReading reading = read_document("list", document);
  BOOST_REQUIRE(reading.valid());
  BOOST_REQUIRE(reading.servers.size() == 2U);
  BOOST_TEST(reading.servers[0].server_id == "a");
  BOOST_TEST(reading.servers[0].port.value() == 1234);
  BOOST_TEST(reading.servers[1].web_socket);
  BOOST_TEST((reading.servers[1].tls == DocumentTls::tls));
  BOOST_TEST(text({server("a"), server("b")}, true) ==
             "failover:(mqtt://a.example:1234?serverId=a,mqtt://b.example:1234?serverId=b)"
             "?randomize=false&rebalanceUpdateURIs=true\n");
  Server node = server("a", Scheme::tls);
  node.cluster = "one";
  node.tls.version = TlsVersion::tls13;
  BOOST_TEST(
      text({node}) ==
      "failover:(mqtts://a.example:1234?serverId=a&tls=TLS13&cluster=one)?randomize=false\n");
}

BOOST_AUTO_TEST_CASE(no_secret_is_announced_and_no_weaker_tls) {
  for (const Scheme scheme : {Scheme::tcp, Scheme::tls, Scheme::ws, Scheme::wss}) {
    for (const bool rebalance : {false, true}) {
      const std::string list = text({full(scheme)}, rebalance);
      BOOST_TEST(list.find("full.example") != std::string::npos);
      for (const char* const word : {"geheim", "ffff", "TLS11", "Tls11", "311",
                                     "validate=", "\"validateServerCertificate\": false", "token"})
        BOOST_TEST(list.find(word) == std::string::npos, word << " in " << list);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_long_list_is_a_uri_and_a_longer_one_is_refused) {
  ServerList servers;
  for (int i = 0; i < 10'000; ++i) servers.push_back(server("s" + std::to_string(i)));
  const std::string list = text(servers);
  BOOST_TEST(list.size() <= kLargestAnnouncement);
  const auto read = parse_uri_list(list);
  BOOST_REQUIRE(read);
  BOOST_TEST(read->servers.size() == 10'000U);
  for (Server& one : servers) one.host = std::string(100, 'h');
  const auto refused = announcement(servers, false);
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().kind == ErrorKind::data));
}
