// SPDX-License-Identifier: Apache-2.0
#include "subscribe/output.hpp"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace mqfail {

Output::Output(int fd, bool sync) : fd_(fd), sync_(sync) {
  // What was opened for reading only may well be opened once more for writing: /dev/null for one.
  if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY) return;
  struct stat status {};
  if (fstat(fd, &status) != 0 || S_ISREG(status.st_mode)) return;
  if (S_ISSOCK(status.st_mode)) {
    way_ = Way::socket;
    return;
  }
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  const int again = open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (again >= 0) {
    fd_ = again;
    ours_ = true;
    way_ = Way::nonblocking;
  } else {
    way_ = Way::small_pieces;
  }
}

Output::~Output() {
  if (ours_) close(fd_);
}

long Output::write_some(const char* data, unsigned long size) const {
  switch (way_) {
    case Way::nonblocking:
    case Way::file:
      return ::write(fd_, data, size);
    case Way::socket:
      return send(fd_, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    case Way::small_pieces: {
      // POLLOUT on a pipe promises room for PIPE_BUF bytes.
      pollfd room{fd_, POLLOUT, 0};
      if (poll(&room, 1, 0) == 0) {
        errno = EAGAIN;
        return -1;
      }
      return ::write(fd_, data, std::min<unsigned long>(size, PIPE_BUF));
    }
  }
  return -1;
}

bool Output::write() {
  while (state_ == State::open && pending()) {
    const long done = write_some(buffer_.data() + written_, buffer_.size() - written_);
    if (done >= 0) {
      written_ += static_cast<std::size_t>(done);
    } else if (errno == EAGAIN) {
      return false;
    } else if (errno != EINTR) {
      error_ = errno;
      state_ = errno == EPIPE || errno == ECONNRESET ? State::closed : State::failed;
    }
  }
  if (pending() || state_ != State::open) return false;
  if (sync_ && !buffer_.empty() && fdatasync(fd_) != 0) {
    error_ = errno;
    state_ = State::failed;
    return false;
  }
  buffer_.clear();
  written_ = 0;
  return true;
}

}  // namespace mqfail
