// SPDX-License-Identifier: Apache-2.0
// A change of a stored server: what it names, what stays, and where errors of both are reported.
#include "config/document/item_reader.hpp"

#include <boost/test/unit_test.hpp>

#include "config/document/document.hpp"

using namespace mqfail;

namespace {

DocumentServer stored(const std::string& text) {
  const DocumentReading reading = read_document("stored", text);
  BOOST_TEST_REQUIRE(reading.valid(), text);
  return reading.servers.front();
}

DocumentReading changed(const std::string& before, const std::string& change) {
  return read_edit("doc", change, {stored(before)}, "A");
}

std::string errors(const DocumentReading& reading) {
  std::string out;
  for (const Report& report : reading.reports) {
    if (report.severity == Severity::error) out += report.headline + "\n";
  }
  return out;
}

const std::string kWebSocket =
    R"({"hostNameOrIpAddress":"ws://w:81/p?q=1","protocol":"Ws","tls":"None","serverId":"A"})";
const std::string kFull =
    R"({"hostNameOrIpAddress":"a","port":1,"tls":"TLS13","userName":"u","password":"{{N}}",)"
    R"("validateServerCertificate":false,"serverId":"A"})";

}  // namespace

BOOST_AUTO_TEST_CASE(a_key_that_a_change_does_not_name_stays_and_null_is_the_default) {
  const auto reading = changed(kFull, R"({"port":2,"tls":null,"password":null})");
  BOOST_TEST_REQUIRE(reading.valid(), errors(reading));
  const DocumentServer& server = reading.servers.front();
  BOOST_TEST(server.host == "a");
  BOOST_TEST(server.port.value_or(0) == 2);
  BOOST_TEST((server.tls == DocumentTls::tls12));
  BOOST_TEST(!server.tls_given);
  BOOST_TEST(server.user_name.value_or("") == "u");
  BOOST_TEST(!server.validate);
  BOOST_TEST(server.validate_given);
  BOOST_TEST(server.server_id == "A");
}

BOOST_AUTO_TEST_CASE(a_secret_that_a_change_does_not_name_is_the_stored_one) {
  const auto reading = changed(kFull, R"({"userName":"v"})");
  BOOST_TEST_REQUIRE(reading.valid(), errors(reading));
  const auto& secret = reading.servers.front().password;
  BOOST_TEST_REQUIRE(secret.has_value());
  BOOST_TEST(secret->is_kept);
  BOOST_TEST(secret->text.reveal() == "N");
  BOOST_TEST(secret->pointer == "/password");
  BOOST_TEST(!changed(kFull, R"({"password":null})").servers.front().password.has_value());
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_key_that_stays_is_reported_at_the_item) {
  BOOST_TEST(errors(changed(kFull, R"( {"userName":null})")) ==
             "doc:1:2: error: /password: You cannot specify a Password without specifying a "
             "UserName.\n");
}

BOOST_AUTO_TEST_CASE(a_path_that_stays_is_one_of_web_socket) {
  BOOST_TEST(errors(changed(kWebSocket, R"({"protocol":"Tcp"})")) ==
             "doc:1:1: error: /hostNameOrIpAddress: the scheme of \"ws://w/p\" contradicts "
             "protocol\n");
  const auto reading = changed(kWebSocket, R"({"protocol":null,"userName":"u"})");
  BOOST_TEST_REQUIRE(reading.valid(), errors(reading));
  BOOST_TEST(reading.servers.front().web_socket);
  BOOST_TEST(reading.servers.front().path == "/p");
  BOOST_TEST(reading.servers.front().query == "q=1");
}

BOOST_AUTO_TEST_CASE(a_new_host_leaves_nothing_of_the_old_one_but_its_port) {
  const auto reading = changed(kWebSocket, R"({"hostNameOrIpAddress":"b"})");
  BOOST_TEST_REQUIRE(reading.valid(), errors(reading));
  const DocumentServer& server = reading.servers.front();
  BOOST_TEST(server.host == "b");
  BOOST_TEST(server.path.empty());
  BOOST_TEST(server.query.empty());
  BOOST_TEST(server.web_socket);
  BOOST_TEST(server.port.value_or(0) == 81);
}
