// SPDX-License-Identifier: Apache-2.0
#include "certificates/tls_attempt.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <cstring>

#include "base/encoding.hpp"
#include "certificates/x509_text.hpp"

namespace mqfail {
namespace {

void set_versions(SSL* ssl, const TlsSettings& tls) {
  int low = TLS1_2_VERSION;
  int high = tls.psk ? TLS1_2_VERSION : 0;
  int level = 2;
  switch (tls.version) {
    case TlsVersion::any:
      break;
    case TlsVersion::tls11:
      low = high = TLS1_1_VERSION;
      level = 0;  // OpenSSL 3 knows TLS 1.1 only at level 0
      break;
    case TlsVersion::tls12:
      high = TLS1_2_VERSION;
      break;
    case TlsVersion::tls13:
      low = high = TLS1_3_VERSION;
      break;
  }
  SSL_set_security_level(ssl, level);
  SSL_set_min_proto_version(ssl, low);
  SSL_set_max_proto_version(ssl, high);
}

void set_name(SSL* ssl, const std::string& host) {
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  X509_VERIFY_PARAM* const rules = SSL_get0_param(ssl);
  if (X509_VERIFY_PARAM_set1_ip_asc(rules, host.c_str()) == 1) return;
  // An address is not a name: the IP rule replaces the host rule.
  SSL_set1_host(ssl, host.c_str());
}

void set_alpn(SSL* ssl, const std::string& protocol) {
  if (protocol.empty() || protocol.size() > 255) return;
  std::string list(1, static_cast<char>(protocol.size()));
  list += protocol;
  SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(list.data()),
                      static_cast<unsigned>(list.size()));
}

// Empty if it is taken, else why not.
std::string use_certificate(SSL* ssl, const ClientCertificate& client) {
  ERR_clear_error();
  bool good = SSL_use_certificate(ssl, client.certificate.get()) == 1 &&
              SSL_use_PrivateKey(ssl, client.key.get()) == 1;
  for (const X509Pointer& one : client.chain)
    good = good && SSL_add1_chain_cert(ssl, one.get()) == 1;
  if (good) return {};
  const unsigned long error = ERR_peek_last_error();
  const char* const reason = ERR_reason_error_string(error);
  const bool weak = ERR_GET_REASON(error) == SSL_R_EE_KEY_TOO_SMALL;
  return "client certificate: " +
         std::string(weak                ? "weak key"
                     : reason != nullptr ? reason
                                         : "cannot be used") +
         " (" + key_size(client.certificate.get()) + ")";
}

}  // namespace

int TlsAttempt::place() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, on_free);
  return index;
}

void TlsAttempt::on_free(void* /*parent*/, void* self, CRYPTO_EX_DATA* /*data*/, int /*index*/,
                         long /*number*/, void* /*pointer*/) {
  delete static_cast<TlsAttempt*>(self);
}

TlsAttempt* TlsAttempt::of(const SSL* ssl) {
  return static_cast<TlsAttempt*>(SSL_get_ex_data(ssl, place()));
}

std::string TlsAttempt::begin(SSL* ssl, const Server& server,
                              const ClientCertificate* certificate) {
  const TlsSettings& tls = server.tls;
  auto* const self = new TlsAttempt(server, certificate != nullptr || !tls.cert.empty());
  if (SSL_set_ex_data(ssl, place(), self) != 1) {
    delete self;
    return "no memory";
  }
  set_versions(ssl, tls);
  // A server of TLS 1.2 could begin a handshake and fall silent: nothing could be written then.
  SSL_set_options(ssl, SSL_OP_NO_RENEGOTIATION);
  SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Also where nothing is verified: a weak key is refused there, too (on_certificate).
  SSL_set_verify(ssl, SSL_VERIFY_PEER, on_certificate);
  if (tls.verify_chain && tls.verify_name) set_name(ssl, server.host);
  set_alpn(ssl, tls.alpn);
  SSL_set_cert_cb(ssl, on_request, self);
  if (tls.psk) {
    SSL_set_psk_client_callback(ssl, on_psk);
    if (tls.ciphers.empty()) SSL_set_cipher_list(ssl, "PSK");
  }
  return certificate != nullptr ? use_certificate(ssl, *certificate) : std::string();
}

int TlsAttempt::on_certificate(int good, X509_STORE_CTX* store) {
  if (good == 1) return 1;
  const auto* const ssl = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  TlsAttempt* const self = ssl != nullptr ? of(ssl) : nullptr;
  if (self == nullptr) return 0;
  const int error = X509_STORE_CTX_get_error(store);
  const bool weak = error == X509_V_ERR_EE_KEY_TOO_SMALL || error == X509_V_ERR_CA_KEY_TOO_SMALL ||
                    error == X509_V_ERR_CA_MD_TOO_WEAK;
  if (!self->server_.tls.verify_chain && !weak) {
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
  }
  if (X509* const peer = X509_STORE_CTX_get0_cert(store); peer != nullptr && !self->refused_) {
    X509_up_ref(peer);
    self->refused_.reset(peer);
  }
  if (self->certificate_.empty()) {
    self->certificate_ = self->about_certificate(error, X509_STORE_CTX_get_current_cert(store));
  }
  return 0;
}

int TlsAttempt::on_request(SSL* /*ssl*/, void* self) {
  static_cast<TlsAttempt*>(self)->asked_ = true;
  return 1;
}

unsigned TlsAttempt::on_psk(SSL* ssl, const char* /*hint*/, char* identity,
                            unsigned longest_identity, unsigned char* key, unsigned longest_key) {
  const TlsAttempt* const self = of(ssl);
  if (self == nullptr || !self->server_.tls.psk) return 0;
  const std::string& name = self->server_.tls.psk_identity;
  const std::string& digits = self->server_.tls.psk->reveal();
  const std::size_t size = digits.size() / 2;
  if (name.size() >= longest_identity || size > longest_key) return 0;
  std::memcpy(identity, name.c_str(), name.size() + 1);
  from_hexadecimal(digits, {key, size});
  return static_cast<unsigned>(size);
}

}  // namespace mqfail
