// SPDX-License-Identifier: Apache-2.0
#include "tool/descriptors.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace mqfail {

Result<Done> fill_standard_descriptors() {
  // In ascending order: open(2) takes the lowest number that is free.
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) >= 0) continue;
    if (open("/dev/null", (fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) | O_NOCTTY) >= 0) continue;
    return Error{
        ErrorKind::internal,
        "descriptor " + std::to_string(fd) +
            " is closed, and /dev/null cannot be opened in its place: " + std::strerror(errno),
        "start the command with its standard input, output and error open"};
  }
  return Done{};
}

bool is_open_for(int fd, Direction direction) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || (flags & O_PATH) != 0) return false;
  const int mode = flags & O_ACCMODE;
  return mode == O_RDWR || mode == (direction == Direction::reading ? O_RDONLY : O_WRONLY);
}

Result<Done> check_descriptor(const std::string& flag, int fd, Direction direction) {
  if (is_open_for(fd, direction)) return Done{};
  const bool reads = direction == Direction::reading;
  const std::string number = std::to_string(fd);
  const bool open = fcntl(fd, F_GETFD) >= 0;
  return Error{ErrorKind::usage,
               flag + " " + number + ": descriptor " + number + " is not open" +
                   (open ? (reads ? " for reading" : " for writing") : ""),
               "open it in the shell, as in " + number + (reads ? "<FILE" : ">FILE")};
}

}  // namespace mqfail
