// SPDX-License-Identifier: Apache-2.0
#include "session/clock.hpp"

#include <time.h>

namespace mqfail {

TimePoint steady_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return TimePoint(std::chrono::duration_cast<Duration>(std::chrono::seconds(now.tv_sec) +
                                                        std::chrono::nanoseconds(now.tv_nsec)));
}

}  // namespace mqfail
