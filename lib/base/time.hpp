// SPDX-License-Identifier: Apache-2.0
// Points in time and durations as types. Nobody can ask for the time here: `now` is an argument
// everywhere, and lib/session is the only reader of a clock.
#pragma once

#include <chrono>
#include <cstdint>

namespace mqfail {

using Duration = std::chrono::microseconds;

/// A monotonic time scale whose zero means nothing. It has no now() on purpose.
struct SteadyScale {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<SteadyScale, Duration>;
  static constexpr bool is_steady = true;
};
using TimePoint = SteadyScale::time_point;

/// Whole milliseconds, rounded down: for the edges, where a unit is written out.
constexpr std::int64_t milliseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

}  // namespace mqfail
