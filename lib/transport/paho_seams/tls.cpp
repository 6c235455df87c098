// SPDX-License-Identifier: Apache-2.0
// Seam: TLS as the server's entry says.
// Shortfall (Paho 1.3.12): sslVersion is ignored with OpenSSL 1.1 and later (upstream issues 1497,
// 1686), the security level is lowered to 1, the cause of a failed verification is not told, data
// that waits inside OpenSSL after a packet without a body is not seen by poll, and a handshake that
// is done in the first call counts as a failure (MQTTProtocol_connect knows only "in progress").
// Mended at OpenSSL's documented interface: versions, level, host name and ALPN are set on each new
// SSL object; SSL_read and SSL_write go through the Wire, whose lock makes them safe for two
// threads; the whole handshake is left to the receive thread. Unnecessary when: Paho honours
// sslVersion and hands out the SSL object.
#include <openssl/x509v3.h>

#include <cstring>
#include <mutex>
#include <string>

#include "certificates/x509_text.hpp"
#include "transport/paho_seams/handover.hpp"
#include "transport/paho_seams/in_path.hpp"
#include "transport/paho_seams/real.hpp"
#include "transport/paho_seams/registry.hpp"
#include "transport/paho_seams/run_thread.hpp"

namespace mqfail {
namespace {

// The answer to SSL_get_error() belongs to this thread's last connect or read; a write on another
// thread must not change it in between.
struct LastError {
  const SSL* ssl = nullptr;
  int result = 0;
  int error = 0;
};
thread_local LastError t_last_error;

void set_versions(SSL* ssl, TlsVersion version) {
  int low = TLS1_2_VERSION;
  int high = 0;
  int level = 2;
  switch (version) {
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
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  return "client certificate: " + std::string(reason != nullptr ? reason : "cannot be used") +
         " (" + key_size(client.certificate.get()) + ")";
}

// Verification first: its words say what to do; OpenSSL's own error only says that it failed.
std::string failure(SSL* ssl) {
  const long verified = SSL_get_verify_result(ssl);
  std::string text;
  if (verified != X509_V_OK) {
    text = X509_verify_cert_error_string(verified);
    if (verified == X509_V_ERR_CERT_HAS_EXPIRED) {
      X509* const certificate = SSL_get1_peer_certificate(ssl);
      text += " (" + not_after(certificate) + ")";
      X509_free(certificate);
    }
  } else if (const unsigned long error = ERR_peek_last_error(); error != 0) {
    const char* const reason = ERR_reason_error_string(error);
    text = reason != nullptr ? reason : "TLS handshake failed";
  } else {
    text = "connection closed during the TLS handshake";
  }
  return text;
}

}  // namespace

TlsRead tls_read(Wire& wire, void* into, std::size_t size) {
  return wire.with_tls([&](SSL* ssl) -> TlsRead {
    if (ssl == nullptr) return {0, false};
    ERR_clear_error();
    const int got = __real_SSL_read(ssl, into, static_cast<int>(size));
    const int error = got > 0 ? SSL_ERROR_NONE : __real_SSL_get_error(ssl, got);
    t_last_error = {ssl, got, error};
    return {got, got < 0 && error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE};
  });
}

}  // namespace mqfail

// NOLINTBEGIN(bugprone-reserved-identifier): the linker chose these names.
extern "C" {

// Paho initialises OpenSSL with the first handle, TLS or not, and would load it for nothing
// (late/openssl.cpp). It is done with the first context instead.
int __wrap_SSLSocket_initialize() {
  return 0;
}

SSL_CTX* __wrap_SSL_CTX_new(const SSL_METHOD* method) {
  static std::once_flag initialised;
  std::call_once(initialised, [] { __real_SSLSocket_initialize(); });
  return __real_SSL_CTX_new(method);
}

// Also called for every connection without TLS, to do nothing.
void __wrap_SSL_SESSION_free(SSL_SESSION* session) {
  if (session != nullptr) __real_SSL_SESSION_free(session);
}

SSL* __wrap_SSL_new(SSL_CTX* context) {
  SSL* const ssl = __real_SSL_new(context);
  const mqfail::Handover* const handover = mqfail::Handover::current();
  if (ssl == nullptr || handover == nullptr) return ssl;
  mqfail::in_path(mqfail::Seam::tls);
  const mqfail::Server& server = handover->server();
  mqfail::set_versions(ssl, server.tls.version);
  SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (server.tls.verify_chain && server.tls.verify_name) mqfail::set_name(ssl, server.host);
  mqfail::set_alpn(ssl, server.tls.alpn);
  if (const mqfail::ClientCertificate* const client = handover->certificate())
    handover->wire().set_tls_failure(mqfail::use_certificate(ssl, *client));
  return ssl;
}

int __wrap_SSL_connect(SSL* ssl) {
  mqfail::Wire* const wire = mqfail::find_wire(SSL_get_fd(ssl));
  if (wire == nullptr) return __real_SSL_connect(ssl);
  if (!mqfail::is_receiver()) {
    wire->kick(true);
    mqfail::wake_receiver();
    mqfail::t_last_error = {ssl, -1, SSL_ERROR_WANT_READ};
    return -1;
  }
  wire->kick(false);
  if (!wire->tls_failure().empty()) {
    mqfail::t_last_error = {ssl, -1, SSL_ERROR_SSL};
    return -1;
  }
  const int result = __real_SSL_connect(ssl);
  mqfail::t_last_error = {ssl, result,
                          result == 1 ? SSL_ERROR_NONE : __real_SSL_get_error(ssl, result)};
  if (result == 1) {
    X509* const certificate = SSL_get1_peer_certificate(ssl);
    wire->set_tls_facts(SSL_get_version(ssl), mqfail::not_after(certificate));
    X509_free(certificate);
    SSL_set_read_ahead(ssl, 1);  // one read(2) for many records; receive() empties it
    SSL_set_default_read_buffer_len(ssl, mqfail::Wire::kReadBytes);
    wire->attach_tls(ssl);
  } else {
    const int error = mqfail::t_last_error.error;
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
      wire->set_tls_failure(mqfail::failure(ssl));
    }
  }
  return result;
}

int __wrap_SSL_read(SSL* ssl, void* into, int size) {
  mqfail::in_path(mqfail::Seam::read_ahead);
  mqfail::Wire* const wire = mqfail::find_wire(SSL_get_fd(ssl));
  if (wire == nullptr) return __real_SSL_read(ssl, into, size);
  const auto got = static_cast<int>(wire->read(into, static_cast<std::size_t>(size)));
  // What came in may be no packet yet, or none at all (wire.cpp); OpenSSL knows nothing of that.
  if (got < 0) {
    const bool open = wire->end() == mqfail::WireEnd::open;
    mqfail::t_last_error = {ssl, got, open ? SSL_ERROR_WANT_READ : SSL_ERROR_SSL};
  }
  return got;
}

int __wrap_SSL_pending(const SSL* ssl) {
  mqfail::Wire* const wire = mqfail::find_wire(SSL_get_fd(ssl));
  if (wire == nullptr) return __real_SSL_pending(ssl);
  return static_cast<int>(wire->readable());
}

int __wrap_SSL_write(SSL* ssl, const void* data, int size) {
  mqfail::in_path(mqfail::Seam::coalesce);
  mqfail::Wire* const wire = mqfail::find_wire(SSL_get_fd(ssl));
  if (wire == nullptr) return __real_SSL_write(ssl, data, size);
  wire->append(data, static_cast<std::size_t>(size));
  return size;
}

int __wrap_SSL_get_error(const SSL* ssl, int result) {
  const mqfail::LastError& last = mqfail::t_last_error;
  if (result <= 0 && last.ssl == ssl && last.result == result) return last.error;
  return __real_SSL_get_error(ssl, result);
}

int __wrap_SSL_shutdown(SSL* ssl) {
  if (mqfail::Wire* const wire = mqfail::find_wire(SSL_get_fd(ssl))) wire->detach_tls();
  return __real_SSL_shutdown(ssl);
}
}
// NOLINTEND(bugprone-reserved-identifier)
