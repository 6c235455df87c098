// SPDX-License-Identifier: Apache-2.0
// What a build with sanitizers cannot show: how much memory the program itself takes (the
// sanitizer's own is several times as much), and how fast it is. Bounds of memory are left out
// there, upper bounds of time grow. Nothing else is left out of such a run.
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

/// An upper bound of time that the program can be held to in this build (seconds).
constexpr double at_most(double seconds) {
  return seconds * kSlower;
}
/// Whether so much memory (KiB) is within `bound`, as far as this build can tell.
constexpr bool memory_within(long kib, long bound) {
  return !kMemoryIsItsOwn || kib < bound;
}

}  // namespace rig
