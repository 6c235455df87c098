// SPDX-License-Identifier: Apache-2.0
// Why a TLS connection was not made, in words, from OpenSSL's error.
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>

#include "certificates/tls_attempt.hpp"

using namespace mqfail;

namespace {

constexpr int kAlert = SSL_AD_REASON_OFFSET;  // an alert of the server, in OpenSSL's numbering

Server at(TlsVersion version = TlsVersion::any) {
  Server server;
  server.host = "broker.test";
  server.tls.version = version;
  return server;
}

struct Free {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

// What is told when OpenSSL has failed for this reason; 0: for none. `late`: after the handshake.
std::string cause(const Server& server, int reason, bool late = false) {
  const std::unique_ptr<SSL_CTX, Free> context(SSL_CTX_new(TLS_client_method()));
  const std::unique_ptr<SSL, Free> ssl(SSL_new(context.get()));
  BOOST_REQUIRE(TlsAttempt::begin(ssl.get(), server, nullptr).empty());
  const TlsAttempt* const attempt = TlsAttempt::of(ssl.get());
  ERR_clear_error();
  if (reason != 0) ERR_raise(ERR_LIB_SSL, reason);
  return late ? attempt->late_alert() : attempt->why();
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_version_that_the_server_does_not_speak_is_named) {
  for (const int reason : {kAlert + 70, SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_VERSION_TOO_LOW}) {
    BOOST_TEST(cause(at(), reason) ==
               "protocol version: the server does not speak TLS 1.2 or later");
    BOOST_TEST(cause(at(TlsVersion::tls13), reason) ==
               "protocol version: the server does not speak TLS 1.3");
  }
  BOOST_TEST(cause(at(TlsVersion::tls11), kAlert + 80) ==
             "protocol version: the server does not speak TLS 1.1");
}

BOOST_AUTO_TEST_CASE(an_alert_is_told_in_words_during_and_after_the_handshake) {
  const std::string refused = "the server refuses our client certificate: ";
  struct Row {
    int alert;
    std::string text;
  };
  for (const auto& [alert, text] :
       {Row{40, "the server finds no cipher suite that both know, or refuses (handshake failure)"},
        Row{42, refused + "bad certificate"}, Row{44, refused + "revoked"},
        Row{45, refused + "expired"}, Row{46, refused + "not accepted"},
        Row{48, refused + "unknown issuer"}, Row{71, "the server asks for stronger ciphers"},
        Row{112, "the server knows no host broker.test"},
        Row{116, "client certificate required: the server asks for one"}}) {
    BOOST_TEST(cause(at(), kAlert + alert) == text);
    BOOST_TEST(cause(at(), kAlert + alert, true) == text);
  }
}

BOOST_AUTO_TEST_CASE(a_wrong_pre_shared_key_is_told_apart_from_an_unknown_identity) {
  Server server = at();
  server.tls.psk = Secret("00ff");
  server.tls.psk_identity = "me";
  BOOST_TEST(cause(server, kAlert + 115) ==
             "pre-shared key: the server does not know this identity");
  for (const int alert : {20, 51}) {
    BOOST_TEST(cause(server, kAlert + alert) ==
               "pre-shared key: the server has another one for this identity");
  }
  BOOST_TEST(cause(server, kAlert + 40) == "pre-shared key: the server takes none");
}

BOOST_AUTO_TEST_CASE(a_port_without_tls_is_guessed) {
  BOOST_TEST(cause(at(), SSL_R_WRONG_VERSION_NUMBER) ==
             "the server does not answer in TLS; is it the port of plain text?");
  BOOST_TEST(cause(at(), 0) ==
             "connection closed during the TLS handshake; does this port speak TLS?");
  BOOST_TEST(cause(at(), 0, true) == "");
  BOOST_TEST(cause(at(), SSL_R_UNEXPECTED_EOF_WHILE_READING) == cause(at(), 0));
}
