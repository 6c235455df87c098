// SPDX-License-Identifier: Apache-2.0
// Asks every server of a roster at once whether it would take us, and says what that means. It uses
// fresh client ids, a clean session and no will, so that no real client is disturbed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "policy/reason.hpp"
#include "policy/server.hpp"
#include "transport/transport.hpp"

namespace mqfail {

/// What one server answered. Up: CONNACK accepted and a PINGREQ answered.
struct ServerReport {
  Server server;
  bool up = false;
  std::optional<Reason> reason;  ///< why not; empty while up
  ConnectionFacts facts;         ///< durations of the phases passed (zero: not reached)
  Duration ping{};               ///< round trip of PINGREQ
  Duration total{};              ///< from the first step to the answer or the failure
};

struct ProbeSettings {
  ConnectSettings connect;  ///< the client id is a prefix; a number is added for each server
  std::optional<Protocol> protocol;  ///< empty: MQTT 5, then 3.1.1 where that is refused
  Duration connect_timeout = std::chrono::seconds(5);  ///< of one attempt; a server's own wins
  Duration time_limit = std::chrono::seconds(10);      ///< of the whole run
};

/// Blocks until all have answered or the time limit is over. One report a server, in roster order.
/// Fails if nothing can be tried here, whatever the servers are like.
Result<std::vector<ServerReport>> probe(const ServerList& servers, const ProbeSettings& settings);

/// The exit statuses of the Monitoring Plugins, which pg_isready shares (product.md section 4).
enum class ProbeVerdict { ok = 0, warning = 1, critical = 2, unknown = 3 };

/// `min_up`: fewer servers that answer are a warning. The first server is the preferred one.
ProbeVerdict judge(const std::vector<ServerReport>& reports, std::optional<std::uint32_t> min_up);

/// Lines for people: one a server, then the verdict.
std::string render_text(const std::vector<ServerReport>& reports, ProbeVerdict verdict);
/// One JSON object on one line; keys are only ever added.
std::string render_json(const std::vector<ServerReport>& reports, ProbeVerdict verdict);
/// The verdict when nothing was tried; `why` may be anybody's text.
std::string render_unknown(const std::string& why, bool json);

}  // namespace mqfail
