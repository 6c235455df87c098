// SPDX-License-Identifier: Apache-2.0
#include "tool/write.hpp"

#include <unistd.h>

#include <cerrno>

namespace mqfail {

void write_line(int fd, std::string_view line) {
  while (!line.empty()) {
    const ssize_t written = ::write(fd, line.data(), line.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return;
    }
    line.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace mqfail
