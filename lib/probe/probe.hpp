// SPDX-License-Identifier: Apache-2.0
// Asks every server of a roster at once whether it would accept us. A probe has its own client ids,
// a clean session and no will, so no real client is disturbed.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "policy/server.hpp"
#include "probe/report.hpp"
#include "probe/round.hpp"

namespace mqfail {

struct Probed {
  ServerReports reports;
  CrossMatrix cross;
};
/// Blocks until all servers have answered or the time limit is over. Errors: this machine cannot
/// try any server.
Result<Probed> probe(const ServerList& servers, const ProbeSettings& settings);

/// What became of an announcement at one server.
struct Announced {
  const Server* server;           ///< of the list that was given
  bool reached = false;           ///< it accepted us and answered
  std::optional<Reason> refused;  ///< why it does not have the announcement; empty: it has
};

/// A list of servers as a message: retained, QoS 1. Its views are those of the arguments.
Message announcement_message(std::string_view topic, std::string_view payload);

/// Publishes the announcement to every server, all at once. In the order of the list. Errors: as
/// probe().
Result<std::vector<Announced>> announce(const ServerList& servers, const ProbeSettings& settings,
                                        std::string_view topic, std::string_view payload);

/// The ground of a process that asks servers. It is never destroyed, for nobody waits for the end
/// of what it has begun. Errors: as probe().
Result<RoundGround*> lasting_ground(int interrupt_fd);

}  // namespace mqfail
