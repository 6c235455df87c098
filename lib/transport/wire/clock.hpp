// SPDX-License-Identifier: Apache-2.0
// The time of the transport's own timers: keepalive, phases, the share of an address.
#pragma once

#include <time.h>

#include "base/time.hpp"

namespace mqfail {

/// CLOCK_MONOTONIC, as the session's clock: setting the wall clock changes nothing.
inline TimePoint wire_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return TimePoint(std::chrono::duration_cast<Duration>(std::chrono::seconds(now.tv_sec) +
                                                        std::chrono::nanoseconds(now.tv_nsec)));
}

}  // namespace mqfail
