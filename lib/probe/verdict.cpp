// SPDX-License-Identifier: Apache-2.0
#include "probe/verdict.hpp"

#include <algorithm>

namespace mqfail {

std::size_t count_up(const ServerReports& reports) {
  return static_cast<std::size_t>(std::count_if(reports.begin(), reports.end(),
                                                [](const ServerReport& one) { return one.up; }));
}

ProbeVerdict judge(const ServerReports& reports, std::optional<std::uint32_t> min_up) {
  const std::size_t up = count_up(reports);
  if (reports.empty()) return ProbeVerdict::unknown;
  if (up == 0) return ProbeVerdict::critical;
  if (!reports.front().up || up < min_up.value_or(0)) return ProbeVerdict::warning;
  return ProbeVerdict::ok;
}

}  // namespace mqfail
