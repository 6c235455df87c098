// SPDX-License-Identifier: Apache-2.0
// UTF-8, a code point at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mqfail {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t length = 0;  ///< in bytes; 0: the text is not well-formed here
};

/// The code point at the front of `text`, which is not empty (table 3-7 of the Unicode standard).
CodePoint decode_utf8(std::string_view text);

/// `point` is at most U+10FFFF and no surrogate.
void append_utf8(std::string& out, std::uint32_t point);

/// True for well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF).
bool is_utf8(std::string_view text);

/// True for each byte of a character but its first.
constexpr bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// How many characters (code points) `text` has.
std::size_t characters(std::string_view text);

/// `text` with spaces behind it, until it has `width` characters.
std::string padded(std::string text, std::size_t width);

}  // namespace mqfail
