// SPDX-License-Identifier: Apache-2.0
// What a build with sanitizers cannot show: how much memory the program itself uses (a sanitizer
// uses several times as much), and how fast it is. Memory bounds are left out there, and upper time
// bounds are longer. Nothing else is left out.
#pragma once

namespace rig {

#if defined(__SANITIZE_THREAD__)
constexpr bool kMemoryIsItsOwn = false;
constexpr int kSlower = 10;
#elif defined(__SANITIZE_ADDRESS__)
constexpr bool kMemoryIsItsOwn = false;
constexpr int kSlower = 4;
#else
constexpr bool kMemoryIsItsOwn = true;
constexpr int kSlower = 1;
#endif

/// An upper time bound for this build (seconds).
constexpr double at_most(double seconds) {
  return seconds * kSlower;
}
/// Whether this much memory (KiB) is within `bound`, as far as this build can show.
constexpr bool memory_within(long kib, long bound) {
  return !kMemoryIsItsOwn || kib < bound;
}

}  // namespace rig
