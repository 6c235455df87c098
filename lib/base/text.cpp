// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

namespace mqfail {
namespace {

struct Decoded {
  std::uint32_t code_point = 0;
  std::size_t length = 0;  // 0: not well-formed here
};

// One step of UTF-8 by table 3-7 of the Unicode standard: the second byte carries the limits.
Decoded decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  std::size_t length = 0;
  std::uint8_t low = 0x80;
  std::uint8_t high = 0xBF;
  std::uint32_t point = 0;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
    point = lead & 0x1FU;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    point = lead & 0x0FU;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    point = lead & 0x07U;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return {};
  }
  if (text.size() < length) return {};
  for (std::size_t i = 1; i < length; ++i) {
    if (byte(i) < low || byte(i) > high) return {};
    low = 0x80;
    high = 0xBF;
    point = (point << 6U) | (byte(i) & 0x3FU);
  }
  return {point, length};
}

// Could move the cursor, end the line or turn the text round on a terminal.
bool is_dangerous(std::uint32_t point) {
  return point < 0x20 || (point >= 0x7F && point <= 0x9F) || point == 0x2028 || point == 0x2029 ||
         point == 0x061C || point == 0x200E || point == 0x200F ||
         (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069) ||
         point == 0xFEFF;
}

template <class... Arguments>
void append_format(std::string& out, const char* format, Arguments... arguments) {
  std::array<char, 16> buffer{};
  const int written = std::snprintf(buffer.data(), buffer.size(), format, arguments...);
  out.append(buffer.data(), static_cast<std::size_t>(written));
}

}  // namespace

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  std::size_t taken = 0;
  while (taken < text.size()) {
    const Decoded next = decode(text.substr(taken));
    const std::size_t length = std::max<std::size_t>(next.length, 1);
    if (taken + length > limit) {
      out += "...";
      break;
    }
    if (next.length == 0) {
      append_format(out, "\\x%02x", static_cast<unsigned>(static_cast<std::uint8_t>(text[taken])));
    } else if (is_dangerous(next.code_point)) {
      append_format(out, next.code_point < 0x80 ? "\\x%02x" : "\\u%04x",
                    static_cast<unsigned>(next.code_point));
    } else {
      out.append(text.substr(taken, next.length));
    }
    taken += length;
  }
  return out;
}

std::string json_string(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
  });
  std::string out;
  out.reserve(text.size() + 2);
  out += '"';
  if (plain) return out.append(text) += '"';
  for (std::size_t i = 0; i < text.size();) {
    const Decoded next = decode(text.substr(i));
    if (next.length == 0) {
      out += "\xEF\xBF\xBD";  // U+FFFD
      ++i;
      continue;
    }
    switch (next.code_point) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (is_dangerous(next.code_point)) {
          append_format(out, "\\u%04x", static_cast<unsigned>(next.code_point));
        } else {
          out.append(text.substr(i, next.length));
        }
    }
    i += next.length;
  }
  out += '"';
  return out;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Decoded next = decode(text);
    if (next.length == 0) return false;
    text.remove_prefix(next.length);
  }
  return true;
}

Result<Duration> parse_duration(std::string_view text) {
  const std::string shown = printable(text, 64);
  double number = 0;
  const auto [rest, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
  if (failure != std::errc() || !std::isfinite(number)) {
    return Error{ErrorKind::usage, "'" + shown + "' is not a duration",
                 "write 500ms, 5s, 2m or 1h"};
  }
  if (number < 0) {
    return Error{ErrorKind::usage, "'" + shown + "' is negative", "write 500ms, 5s, 2m or 1h"};
  }
  if (unit.empty()) {
    return Error{ErrorKind::usage, "'" + shown + "' has no unit",
                 "write " + shown + "s for seconds or " + shown + "ms for milliseconds"};
  }
  double microseconds = 0;
  if (unit == "us") {
    microseconds = 1;
  } else if (unit == "ms") {
    microseconds = 1e3;
  } else if (unit == "s") {
    microseconds = 1e6;
  } else if (unit == "m" || unit == "min") {
    microseconds = 60e6;
  } else if (unit == "h") {
    microseconds = 3600e6;
  } else if (unit == "d") {
    microseconds = 86400e6;
  } else {
    return Error{ErrorKind::usage, "'" + shown + "' has an unknown unit",
                 "units are us, ms, s, m, h and d"};
  }
  const double total = number * microseconds;
  if (total > 1e17) {
    return Error{ErrorKind::usage, "'" + shown + "' is too long",
                 "the longest duration is about 3,000 years"};
  }
  return Duration(static_cast<Duration::rep>(std::llround(total)));
}

std::optional<std::string> nearest(std::string_view word,
                                   std::span<const std::string_view> candidates) {
  // Optimal string alignment distance, case aside; a third of the length may differ, at least 1.
  const auto low = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  std::size_t best = std::max<std::size_t>(word.size() / 3, 1) + 1;
  std::optional<std::string> found;
  if (word.size() > 64) return found;
  for (const std::string_view candidate : candidates) {
    const std::size_t columns = candidate.size() + 1;
    std::vector<std::size_t> before(columns);
    std::vector<std::size_t> above(columns);
    std::vector<std::size_t> row(columns);
    for (std::size_t j = 0; j < columns; ++j) above[j] = j;
    for (std::size_t i = 1; i <= word.size(); ++i) {
      row[0] = i;
      for (std::size_t j = 1; j < columns; ++j) {
        const bool same = low(word[i - 1]) == low(candidate[j - 1]);
        row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0U : 1U)});
        if (i > 1 && j > 1 && low(word[i - 1]) == low(candidate[j - 2]) &&
            low(word[i - 2]) == low(candidate[j - 1])) {
          row[j] = std::min(row[j], before[j - 2] + 1);
        }
      }
      before = above;
      above = row;
    }
    if (above[columns - 1] < best) {
      best = above[columns - 1];
      found = std::string(candidate);
    }
  }
  return found;
}

}  // namespace mqfail
