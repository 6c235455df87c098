// SPDX-License-Identifier: Apache-2.0
// A pipe that stays open when its reader ends, as in `producer | while ! mqfail-pub ...; do :;
// done`.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <string_view>

#include "rig/basics.hpp"

namespace rig {

class LastingPipe {
 public:
  explicit LastingPipe(std::string path) : path_(std::move(path)) {
    if (::mkfifo(path_.c_str(), 0600) != 0) throw Broken("mkfifo " + path_);
    reader_ = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    writer_ = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
  }
  ~LastingPipe() {
    close_reader();
    finish();
  }
  LastingPipe(const LastingPipe&) = delete;
  LastingPipe& operator=(const LastingPipe&) = delete;
  const std::string& path() const { return path_; }
  bool write(std::string_view bytes) { return write_all(writer_, bytes); }
  void finish() {
    if (writer_ >= 0) ::close(writer_);
    writer_ = -1;
  }
  /// There will be no further reader: a blocked writer gets an error.
  void close_reader() {
    if (reader_ >= 0) ::close(reader_);
    reader_ = -1;
  }

 private:
  std::string path_;
  int reader_ = -1, writer_ = -1;
};

}  // namespace rig
