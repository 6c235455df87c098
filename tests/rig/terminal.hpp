// SPDX-License-Identifier: Apache-2.0
// A terminal for a test (a pty). The test can type keys, and can take the terminal away.
#pragma once

#include <fcntl.h>
#include <unistd.h>

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
  /// The path that programs open. It has a line discipline: ^S stops the output, ^C is SIGINT.
  const std::string& path() const { return path_; }
  bool type(std::string_view keys) { return write_all(master_.get(), keys); }
  /// As if the window was closed or the line was cut.
  void hang_up() {
    held_ = Fd();
    master_ = Fd();
  }

 private:
  Fd master_, held_;
  std::string path_;
};

}  // namespace rig
