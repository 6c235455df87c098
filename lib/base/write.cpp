// SPDX-License-Identifier: Apache-2.0
#include "base/write.hpp"

#include <unistd.h>

#include <cerrno>

namespace mqfail {

int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t done = write(fd, bytes.data(), bytes.size());
    if (done < 0 && errno != EINTR) return errno;
    if (done > 0) bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return 0;
}

}  // namespace mqfail
