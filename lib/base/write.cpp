// SPDX-License-Identifier: Apache-2.0
#include "base/write.hpp"

#include <poll.h>
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

}  // namespace mqfail
