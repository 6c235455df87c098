// SPDX-License-Identifier: Apache-2.0
#include "base/encoding.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>

#include "base/number.hpp"

namespace mqfail {

std::string hexadecimal(std::span<const unsigned char> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (const unsigned char byte : bytes) {
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 0x0FU];
  }
  return out;
}

bool all_hexadecimal(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isxdigit(c) != 0; });
}

bool from_hexadecimal(std::string_view digits, std::span<unsigned char> bytes) {
  if (digits.size() != 2 * bytes.size()) return false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = parse_number<unsigned char>(digits.substr(2 * i, 2), 16);
    if (!byte) return false;
    bytes[i] = *byte;
  }
  return true;
}

std::string base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = (group << 8U) | (j < count ? static_cast<std::uint8_t>(bytes[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out += j <= count ? kBase64Digits[(group >> (18U - 6U * j)) & 0x3FU] : '=';
    }
  }
  return out;
}

bool from_base64(std::string_view text, std::string& bytes) {
  while (text.ends_with('=')) text.remove_suffix(1);
  bytes.clear();
  if (text.size() % 4 == 1) return false;
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const std::size_t digit = kBase64Digits.find(c);
    if (digit == std::string_view::npos) return false;
    group = (group << 6U) | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>((group >> bits) & 0xFFU);
  }
  return true;
}

bool begins_with_escape(std::string_view text) {
  return text.size() >= 3 && text.front() == '%' && all_hexadecimal(text.substr(1, 2));
}

Result<std::string> percent_decoded(std::string_view text) {
  std::string out;
  if (text.find('\0') != std::string_view::npos)
    return Error{ErrorKind::usage, "a NUL byte cannot be part of a URI", ""};
  out.reserve(text.size());
  while (!text.empty()) {
    if (text.front() != '%') {
      out += text.front();
      text.remove_prefix(1);
      continue;
    }
    if (!begins_with_escape(text)) {
      return Error{ErrorKind::usage, "a '%' is not followed by two hexadecimal digits",
                   "write a plain percent sign as %25"};
    }
    const auto byte = *parse_number<unsigned char>(text.substr(1, 2), 16);
    if (byte == 0) return Error{ErrorKind::usage, "%00 cannot be part of a URI", ""};
    out += static_cast<char>(byte);
    text.remove_prefix(3);
  }
  return out;
}

std::string percent_encoded(std::string_view text, std::string_view plain) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool unreserved =
        byte < 0x80 && (std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_' || c == '~');
    if (unreserved || plain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out.append({'%', kDigits[byte >> 4U], kDigits[byte & 0x0FU]});
    }
  }
  return out;
}

}  // namespace mqfail
