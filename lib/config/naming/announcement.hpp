// SPDX-License-Identifier: Apache-2.0
// A list of servers as it is announced on a topic (failover.md section 5), for any client that may
// read the topic. Rule: only what a client may take from a topic is in it.
#pragma once

#include <cstddef>
#include <string>

#include "base/error.hpp"
#include "policy/server.hpp"

namespace mqfail {

/// The largest announcement (bytes): clients refuse larger lists.
inline constexpr std::size_t kLargestAnnouncement = std::size_t{1} << 20U;

/// Scheme, host, port, path, id and cluster of each server, and TLS 1.2 or 1.3 where only this
/// version is to be used. Never a user, a password, a file, a thumbprint, a client id, the query of
/// a WebSocket path, nor a weaker TLS.
/// A RedundantServers document; a failover: URI for what a document cannot say: a cluster,
/// `rebalance` (the clients shall move to the server that comes first), or so many servers that the
/// document would be too large. Errors (data): still larger than kLargestAnnouncement.
Result<std::string> announcement(const ServerList& servers, bool rebalance);

}  // namespace mqfail
