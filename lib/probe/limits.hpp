// SPDX-License-Identifier: Apache-2.0
// What the command line asks of the answers: which of them are a WARNING, and which CRITICAL.
#pragma once

#include <cstdint>
#include <optional>

#include "probe/metric.hpp"
#include "probe/range.hpp"

namespace mqfail {

struct Limits {
  std::optional<std::uint32_t> min_up;  ///< fewer servers that answer are a WARNING
  bool ok_if_any = false;               ///< the exit status of a WARNING is 0
  bool first = false;                   ///< any server that answers is as good as the preferred one
  Metric metric = Metric::total;        ///< of `warn` and `crit`
  std::optional<Range> warn, crit;
  std::optional<std::uint32_t> cert_warn, cert_crit;  ///< days of a certificate, at least
  friend bool operator==(const Limits&, const Limits&) = default;
};

}  // namespace mqfail
