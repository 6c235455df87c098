// SPDX-License-Identifier: Apache-2.0
// A FIFO between two processes that neither end has to wait for: it can be opened without the other
// end, and is opened anew if somebody has put another one in its place. The end that writes opens
// it for reading, too (fifo(7)), so that its writes do not fail without a reader. The end that
// reads sees by POLLHUP that the last writer has gone.
#pragma once

#include <string>

#include "base/descriptor.hpp"
#include "base/error.hpp"

namespace mqfail {

class Fifo {
 public:
  enum class End { reading, writing };

  /// Opens `path`, a FIFO of this user or a descriptor as /dev/fd/N; where nothing is, a FIFO is
  /// made (0600). Errors name `flag`: usage, if something else is there; configuration, if it
  /// belongs to another user; cannot_create.
  static Result<Fifo> open(const std::string& flag, std::string path, End end);

  /// Non-blocking.
  int fd() const { return file_.get(); }
  const std::string& path() const { return path_; }
  /// True if another FIFO was put in its place, which is open now.
  bool follow();
  /// Waits for the next writer: POLLHUP is over. False: it cannot be opened any more.
  bool open_again() { return static_cast<bool>(open_file()); }

 private:
  Fifo(std::string flag, std::string path, End end)
      : flag_(std::move(flag)), path_(std::move(path)), end_(end) {}
  Result<Done> open_file();

  std::string flag_, path_;
  End end_;
  Descriptor file_;
  unsigned long device_ = 0, inode_ = 0;
};

}  // namespace mqfail
