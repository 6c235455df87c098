// SPDX-License-Identifier: Apache-2.0
#include "base/secret.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace mqfail {

// One call for a page, as long as secrets lie side by side. A page stays locked: what lies in it
// later may be one, too.
void Secret::keep_out_of_swap() const {
  static const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  thread_local std::uintptr_t last = 0;
  if (text_.empty()) return;
  const auto begin = reinterpret_cast<std::uintptr_t>(text_.data());
  const std::uintptr_t first = begin / page, end = (begin + text_.size()) / page;
  if (first == last && end == last) return;
  // The limit of the user (RLIMIT_MEMLOCK) may be reached; then they stay as they are.
  if (mlock(text_.data(), text_.size()) == 0) last = end;
}

}  // namespace mqfail
