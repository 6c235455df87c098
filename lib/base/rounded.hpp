// SPDX-License-Identifier: Apache-2.0
// std::llround() without libm, which nothing else in a run without a spool needs (late/libm.cpp):
// the first failover would load it.
#pragma once

#include <cstdint>

namespace mqfail {

/// To the nearest whole number, halves away from zero. `value` must be in the range of the result.
constexpr std::int64_t rounded(double value) {
  const auto whole = static_cast<std::int64_t>(value);
  const double rest = value - static_cast<double>(whole);
  if (rest >= 0.5) return whole + 1;
  return rest <= -0.5 ? whole - 1 : whole;
}

}  // namespace mqfail
