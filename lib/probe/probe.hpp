// SPDX-License-Identifier: Apache-2.0
// Asks every server of a roster at once whether it would accept us. A probe has its own client ids,
// a clean session and no will, so no real client is disturbed.
#pragma once

#include <optional>

#include "base/time.hpp"
#include "policy/server.hpp"
#include "probe/report.hpp"
#include "transport/transport.hpp"

namespace mqfail {

struct ProbeSettings {
  ConnectSettings connect;  ///< the client id is a prefix; a number is added for each server
  std::optional<Protocol> protocol;  ///< empty: MQTT 5, then 3.1.1 where that is refused
  Duration connect_timeout = std::chrono::seconds(5);  ///< of one attempt; a server's own wins
  Duration time_limit = std::chrono::seconds(10);      ///< of the whole run
};

/// Blocks until all servers have answered or the time limit is over. Errors: this machine cannot
/// try any server.
Result<ServerReports> probe(const ServerList& servers, const ProbeSettings& settings);

}  // namespace mqfail
