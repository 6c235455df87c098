// SPDX-License-Identifier: Apache-2.0
#include "publish/peek.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace mqfail {

std::unique_ptr<Peek> Peek::of(int fd) {
  struct stat status {};
  if (fstat(fd, &status) != 0) return nullptr;
  if (S_ISREG(status.st_mode)) return std::unique_ptr<Peek>(new Peek(fd, false));
  if (!S_ISFIFO(status.st_mode)) return nullptr;
  std::unique_ptr<Peek> peek(new Peek(fd, true));
  if (pipe2(peek->copy_, O_CLOEXEC | O_NONBLOCK) != 0) return nullptr;
  // Larger pieces, fewer waits for the disk. It may be refused; then they are smaller.
  fcntl(peek->copy_[1], F_SETPIPE_SZ, kSize);
  if (fcntl(fd, F_GETPIPE_SZ) < static_cast<int>(kSize)) fcntl(fd, F_SETPIPE_SZ, kSize);
  peek->edge_ = epoll_create1(EPOLL_CLOEXEC);
  epoll_event wanted{};
  wanted.events = EPOLLIN | EPOLLET;
  if (peek->edge_ < 0 || epoll_ctl(peek->edge_, EPOLL_CTL_ADD, fd, &wanted) != 0) return nullptr;
  return peek;
}

Peek::~Peek() {
  for (const int fd : {copy_[0], copy_[1], edge_}) {
    if (fd >= 0) close(fd);
  }
}

ssize_t Peek::look(char* into, std::size_t size) {
  if (pipe_) return look_into_pipe(into, std::min(size, kSize));
  const ssize_t got = pread(fd_, into, size, lseek(fd_, 0, SEEK_CUR));
  cut_ = got > 0;  // a file can be read at once, to its end
  complete_ = got >= 0 && static_cast<std::size_t>(got) < size;
  return got;
}

ssize_t Peek::look_into_pipe(char* into, std::size_t size) {
  epoll_event event{};
  epoll_wait(edge_, &event, 1, 0);  // what it told is seen now
  pollfd writers{fd_, POLLIN, 0};
  poll(&writers, 1, 0);
  // Asked before looking: what the last writer wrote is here by now.
  const bool no_writer = (writers.revents & POLLHUP) != 0;
  int here = 0;
  ioctl(fd_, FIONREAD, &here);
  const ssize_t copied = tee(fd_, copy_[1], size, SPLICE_F_NONBLOCK);
  if (copied <= 0) {
    complete_ = copied == 0;
    return copied;
  }
  const auto wanted = static_cast<std::size_t>(copied);
  std::size_t done = 0;
  while (done < wanted) {
    const ssize_t got = read(copy_[0], into + done, wanted - done);
    if (got <= 0) return -1;
    done += static_cast<std::size_t>(got);
  }
  cut_ = static_cast<std::size_t>(here) > wanted;
  complete_ = no_writer && !cut_;
  return copied;
}

void Peek::take(std::size_t size) {
  if (!pipe_) {
    lseek(fd_, static_cast<off_t>(size), SEEK_CUR);
    return;
  }
  gone_.resize(std::max(gone_.size(), size));
  while (size > 0) {
    const ssize_t got = read(fd_, gone_.data(), size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    size -= static_cast<std::size_t>(got);
  }
}

}  // namespace mqfail
