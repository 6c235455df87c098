// SPDX-License-Identifier: Apache-2.0
// What the answers of all servers mean: the exit status of mqfail-probe. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "probe/limits.hpp"
#include "probe/report.hpp"

namespace mqfail {

/// The exit statuses of mqfail-probe: those of the Monitoring Plugins, which pg_isready shares
/// (product.md section 4).
enum class ProbeVerdict {
  ok = 0,        ///< the preferred server is up, which is the first one, and all limits hold
  warning = 1,   ///< some server is up, but not the preferred one, or a limit does not hold
  critical = 2,  ///< no server is up, or a limit of -c or --cert-crit does not hold
  unknown = 3,   ///< nothing was tried: usage or configuration
};
std::string_view word(ProbeVerdict verdict);  ///< "OK", "WARNING"

struct Judgement {
  ProbeVerdict verdict = ProbeVerdict::unknown;
  /// Why it is not better, besides servers that are down: one sentence each, without full stop.
  std::vector<std::string> remarks;
};

Judgement judge(const ServerReports& reports, const CrossMatrix& cross, const Limits& limits);

/// The exit status: --ok-if-any makes 0 of WARNING.
int exit_status(ProbeVerdict verdict, const Limits& limits);

}  // namespace mqfail
