// SPDX-License-Identifier: Apache-2.0
// What cannot be judged when a wrapper starts the commands under valgrind (tests/run.sh
// --valgrind): the memory is valgrind's, too, and they are so slow that servers in use at once
// drift apart.
#pragma once

#include <cstdlib>

#include "rig/sanitizer.hpp"

namespace fault {

inline bool is_wrapped() {
  return std::getenv("MQFAIL_TEST_BIN_DIR") != nullptr;
}
/// Whether `kib` is within `bound`, as far as it can be said.
inline bool memory_within(long kib, long bound) {
  return is_wrapped() || rig::memory_within(kib, bound);
}
/// Whether the commands are slow, with a sanitizer or under valgrind.
inline bool are_slow() {
  return is_wrapped() || rig::kSlower > 1;
}

}  // namespace fault
