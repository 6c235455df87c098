// SPDX-License-Identifier: Apache-2.0
#include "base/write.hpp"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>

namespace mqfail {

int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t done = write(fd, bytes.data(), bytes.size());
    if (done < 0 && errno == EAGAIN) {
      // Another process that shares the descriptor has made it non-blocking.
      pollfd room{fd, POLLOUT, 0};
      poll(&room, 1, -1);
    } else if (done < 0 && errno != EINTR) {
      return errno;
    }
    if (done > 0) bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return 0;
}

bool end_waits() {
  sigset_t waiting;
  return sigpending(&waiting) == 0 &&
         (sigismember(&waiting, SIGINT) == 1 || sigismember(&waiting, SIGTERM) == 1);
}

int write_unless_ended(int fd, std::string_view bytes, std::chrono::milliseconds longest_stall) {
  constexpr std::chrono::milliseconds kLook{100};
  std::chrono::milliseconds stalled{};
  while (!bytes.empty()) {
    pollfd room{fd, POLLOUT, 0};
    if (poll(&room, 1, static_cast<int>(kLook.count())) == 0) {
      stalled += kLook;
      if (end_waits()) return EINTR;
      if (stalled >= longest_stall) return EAGAIN;
      continue;
    }
    // A pipe with room takes this much without waiting.
    const std::string_view part = bytes.substr(0, PIPE_BUF);
    const ssize_t done = write(fd, part.data(), part.size());
    if (done < 0 && errno != EINTR && errno != EAGAIN) return errno;
    if (done <= 0) continue;
    bytes.remove_prefix(static_cast<std::size_t>(done));
    stalled = {};
  }
  return 0;
}

}  // namespace mqfail
