// SPDX-License-Identifier: Apache-2.0
// A pipe that is full and is not read until the test reads it.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "rig/basics.hpp"

namespace rig {

class FullPipe {
 public:
  explicit FullPipe(std::string path) : path_(std::move(path)) {
    if (::mkfifo(path_.c_str(), 0600) != 0) throw Broken("mkfifo " + path_);
    fd_ = Fd(::open(path_.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    const std::string filling(4096, '.');
    while (::write(fd_.get(), filling.data(), filling.size()) > 0) filled_ += filling.size();
  }
  const std::string& path() const { return path_; }
  /// Whether nothing was written to it so far.
  bool untouched() const {
    pollfd room{fd_.get(), POLLOUT, 0};
    return ::poll(&room, 1, 0) == 0;
  }
  /// What was written to it so far, without the filling.
  std::string read() {
    std::string all;
    std::string block(65536, '\0');
    for (ssize_t got = 0; (got = ::read(fd_.get(), block.data(), block.size())) > 0;)
      all.append(block, 0, static_cast<std::size_t>(got));
    const std::size_t dots = std::min(filled_, all.size());
    filled_ -= dots;
    return all.substr(dots);
  }

 private:
  std::string path_;
  Fd fd_;
  std::size_t filled_ = 0;
};

}  // namespace rig
