// SPDX-License-Identifier: Apache-2.0
// --undelivered FILE: the payloads that no server has, byte for byte, so that the file can be the
// input of another run (delivery.md P1).
#pragma once

#include <optional>
#include <string_view>

#include "base/time.hpp"

namespace mqfail {

/// After the first write that fails nothing more is written. Not thread-safe; one owner.
class Undelivered {
 public:
  /// `fd`: open for writing, not owned; below 0: not wanted, and nothing is written. `delimiter`
  /// follows each payload; none: payloads are not lines.
  Undelivered(int fd, std::optional<char> delimiter) : fd_(fd), delimiter_(delimiter) {}

  bool wanted() const { return fd_ >= 0; }
  bool failed() const { return failed_; }

  void put(std::string_view payload);
  /// Input as it stands: no delimiter is added.
  void put_input(std::string_view bytes);
  /// What can still be read from `input` until it ends or `patience` is over.
  void put_unread(int input, Duration patience);

 private:
  int fd_;
  std::optional<char> delimiter_;
  bool failed_ = false;
};

}  // namespace mqfail
