// SPDX-License-Identifier: Apache-2.0
// --undelivered FILE: the payloads that no server has, byte for byte, in the form of the input, so
// that the file can be the input of another run (delivery.md P1, P8).
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/time.hpp"

namespace mqfail {

/// After the first write that fails nothing more is written. Not thread-safe; one owner.
class Undelivered {
 public:
  /// `fd`: open for writing, not owned; below 0: not wanted, and nothing is written. `delimiter`
  /// follows each payload (-l, -0); none: the run has one message, which may be repeated (-m, -f,
  /// -s, -n), and its bytes are written once.
  Undelivered(int fd, std::optional<char> delimiter) : fd_(fd), delimiter_(delimiter) {}

  bool wanted() const { return fd_ >= 0; }
  bool failed() const { return failed_; }

  void put(std::string_view payload);
  /// Input as it stands: no delimiter is added.
  void put_input(std::string_view bytes);
  /// What can still be read from `input` until it ends, `patience` is over or end_waits().
  void put_unread(int input, Duration patience);

 private:
  int fd_;
  std::optional<char> delimiter_;
  std::optional<std::size_t> written_;  // hash of the last message, if there is no delimiter
  bool failed_ = false;
};

}  // namespace mqfail
