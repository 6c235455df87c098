// SPDX-License-Identifier: Apache-2.0
// Whether the local side of a TLS connection can be used: the files that a server names, and the
// ciphers that OpenSSL must know. Rule: before any connect, an error names the file, what is wrong
// with it and what to do.
#pragma once

#include "base/error.hpp"
#include "policy/server.hpp"

namespace mqfail {

/// Looks at what --cafile, --capath, --cert, --key and --ciphers or a URI option have named. The
/// shape of the files is judged here, and OpenSSL is asked (and loaded) only about what needs it: a
/// certificate with its key, and ciphers. Files that are no regular ones (a pipe of the shell) are
/// left to the connection, because they can be read only once. Errors: `no_input`, it cannot be
/// read · `configuration`, it cannot be used. Any thread.
Result<Done> check_tls_files(const TlsSettings& tls);

/// The same for each server that speaks TLS; the error begins with the server's id. What many
/// servers have in common is looked at once.
Result<Done> check_tls_files(const ServerList& servers);

}  // namespace mqfail
