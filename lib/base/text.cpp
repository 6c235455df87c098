// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

#include "base/utf8.hpp"

namespace mqfail {
namespace {

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
    const CodePoint next = decode_utf8(text.substr(taken));
    const std::size_t length = std::max<std::size_t>(next.length, 1);
    if (taken + length > limit) {
      out += "...";
      break;
    }
    if (next.length == 0) {
      append_format(out, "\\x%02x", static_cast<unsigned>(static_cast<std::uint8_t>(text[taken])));
    } else if (is_dangerous(next.value)) {
      append_format(out, next.value < 0x80 ? "\\x%02x" : "\\u%04x",
                    static_cast<unsigned>(next.value));
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
    const CodePoint next = decode_utf8(text.substr(i));
    if (next.length == 0) {
      out += "\xEF\xBF\xBD";  // U+FFFD
      ++i;
      continue;
    }
    switch (next.value) {
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
        if (is_dangerous(next.value)) {
          append_format(out, "\\u%04x", static_cast<unsigned>(next.value));
        } else {
          out.append(text.substr(i, next.length));
        }
    }
    i += next.length;
  }
  out += '"';
  return out;
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}

bool same_letters(std::string_view a, std::string_view b) {
  return std::memcmp(a.data(), b.data(), a.size()) == 0 ||
         std::equal(a.begin(), a.end(), b.begin(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::string bracketed(std::string_view host) {
  return host.find(':') == std::string_view::npos ? std::string(host)
                                                  : "[" + std::string(host) + "]";
}

std::optional<std::string> nearest(std::string_view word,
                                   std::span<const std::string_view> candidates) {
  // Optimal string alignment distance, case aside; a third of the length may differ, at least 1.
  std::size_t best = std::max<std::size_t>(word.size() / 3, 1) + 1;
  std::optional<std::string> found;
  if (word.size() > 64) return found;
  for (const std::string_view candidate : candidates) {
    // As many differ as one is longer, at least.
    if (std::max(word.size(), candidate.size()) - std::min(word.size(), candidate.size()) >= best)
      continue;
    const std::size_t columns = candidate.size() + 1;
    std::vector<std::size_t> before(columns);
    std::vector<std::size_t> above(columns);
    std::vector<std::size_t> row(columns);
    for (std::size_t j = 0; j < columns; ++j) above[j] = j;
    for (std::size_t i = 1; i <= word.size(); ++i) {
      row[0] = i;
      for (std::size_t j = 1; j < columns; ++j) {
        const bool same = lower(word[i - 1]) == lower(candidate[j - 1]);
        row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0U : 1U)});
        if (i > 1 && j > 1 && lower(word[i - 1]) == lower(candidate[j - 2]) &&
            lower(word[i - 2]) == lower(candidate[j - 1])) {
          row[j] = std::min(row[j], before[j - 2] + 1);
        }
      }
      before.swap(above);
      above.swap(row);
    }
    if (above[columns - 1] < best) {
      best = above[columns - 1];
      found = std::string(candidate);
    }
  }
  return found;
}

}  // namespace mqfail
