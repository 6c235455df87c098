// SPDX-License-Identifier: Apache-2.0
// Work that the thread which waits for the connections does before each of its waits: what has come
// is worked off where it was read, and no second thread must be woken. A message or an
// acknowledgement saves two changes of thread by it.
#pragma once

#include <poll.h>

#include <cstddef>
#include <vector>

#include "base/time.hpp"

namespace mqfail {

/// Thread: the one that waits. Nothing here waits.
class Guest {
 public:
  enum class Wish {
    nothing,  ///< there was nothing to do
    look,     ///< it has worked: what there is to wait for may have changed
    home,     ///< back to the thread that it came from
  };
  virtual ~Guest() = default;
  /// Does what is due, for a bounded time.
  virtual Wish work() = 0;
  /// What it waits for, and until when at the latest; in the past: not at all.
  virtual TimePoint add(std::vector<pollfd>& fds) = 0;
  /// The same entries after the wait.
  virtual void after(const pollfd* fds, std::size_t count) = 0;
};

}  // namespace mqfail
