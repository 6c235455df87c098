// SPDX-License-Identifier: Apache-2.0
#include "base/dice.hpp"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

namespace mqfail {

// So few bytes come whole. Only early in the boot a call waits, and a signal may end that.
std::uint64_t throw_dice() {
  std::uint64_t dice = 0;
  while (getrandom(&dice, sizeof dice, 0) != sizeof dice) {
    if (errno != EINTR) std::abort();  // a kernel without it is older than any that we run on
  }
  return dice;
}

}  // namespace mqfail
