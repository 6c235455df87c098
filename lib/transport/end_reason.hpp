// SPDX-License-Identifier: Apache-2.0
// Why an attempt failed or a connection ended: makes a Reason from the facts of the wire. The texts
// of a server are untrusted.
#pragma once

#include <string>

#include "policy/event.hpp"
#include "policy/reason.hpp"
#include "policy/server.hpp"
#include "transport/wire/wire_facts.hpp"

namespace mqfail {

/// Of an attempt without an accepted CONNACK. `code` is Paho's, `tls_error` OpenSSL's own words.
/// Reads the files that the server's TLS settings name, if one of them may be the cause.
Reason connect_failure(const WireFacts& facts, const Server& server, Protocol protocol, int code,
                       const std::string& tls_error);

/// Of a connection after its CONNACK, and of an attempt that ended without a word.
Reason loss(const WireFacts& facts, Scheme scheme);

}  // namespace mqfail
