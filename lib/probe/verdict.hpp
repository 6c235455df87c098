// SPDX-License-Identifier: Apache-2.0
// What the answers of all servers mean: the exit status of mqfail-probe. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "probe/report.hpp"

namespace mqfail {

/// The exit statuses of mqfail-probe: those of the Monitoring Plugins, which pg_isready shares
/// (product.md section 4).
enum class ProbeVerdict {
  ok = 0,        ///< the preferred server is up, which is the first one, and so are enough others
  warning = 1,   ///< some server is up, but not the preferred one, or too few are
  critical = 2,  ///< no server is up
  unknown = 3,   ///< nothing was tried: usage or configuration
};

std::size_t count_up(const ServerReports& reports);

/// `min_up`: so many servers are enough.
ProbeVerdict judge(const ServerReports& reports, std::optional<std::uint32_t> min_up);

}  // namespace mqfail
