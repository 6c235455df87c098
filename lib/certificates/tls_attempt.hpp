// SPDX-License-Identifier: Apache-2.0
// One TLS connection while OpenSSL is at it: what its server's entry asks for, set on the SSL
// object, and in words why it did not come about. Rule: whatever the entry does not allow ends the
// handshake; nothing is tried again with less.
#pragma once

#include <openssl/ssl.h>

#include <string>

#include "certificates/search.hpp"
#include "policy/server.hpp"

namespace mqfail {

/// Belongs to its SSL object and dies with it. Thread: that of OpenSSL's call.
class TlsAttempt {
 public:
  /// Prepares a new SSL object: versions, level, names, ALPN, client certificate, pre-shared key.
  /// `server` outlives the object. Gives the empty string, or why it cannot be: then the handshake
  /// must not begin.
  static std::string begin(SSL* ssl, const Server& server, const ClientCertificate* certificate);
  /// Null if the object was not prepared here.
  static TlsAttempt* of(const SSL* ssl);

  /// To be called when OpenSSL has failed, on the same thread, before its errors are cleared. What
  /// was wrong with the server's certificate comes first, for it says what to do. Untrusted.
  std::string why() const;
  /// Likewise when a read failed: the server's alert, or the empty string if there was none. With
  /// TLS 1.3 a server refuses a client certificate only when the handshake is through.
  std::string late_alert() const;

  /// The server's certificate, if it was refused; OpenSSL keeps only one that it has accepted.
  const X509* refused_certificate() const { return refused_.get(); }
  const Server& server() const { return server_; }

 private:
  TlsAttempt(const Server& server, bool shows_certificate)
      : server_(server), shows_certificate_(shows_certificate) {}

  static int on_certificate(int good, X509_STORE_CTX* store);
  static int on_request(SSL* ssl, void* self);
  static unsigned on_psk(SSL* ssl, const char* hint, char* identity, unsigned longest_identity,
                         unsigned char* key, unsigned longest_key);
  static void on_free(void* parent, void* self, CRYPTO_EX_DATA* data, int index, long number,
                      void* pointer);
  static int place();

  std::string about_certificate(int error, const X509* certificate) const;
  std::string about_alert(int alert) const;

  const Server& server_;
  const bool shows_certificate_;
  bool asked_ = false;  // the server asks for a client certificate
  X509Pointer refused_;
  std::string certificate_;  // the first thing that was wrong with the server's certificate
};

}  // namespace mqfail
