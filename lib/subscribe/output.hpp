// SPDX-License-Identifier: Apache-2.0
// Writes to standard output without waiting: what the reader does not take now is offered again
// later. A reader that went away is not an error here; a full disk is.
#pragma once

#include <string>

#include "subscribe/sink.hpp"

namespace mqfail {

class Output final : public Sink {
 public:
  /// Writes to `fd`, which stays the caller's until end(). A pipe or terminal is opened once more,
  /// so that its non-blocking mode is ours alone and the flags that others share stay as they are.
  /// `sync`: what was written counts only once it is on the disk (fdatasync(2)).
  explicit Output(int fd, bool sync = false);
  ~Output() override;
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  /// The same for all topics.
  std::string& buffer() { return buffer_; }
  std::string& buffer(std::string_view /*topic*/) override { return buffer_; }
  std::size_t size() const override { return buffer_.size(); }
  void put_large(std::string_view topic, std::string_view payload, std::string_view end) override;
  bool write() override;
  void abandon() override { state_ = State::closed; }
  /// `fd` is /dev/null from here on, so that no other file gets its number.
  void end() override;
  bool pending() const override { return written_ < buffer_.size(); }
  int fd() const override { return fd_; }
  State state() const override { return state_; }
  bool waits_for_disk() const override { return sync_; }
  int error_number() const override { return error_; }
  std::string name() const override;

 private:
  enum class Way { nonblocking, socket, file, small_pieces };
  long write_some(const char* data, unsigned long size) const;
  std::size_t write_now(std::string_view payload, std::string_view end);

  int fd_;
  const int given_;
  const bool sync_;
  bool ours_ = false;
  Way way_ = Way::file;
  std::string buffer_;
  std::size_t written_ = 0;
  bool in_part_ = false;   // something of the buffer, or of what stands behind it, is written
  bool unsynced_ = false;  // something was written since the last fdatasync(2)
  State state_ = State::open;
  int error_ = 0;
};

}  // namespace mqfail
