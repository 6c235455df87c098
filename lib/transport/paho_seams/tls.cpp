// SPDX-License-Identifier: Apache-2.0
// Seam: TLS as the server's entry says.
// Shortfall (Paho 1.3.12): sslVersion is ignored with OpenSSL 1.1 and later (upstream issues 1497,
// 1686), the security level is lowered to 1, the cause of a failed verification is not told, data
// that waits inside OpenSSL after a packet without a body is not seen by poll, and a handshake that
// is done in the first call counts as a failure (MQTTProtocol_connect knows only "in progress").
// Mended at OpenSSL's documented interface: what the entry says is set on each new SSL object
// (certificates/tls_attempt.cpp), which also remembers why it failed (tls_cause.cpp there);
// sessions are kept for the next connection (tls_sessions.cpp), where Paho drops them; SSL_read and
// SSL_write go through the Wire, whose lock makes them safe for two threads; the whole handshake is
// left to the receive thread.
// Unnecessary when: Paho honours sslVersion and hands out the SSL object.
#include <algorithm>
#include <mutex>
#include <string>
#include <utility>

#include "certificates/tls_attempt.hpp"
#include "certificates/x509_text.hpp"
#include "transport/paho_seams/handover.hpp"
#include "transport/paho_seams/in_path.hpp"
#include "transport/paho_seams/lent_memory.hpp"
#include "transport/paho_seams/real.hpp"
#include "transport/paho_seams/receiver.hpp"
#include "transport/paho_seams/registry.hpp"
#include "transport/paho_seams/tls_sessions.hpp"
#include "transport/wire/wire.hpp"

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

// A session that the server offers to resume. 0: it stays OpenSSL's.
int keep_session(SSL* ssl, SSL_SESSION* session) {
  const TlsAttempt* const attempt = TlsAttempt::of(ssl);
  if (attempt != nullptr) put_session(attempt->server(), session);
  return 0;
}

}  // namespace

// Keeps the error for the SSL_get_error seam.
TlsRead tls_read(SSL* ssl, void* into, std::size_t size) {
  ERR_clear_error();
  BIO* const bio = SSL_get_rbio(ssl);
  const std::uint64_t before = BIO_number_read(bio);
  TlsRead read;
  const int got = __real_SSL_read(ssl, into, static_cast<int>(size));
  const int error = got > 0 ? SSL_ERROR_NONE : __real_SSL_get_error(ssl, got);
  t_last_error = {ssl, got, error};
  const TlsAttempt* const attempt = error == SSL_ERROR_SSL ? TlsAttempt::of(ssl) : nullptr;
  if (attempt != nullptr) read.alert = attempt->late_alert();
  read.got = got;
  read.fatal = got < 0 && error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE;
  read.received = BIO_number_read(bio) - before;
  return read;
}

// Changes nothing of what SSL_get_error() tells another thread.
std::ptrdiff_t tls_write(SSL* ssl, const void* data, std::size_t size) {
  constexpr std::size_t kMost = 1U << 30U;
  ERR_clear_error();
  const int sent = __real_SSL_write(ssl, data, static_cast<int>(std::min(size, kMost)));
  if (sent > 0) return sent;
  const int error = __real_SSL_get_error(ssl, sent);
  ERR_clear_error();
  return error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ ? 0 : -1;
}

TlsStep tls_handshake(SSL* ssl) {
  ERR_clear_error();
  const int result = __real_SSL_connect(ssl);
  if (result == 1) return TlsStep::done;
  const int error = __real_SSL_get_error(ssl, result);
  if (error == SSL_ERROR_WANT_READ) return TlsStep::wants_read;
  return error == SSL_ERROR_WANT_WRITE ? TlsStep::wants_write : TlsStep::failed;
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
  SSL_CTX* const context = __real_SSL_CTX_new(method);
  if (context == nullptr) return context;
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, mqfail::keep_session);
  // Left alone, OpenSSL asks the terminal for the passphrase of an encrypted key.
  SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return 0; });
  return context;
}

// Paho would describe each record for its trace, which is off, in one static buffer for the threads
// of all connections.
void __wrap_SSL_CTX_set_msg_callback(SSL_CTX* /*context*/,
                                     void (* /*callback*/)(int, int, int, const void*, size_t, SSL*,
                                                           void*)) {}

// Paho calls it for connections without TLS, too; then OpenSSL need not be loaded.
void __wrap_SSL_SESSION_free(SSL_SESSION* session) {
  if (session != nullptr) __real_SSL_SESSION_free(session);
}

SSL* __wrap_SSL_new(SSL_CTX* context) {
  SSL* const ssl = __real_SSL_new(context);
  const mqfail::Handover* const handover = mqfail::Handover::current();
  if (ssl == nullptr || handover == nullptr) return ssl;
  mqfail::in_path(mqfail::Seam::tls);
  const mqfail::Server& server = handover->server();
  handover->wire().set_tls_failure(mqfail::TlsAttempt::begin(ssl, server, handover->certificate()));
  if (const auto session = mqfail::take_session(server)) SSL_set_session(ssl, session.get());
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
  ERR_clear_error();
  const int result = __real_SSL_connect(ssl);
  mqfail::t_last_error = {ssl, result,
                          result == 1 ? SSL_ERROR_NONE : __real_SSL_get_error(ssl, result)};
  const mqfail::TlsAttempt* const attempt = mqfail::TlsAttempt::of(ssl);
  if (result == 1) {
    const bool resumed = SSL_session_reused(ssl) == 1;
    // A session of TLS 1.2 may be resumed again; TLS 1.3 sends a new one.
    if (resumed && attempt != nullptr && SSL_version(ssl) < TLS1_3_VERSION)
      mqfail::put_session(attempt->server(), SSL_get_session(ssl));
    X509* const certificate = SSL_get1_peer_certificate(ssl);
    mqfail::TlsFacts facts{SSL_get_version(ssl), mqfail::not_after(certificate), resumed};
    X509_free(certificate);
    SSL_set_read_ahead(ssl, 1);  // one read(2) for many records; the wire empties it
    SSL_set_default_read_buffer_len(ssl, mqfail::ReadAhead::kBytes);
    wire->attach_tls(ssl, std::move(facts));
  } else {
    const int error = mqfail::t_last_error.error;
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE && attempt != nullptr)
      wire->set_tls_failure(attempt->why());
  }
  return result;
}

int __wrap_SSL_read(SSL* ssl, void* into, int size) {
  mqfail::in_path(mqfail::Seam::read_ahead);
  mqfail::Wire* const wire = mqfail::find_wire(SSL_get_fd(ssl));
  if (wire == nullptr) return __real_SSL_read(ssl, into, size);
  const auto got = static_cast<int>(wire->read(into, static_cast<std::size_t>(size)));
  // What came in may be no packet yet, or none at all (../wire/wire_reading.cpp); OpenSSL knows
  // nothing of that.
  if (got < 0) {
    const bool open = wire->end() == mqfail::WireEnd::open;
    mqfail::t_last_error = {ssl, got, open ? SSL_ERROR_WANT_READ : SSL_ERROR_SSL};
  }
  return got;
}

// Paho would read on without a wait: a wire that is paused would be read, and the guest would get
// no turn. What OpenSSL holds the wait itself knows (wakeup.cpp).
int __wrap_SSL_pending(const SSL* ssl) {
  return mqfail::find_wire(SSL_get_fd(ssl)) == nullptr ? __real_SSL_pending(ssl) : 0;
}

int __wrap_SSL_write(SSL* ssl, const void* data, int size) {
  mqfail::in_path(mqfail::Seam::coalesce);
  mqfail::Wire* const wire = mqfail::find_wire(SSL_get_fd(ssl));
  if (wire == nullptr) return __real_SSL_write(ssl, data, size);
  const iovec piece{const_cast<void*>(data), static_cast<std::size_t>(size)};
  wire->append(&piece, 1, mqfail::borrow_payload(&piece, 1));
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
