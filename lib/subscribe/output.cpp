// SPDX-License-Identifier: Apache-2.0
#include "subscribe/output.hpp"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include "base/descriptor.hpp"

namespace mqfail {

Output::Output(int fd, bool sync) : fd_(fd), given_(fd), sync_(sync) {
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

void Output::end() {
  if (fd_ < 0) return;
  if (std::exchange(ours_, false)) close(fd_);
  fd_ = -1;
  const Descriptor nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!nothing || dup2(nothing.get(), given_) < 0) close(given_);
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

void Output::put_large(std::string_view topic, std::string_view payload, std::string_view end) {
  const bool at_once = way_ == Way::file || way_ == Way::nonblocking;
  const std::size_t done = at_once && state_ == State::open ? write_now(payload, end) : 0;
  const std::size_t of_payload = std::min(done, payload.size());
  Sink::put_large(topic, payload.substr(of_payload), end.substr(done - of_payload));
}

// What waits in the buffer goes first. How much of the payload and the end is written. An error
// shows itself again in write(), for what is left.
std::size_t Output::write_now(std::string_view payload, std::string_view end) {
  const std::array<std::string_view, 3> all{std::string_view(buffer_).substr(written_), payload,
                                            end};
  const std::size_t size = all[0].size() + payload.size() + end.size();
  std::size_t done = 0;
  while (done < size) {
    std::array<iovec, 3> left{};
    std::size_t skip = done;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::string_view piece = all[i].substr(std::min(skip, all[i].size()));
      skip -= all[i].size() - piece.size();
      left[i] = {const_cast<char*>(piece.data()), piece.size()};
    }
    const ssize_t got = ::writev(fd_, left.data(), static_cast<int>(left.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  unsynced_ = unsynced_ || done != 0;
  in_part_ = (in_part_ || done != 0) && done < size;
  const std::size_t of_buffer = std::min(done, all[0].size());
  written_ += of_buffer;
  if (!pending()) {
    buffer_.clear();
    written_ = 0;
  }
  return done - of_buffer;
}

bool Output::write() {
  while (state_ == State::open && pending()) {
    const long done = write_some(buffer_.data() + written_, buffer_.size() - written_);
    if (done >= 0) {
      written_ += static_cast<std::size_t>(done);
      unsynced_ = in_part_ = true;
    } else if (errno == EAGAIN) {
      return false;
    } else if (errno != EINTR) {
      error_ = errno;
      state_ = errno == EPIPE || errno == ECONNRESET ? State::closed : State::failed;
    }
  }
  if (pending() || state_ != State::open) return false;
  if (sync_ && std::exchange(unsynced_, false) && fdatasync(fd_) != 0) {
    error_ = errno;
    state_ = State::failed;
    return false;
  }
  buffer_.clear();
  written_ = 0;
  in_part_ = false;
  return true;
}

// A file keeps what was written of a batch that failed.
std::string Output::name() const {
  const bool keeps_a_part = way_ == Way::file && state_ == State::failed && in_part_ && pending();
  return keeps_a_part ? "standard output (it may end with a part of a message)" : "standard output";
}

}  // namespace mqfail
