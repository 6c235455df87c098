// SPDX-License-Identifier: Apache-2.0
// A terminal for a test (a pty). The test can type keys, read what is shown, and take the terminal
// away.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <string_view>

#include "rig/basics.hpp"

namespace rig {

class Terminal {
 public:
  Terminal() : master_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    std::array<char, 64> name{};
    if (!master_ || ::grantpt(master_.get()) != 0 || ::unlockpt(master_.get()) != 0 ||
        ::ptsname_r(master_.get(), name.data(), name.size()) != 0)
      throw Broken("no pty");
    path_ = name.data();
    // It is kept open, because typed keys have an effect only while the terminal is open somewhere.
    held_ = Fd(::open(path_.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (!held_) throw Broken("cannot open " + path_);
  }
  int fd() const { return master_.get(); }
  /// The path that programs open. It has a line discipline: ^S stops the output, ^C is SIGINT.
  const std::string& path() const { return path_; }
  /// Reads what is written on it until the text has come, at or behind byte `from`.
  bool shows(const std::string& text, milliseconds patience = 10s, std::size_t from = 0) {
    const Moment end = Clock::now() + patience;
    while (written_.find(text, from) == std::string::npos) {
      const auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now());
      if (!read_some(left)) return false;
    }
    return true;
  }
  /// All that was written on it so far, byte for byte.
  const std::string& written() {
    while (read_some(milliseconds(0))) {
    }
    return written_;
  }
  bool type(std::string_view keys) { return write_all(master_.get(), keys); }
  /// The size of the window, in characters.
  void resize(unsigned short columns, unsigned short rows) {
    const winsize size{rows, columns, 0, 0};
    ::ioctl(master_.get(), TIOCSWINSZ, &size);
  }
  /// As if the window was closed or the line was cut.
  void hang_up() {
    held_ = Fd();
    master_ = Fd();
  }

 private:
  bool read_some(milliseconds patience) {
    pollfd ready{master_.get(), POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(std::max<long>(patience.count(), 0))) <= 0) return false;
    std::array<char, 4096> block{};
    const ssize_t got = ::read(master_.get(), block.data(), block.size());
    if (got > 0) written_.append(block.data(), static_cast<std::size_t>(got));
    return got > 0;
  }

  Fd master_, held_;
  std::string path_, written_;
};

}  // namespace rig
