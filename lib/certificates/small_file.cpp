// SPDX-License-Identifier: Apache-2.0
#include "certificates/small_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace mqfail {
namespace {

constexpr std::size_t kLargest = std::size_t{1} << 20U;  // such files have a few KiB

}  // namespace

SmallFile read_small_file(const std::string& path) {
  SmallFile file;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) {
    file.error = errno;
    return file;
  }
  struct stat status {};
  if (fstat(fd, &status) != 0) file.error = errno;
  if (file.error == 0 && S_ISDIR(status.st_mode)) file.error = EISDIR;
  file.fits = file.error != 0 ||
              (S_ISREG(status.st_mode) && static_cast<std::size_t>(status.st_size) <= kLargest);
  std::string bytes;
  if (file.error == 0 && file.fits) {
    bytes.resize(static_cast<std::size_t>(status.st_size));
    std::size_t used = 0;
    while (used < bytes.size()) {
      const ssize_t got = read(fd, bytes.data() + used, bytes.size() - used);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) file.error = errno;
      if (got <= 0) break;
      used += static_cast<std::size_t>(got);
    }
    bytes.resize(used);
  }
  close(fd);
  file.bytes = Secret(std::move(bytes));
  return file;
}

}  // namespace mqfail
