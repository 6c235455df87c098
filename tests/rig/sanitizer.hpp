// SPDX-License-Identifier: Apache-2.0
// What a build with sanitizers cannot show: how much memory and how many descriptors the program
// itself needs (a sanitizer needs its own), and how fast it is. Bounds of both are left out there,
// and upper time bounds are longer. Nothing else is left out.
#pragma once

namespace rig {

#if defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
constexpr int kSlower = 10;
#elif defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
constexpr int kSlower = 4;
#else
constexpr bool kSanitized = false;
constexpr int kSlower = 1;
#endif

/// An upper time bound for this build (seconds).
constexpr double at_most(double seconds) {
  return seconds * kSlower;
}
/// Whether this much memory (KiB) is within `bound`, as far as this build can show.
constexpr bool memory_within(long kib, long bound) {
  return kSanitized || kib < bound;
}

}  // namespace rig
