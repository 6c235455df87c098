// SPDX-License-Identifier: Apache-2.0
// Writes to standard output without waiting: what the reader does not take now is offered again
// later. A reader that went away is not an error here; a full disk is.
#pragma once

#include <string>

namespace mqfail {

class Output {
 public:
  enum class State { open, closed, failed };

  /// Writes to `fd`, which stays the caller's. A pipe or terminal is opened once more, so that its
  /// non-blocking mode is ours alone and the flags that others share stay as they are.
  /// `sync`: what was written counts only once it is on the disk (fdatasync(2)).
  explicit Output(int fd, bool sync = false);
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  /// To be filled by the caller; write() empties it.
  std::string& buffer() { return buffer_; }
  /// True once everything in the buffer is written (and on the disk). False: see state(), or wait
  /// for POLLOUT of fd().
  bool write();
  /// Gives up what is still in the buffer.
  void abandon() { state_ = State::closed; }
  /// Something is not written yet.
  bool pending() const { return written_ < buffer_.size(); }
  int fd() const { return fd_; }
  State state() const { return state_; }
  int error_number() const { return error_; }

 private:
  enum class Way { nonblocking, socket, file, small_pieces };
  long write_some(const char* data, unsigned long size) const;

  int fd_;
  const bool sync_;
  bool ours_ = false;
  Way way_ = Way::file;
  std::string buffer_;
  std::size_t written_ = 0;
  State state_ = State::open;
  int error_ = 0;
};

}  // namespace mqfail
