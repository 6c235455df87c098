// SPDX-License-Identifier: Apache-2.0
#include "tool/json_text.hpp"

#include <algorithm>
#include <array>
#include <cfloat>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "base/number.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"

namespace mqfail {
namespace {

constexpr int kDeepest = 1000;  // cJSON's limit

void append_number(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  // Fifteen digits if they say the same, else seventeen.
  std::array<char, 32> text{};
  int length = std::snprintf(text.data(), text.size(), "%1.15g", number);
  const double again = std::strtod(text.data(), nullptr);
  if (std::abs(again - number) > std::max(std::abs(again), std::abs(number)) * DBL_EPSILON) {
    length = std::snprintf(text.data(), text.size(), "%1.17g", number);
  }
  out.append(text.data(), static_cast<std::size_t>(length));
}

// Reads and writes in one go; `out_` is only as good as the return value.
class Reprinter {
 public:
  Reprinter(std::string_view json, std::string& out, JsonStyle style)
      : rest_(json), out_(out), style_(style) {}

  bool document(int depth) {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
    skip_space();
    if (!value(depth)) return false;
    skip_space();
    return rest_.empty();
  }

 private:
  void skip_space() {
    const auto is_space = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
    while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
  }
  bool take(char wanted) {
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool literal(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    out_.append(word);
    return true;
  }

  // NOLINTNEXTLINE(misc-no-recursion): bounded by kDeepest
  bool value(int depth) {
    if (depth >= kDeepest || rest_.empty()) return false;
    switch (rest_.front()) {
      case '{':
        return object(depth);
      case '[':
        return array(depth);
      case '"':
        return string();
      case 't':
        return literal("true");
      case 'f':
        return literal("false");
      case 'n':
        return literal("null");
      default:
        return number();
    }
  }

  // NOLINTNEXTLINE(misc-no-recursion)
  bool object(int depth) {
    take('{');
    JsonObject object(out_, style_, depth);
    skip_space();
    if (!take('}')) {
      do {
        skip_space();
        std::string key;
        if (!read_string(key)) return false;
        object.key(key);
        skip_space();
        if (!take(':')) return false;
        skip_space();
        if (!value(depth + 1)) return false;
        skip_space();
      } while (take(','));
      if (!take('}')) return false;
    }
    object.close();
    return true;
  }

  // NOLINTNEXTLINE(misc-no-recursion)
  bool array(int depth) {
    take('[');
    out_ += '[';
    skip_space();
    if (!take(']')) {
      for (bool first = true;; first = false) {
        if (!first) out_.append(style_.pretty ? ", " : ",");
        skip_space();
        if (!value(depth + 1)) return false;
        skip_space();
        if (!take(',')) break;
      }
      if (!take(']')) return false;
    }
    out_ += ']';
    return true;
  }

  bool number() {
    if (rest_.front() != '-' && (rest_.front() < '0' || rest_.front() > '9')) return false;
    const std::size_t length = std::min(rest_.find_first_not_of("0123456789+-.eE"), rest_.size());
    const std::string text(rest_.substr(0, length));
    char* end = nullptr;
    const double number = std::strtod(text.c_str(), &end);
    if (end == text.c_str()) return false;
    rest_.remove_prefix(static_cast<std::size_t>(end - text.c_str()));
    append_number(out_, number);
    return true;
  }

  bool string() {
    std::string text;
    if (!read_string(text)) return false;
    append_json_text(out_, text, style_);
    return true;
  }

  std::optional<std::uint32_t> hex4() {
    const auto digits =
        rest_.size() < 4 ? std::nullopt : parse_number<std::uint32_t>(rest_.substr(0, 4), 16);
    if (digits) rest_.remove_prefix(4);
    return digits;
  }

  bool read_escape(std::string& text) {
    if (rest_.empty()) return false;
    const char letter = rest_.front();
    rest_.remove_prefix(1);
    constexpr std::string_view kLetters = "bfnrt\"\\/";
    constexpr std::string_view kMeanings = "\b\f\n\r\t\"\\/";
    if (const std::size_t which = kLetters.find(letter); which != std::string_view::npos) {
      text += kMeanings[which];
      return true;
    }
    if (letter != 'u') return false;
    const auto first = hex4();
    if (!first || (*first >= 0xDC00 && *first <= 0xDFFF)) return false;
    std::uint32_t point = *first;
    if (point >= 0xD800 && point <= 0xDBFF) {
      if (!rest_.starts_with("\\u")) return false;
      rest_.remove_prefix(2);
      const auto second = hex4();
      if (!second || *second < 0xDC00 || *second > 0xDFFF) return false;
      point = 0x10000 + ((point & 0x3FFU) << 10U) + (*second & 0x3FFU);
    }
    append_utf8(text, point);
    return true;
  }

  bool read_string(std::string& text) {
    if (!take('"')) return false;
    while (!rest_.empty()) {
      const char next = rest_.front();
      rest_.remove_prefix(1);
      if (next == '"') return true;
      if (next != '\\') {
        text += next;
      } else if (!read_escape(text)) {
        return false;
      }
    }
    return false;
  }

  std::string_view rest_;
  std::string& out_;
  JsonStyle style_;
};

}  // namespace

void append_json_text(std::string& out, std::string_view text, JsonStyle style) {
  if (style.terminal || !is_utf8(text)) {
    out += json_string(text);
    return;
  }
  const auto is_escaped = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
  };
  out += '"';
  for (auto at = text.begin();; ++at) {
    const auto stop = std::find_if(at, text.end(), is_escaped);
    out.append(at, stop);
    if (stop == text.end()) break;
    at = stop;
    constexpr std::string_view kMeanings = "\b\f\n\r\t\"\\";
    constexpr std::string_view kLetters = "bfnrt\"\\";
    if (const std::size_t which = kMeanings.find(*at); which != std::string_view::npos) {
      out.append(1, '\\').append(1, kLetters[which]);
    } else {
      std::array<char, 8> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "\\u%04x", static_cast<unsigned>(*at));
      out += escaped.data();
    }
  }
  out += '"';
}

bool append_json_value(std::string& out, std::string_view json, JsonStyle style, int depth) {
  if (!is_utf8(json) || json.find('\0') != std::string_view::npos) return false;
  const std::size_t before = out.size();
  if (Reprinter(json, out, style).document(depth)) return true;
  out.resize(before);
  return false;
}

JsonObject::JsonObject(std::string& out, JsonStyle style, int depth)
    : out_(out), style_(style), depth_(depth) {
  out_ += '{';
}

void JsonObject::key(std::string_view name) {
  if (!empty_) out_ += ',';
  if (style_.pretty) out_.append("\n").append(static_cast<std::size_t>(depth_) + 1, '\t');
  empty_ = false;
  append_json_text(out_, name, style_);
  out_.append(style_.pretty ? ":\t" : ":");
}

void JsonObject::text(std::string_view name, std::string_view value) {
  key(name);
  append_json_text(out_, value, style_);
}

void JsonObject::number(std::string_view name, long long value) {
  key(name);
  out_ += std::to_string(value);
}

void JsonObject::close() {
  if (style_.pretty) out_.append("\n").append(static_cast<std::size_t>(depth_), '\t');
  out_ += '}';
}

}  // namespace mqfail
