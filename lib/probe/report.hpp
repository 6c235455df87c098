// SPDX-License-Identifier: Apache-2.0
// What one server answered to a probe.
#pragma once

#include <optional>
#include <vector>

#include "base/time.hpp"
#include "policy/reason.hpp"
#include "policy/server.hpp"
#include "sparkplug/state_message.hpp"
#include "transport/transport.hpp"

namespace mqfail {

/// Up: the server accepted our CONNECT and answered a PINGREQ, and the primary host is online
/// there.
struct ServerReport {
  Server server;
  bool up = false;
  std::optional<Reason> reason;       ///< why it is not up; empty while it is
  ConnectionFacts facts;              ///< durations of the phases passed (zero: not reached)
  Duration ping{};                    ///< round trip of PINGREQ
  std::optional<StateMessage> state;  ///< of the primary host, if one was asked for
  Duration state_age{};               ///< by this machine's clock, if the state has a time
  Duration total{};                   ///< from the first step to the answer or the failure
};

/// One a server, in roster order.
using ServerReports = std::vector<ServerReport>;

}  // namespace mqfail
