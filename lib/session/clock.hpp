// SPDX-License-Identifier: Apache-2.0
// The only reader of a clock that any decision depends on; everybody else is told what time it is.
#pragma once

#include "base/time.hpp"

namespace mqfail {

/// CLOCK_MONOTONIC: setting the wall clock changes nothing.
TimePoint steady_now();

}  // namespace mqfail
