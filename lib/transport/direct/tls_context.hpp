// SPDX-License-Identifier: Apache-2.0
// OpenSSL's contexts for the servers of a probe: what a server's entry trusts and shows. One for
// all servers with the same settings, for reading the authorities of a system takes long.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "base/file_identity.hpp"
#include "certificates/cache.hpp"
#include "policy/server.hpp"
#include "transport/direct/facts.hpp"

namespace mqfail {

struct FreeSsl {
  void operator()(SSL* ssl) const;
};
using SslPointer = std::unique_ptr<SSL, FreeSsl>;

/// Thread: one. It outlives the SSL objects that it makes.
class TlsContexts {
 public:
  /// Does now what takes long, once for all servers with these settings: reading the authorities.
  /// Files that have changed since the last call are read again.
  void prepare(const TlsSettings& settings);
  /// A client's object on the connected descriptor `fd`, ready for tls_handshake(). `server`
  /// outlives it. Null: `why` says the reason.
  SslPointer begin(const Server& server, int fd, std::string& why);

 private:
  struct FreeContext {
    void operator()(SSL_CTX* context) const;
  };
  /// cafile, capath, cert, key.
  using Files = std::array<FileIdentity, 4>;
  static Files files_of(const TlsSettings& settings);
  struct Made {
    TlsSettings settings;
    Files files;
    std::unique_ptr<SSL_CTX, FreeContext> context;
  };
  SSL_CTX* context_for(const TlsSettings& settings, std::string& why);

  CertificateCache certificates_;
  std::vector<Made> made_;
};

/// Once the handshake is through.
TlsPeer peer_of(SSL* ssl);

}  // namespace mqfail
