// SPDX-License-Identifier: Apache-2.0
// A duration as the time-out of ppoll(2).
#pragma once

#include <algorithm>
#include <chrono>
#include <ctime>

#include "base/time.hpp"

namespace mqfail {

/// What is past is no wait at all.
inline timespec timeout_of(Duration left) {
  left = std::max(left, Duration::zero());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  return {seconds.count(),
          std::chrono::duration_cast<std::chrono::nanoseconds>(left - seconds).count()};
}

}  // namespace mqfail
