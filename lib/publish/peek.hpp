// SPDX-License-Identifier: Apache-2.0
// Reads a pipe or a file without taking anything out of it. What was seen stays in the input until
// it is stored elsewhere: a program that reads the input after ours was killed misses nothing.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <vector>

namespace mqfail {

class Peek {
 public:
  /// Null if `fd` is neither a pipe nor a regular file. `fd` stays the caller's.
  static std::unique_ptr<Peek> of(int fd);
  ~Peek();
  Peek(const Peek&) = delete;
  Peek& operator=(const Peek&) = delete;

  /// The most bytes that look() shows at once.
  static constexpr std::size_t kSize = 262144;

  /// Copies what has not been taken, from its beginning. -1 with errno: nothing now (EAGAIN), or
  /// an error. 0: the end.
  ssize_t look(char* into, std::size_t size);
  /// Removes so many bytes that look() has shown. From a pipe with one read(2), which a kill does
  /// not divide: the next reader must not begin in the middle of a line.
  void take(std::size_t size);
  /// The last look() has shown all there will ever be.
  bool complete() const { return complete_; }
  /// The last look() has not shown all there was.
  bool cut() const { return cut_; }
  /// The descriptor to wait on (POLLIN). `seen`: look() has shown bytes that were not taken, so
  /// only further bytes count.
  int fd(bool seen) const { return seen && !cut_ && edge_ >= 0 ? edge_ : fd_; }

 private:
  Peek(int fd, bool pipe) : fd_(fd), pipe_(pipe) {}
  ssize_t look_into_pipe(char* into, std::size_t size);

  const int fd_;
  const bool pipe_;
  int copy_[2] = {-1, -1};
  int edge_ = -1;           // an epoll that is readable after each write into the pipe
  std::vector<char> gone_;  // what take() reads
  bool complete_ = false;
  bool cut_ = false;  // there was more than look() could show
};

}  // namespace mqfail
