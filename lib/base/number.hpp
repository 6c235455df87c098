// SPDX-License-Identifier: Apache-2.0
// Numbers and durations as text.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "base/error.hpp"
#include "base/time.hpp"

namespace mqfail {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// True for one decimal digit or more, and nothing else.
constexpr bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

/// The number that all of `text` is; nothing if it is none or does not fit into a Number. A minus
/// sign is accepted if Number is signed, a plus sign never. `base` is that of whole numbers.
template <class Number>
std::optional<Number> parse_number(std::string_view text, int base = 10) {
  Number number{};
  const char* const end = text.data() + text.size();
  std::from_chars_result read{};
  if constexpr (std::is_integral_v<Number>) {
    read = std::from_chars(text.data(), end, number, base);
  } else {
    read = std::from_chars(text.data(), end, number);
  }
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return number;
}

/// A count in the type that the facts of an event have.
constexpr std::int64_t as_int(std::uint64_t count) {
  return static_cast<std::int64_t>(count);
}

/// "500ms", "5s", "2m", "1h", fractions allowed. A bare number is an error that shows both
/// spellings (product.md, Units and flags); so is a negative one.
Result<Duration> parse_duration(std::string_view text);

}  // namespace mqfail
