// SPDX-License-Identifier: Apache-2.0
// What keeps a session of ours: a server, or the whole cluster that it is a node of (failover.md,
// section 4).
#pragma once

#include <string>

#include "policy/server.hpp"

namespace mqfail {

/// A name that is the same for all nodes of one cluster, and differs from those of other keepers.
inline std::string session_keeper(const Server& server) {
  return server.cluster.empty() ? "server " + server.id : "cluster " + server.cluster;
}

}  // namespace mqfail
