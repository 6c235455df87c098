// SPDX-License-Identifier: Apache-2.0
// The text of a spool's state file: whose messages these are, and which are done with. One line of
// fixed width, so that one write(2) replaces it, with a checksum. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace mqfail {

struct SpoolState {
  std::string publisher_id;   ///< 32 hexadecimal digits
  std::uint64_t last = 0;     ///< the highest number that was ever given to a message
  std::uint64_t settled = 0;  ///< messages up to this number are done with

  /// "mqfail spool 1 ID LAST SETTLED CHECKSUM\n"
  static constexpr std::size_t kChecked = 15 + 32 + 2 * 21;
  static constexpr std::size_t kSize = kChecked + 1 + 8 + 1;

  /// kSize bytes.
  std::string text() const;
  /// Nothing if the text is not whole.
  static std::optional<SpoolState> parse(const std::string& text);
};

}  // namespace mqfail
