// SPDX-License-Identifier: Apache-2.0
// TLS sessions that servers have offered to resume, in memory: a reconnect is spared the
// certificates and their signatures. Rule: a session is resumed only for the very entry that made
// it (host, port, every TLS setting, the files that it names), for resuming verifies nothing.
#pragma once

#include <openssl/ssl.h>

#include <memory>

#include "policy/server.hpp"

namespace mqfail {

struct FreeSession {
  void operator()(SSL_SESSION* session) const;
};
using SessionPointer = std::unique_ptr<SSL_SESSION, FreeSession>;

/// Keeps a copy for take_session(); the last two a server. Any thread.
void put_session(const Server& server, const SSL_SESSION* session);

/// The newest, which is then no longer kept: a ticket is for one use (RFC 8446, appendix C.4). Null
/// if there is none, or the server's certificate has expired since. Any thread.
SessionPointer take_session(const Server& server);

}  // namespace mqfail
