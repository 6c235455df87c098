// SPDX-License-Identifier: Apache-2.0
// Reads the SRV records, with their TTL, out of the bytes of one DNS answer (RFC 1035, section 4).
// c-ares reads them, too, but drops the TTL. Pure, and safe for any bytes.
#pragma once

#include <span>

#include "base/error.hpp"
#include "discovery/srv_records.hpp"

namespace mqfail {

/// An answer whose code is NOERROR. Only records of the class IN count, whatever their owner is,
/// for aliases (CNAME) come before them. Without SRV records `nothing` says why: aliases that go
/// round, an alias of a name without any, or no record at all. Errors: unavailable, if the bytes
/// are not an answer or end too early.
Result<SrvAnswer> read_srv_message(std::span<const unsigned char> message);

}  // namespace mqfail
