// SPDX-License-Identifier: Apache-2.0
#include "config/dialect_scanner.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "base/text.hpp"
#include "config/uri_text.hpp"

namespace mqfail {
namespace {

constexpr std::size_t kMostProblems = 100;  // syntax errors after which the rest is guesswork

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_json_number(std::string_view text) {
  std::size_t i = text.starts_with('-') ? 1 : 0;
  const auto digits = [&] {
    const std::size_t begin = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    return i > begin;
  };
  if (i < text.size() && text[i] == '0') {
    ++i;
  } else if (!digits()) {
    return false;
  }
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (!digits()) return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (!digits()) return false;
  }
  return i == text.size();
}

// Nothing between the quotes that JSON would have escaped.
bool is_plain(std::string_view content) {
  return std::none_of(content.begin(), content.end(), [](char c) {
    return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
  });
}

// Length of a typographic quotation mark at the front of `text`, 0 if there is none.
std::size_t typographic_quote(std::string_view text) {
  constexpr std::array<std::string_view, 7> kQuotes = {"\u201C", "\u201D", "\u201E", "\u201F",
                                                       "\u2018", "\u2019", "\u201A"};
  for (const std::string_view quote : kQuotes) {
    if (text.starts_with(quote)) return quote.size();
  }
  return text.starts_with("\u00AB") || text.starts_with("\u00BB") ? 2 : 0;
}

}  // namespace

void DialectScanner::fail(std::size_t at, std::string message) {
  if (stopped_) return;
  strict_.problems.push_back({at, Severity::error, std::move(message)});
  if (strict_.problems.size() < kMostProblems) return;
  strict_.problems.push_back({at, Severity::error, "too many errors: the rest was not read"});
  stopped_ = true;
  pos_ = in_.size();
}

void DialectScanner::blank(std::size_t begin, std::size_t end) {
  begin = std::min(begin, in_.size());
  end = std::clamp(end, begin, in_.size());
  std::fill(strict_.text.begin() + static_cast<std::ptrdiff_t>(begin),
            strict_.text.begin() + static_cast<std::ptrdiff_t>(end), ' ');
}

void DialectScanner::stand_in(std::size_t begin, std::size_t end) {
  blank(begin, end);
  if (begin < in_.size()) strict_.text[begin] = '0';
  damage(begin);
}

bool DialectScanner::looks_like_utf16() {
  const bool marked = in_.starts_with("\xFF\xFE") || in_.starts_with("\xFE\xFF");
  if (!marked && !(in_.size() > 1 && (in_[0] == '\0' || in_[1] == '\0'))) return false;
  fail(0, "the document is UTF-16; save it as UTF-8");
  return true;
}

void DialectScanner::check_utf8() {
  if (is_ascii(in_) || is_utf8(in_)) return;
  for (std::size_t i = 0; i < in_.size() && !stopped_;) {
    const auto lead = static_cast<unsigned char>(in_[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (lead < 0x80 || is_utf8(in_.substr(i, length))) {
      i += length;
      continue;
    }
    fail(i,
         "not UTF-8; save the document as UTF-8 (an editor may call the present form "
         "Windows-1252 or Latin-1)");
    // One report a line: the rest of it is likely to be the same.
    const std::size_t end = std::min(in_.find('\n', i), in_.size());
    for (; i < end; ++i) {
      if (static_cast<unsigned char>(in_[i]) >= 0x80) strict_.text[i] = '?';
    }
  }
  cleaned_ = strict_.text;
  in_ = cleaned_;
}

bool DialectScanner::looks_like_markdown() {
  space();
  if (at_end() || peek() == '{' || peek() == '[' || peek() == '`') return false;
  const bool fenced = in_.find("\n```") != kNone;
  if (!fenced && peek() != '#' && !rest().starts_with("---")) return false;
  fail(pos_, "this is a Markdown page, not a document; pass only the JSON of one example");
  return true;
}

void DialectScanner::space() {
  while (!at_end()) {
    if (is_space(peek())) {
      ++pos_;
    } else if (rest().starts_with("//") || rest().starts_with("/*")) {
      fail(pos_, "a comment: JSON has none");
      if (stopped_) return;
      const std::size_t close = rest().starts_with("//") ? kNone : in_.find("*/", pos_ + 2);
      const std::size_t end =
          close != kNone ? close + 2 : std::min(in_.find('\n', pos_), in_.size());
      blank(pos_, end);
      pos_ = end;
    } else {
      return;
    }
  }
}

void DialectScanner::skip_line() {
  const std::size_t end = std::min(in_.find('\n', pos_), in_.size());
  const std::size_t colon = in_.find(':', pos_);
  if (colon < end) strict_.secrets.push_back({colon + 1, end});  // a value, and nobody knows whose
  blank(pos_, end);
  pos_ = end;
}

void DialectScanner::skip_nested() {
  int depth = 0;
  do {
    const char c = peek();
    if (c == '"') {
      const std::size_t close = closing_quote(pos_);
      pos_ = close == kNone ? pos_ : close;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    ++pos_;
  } while (depth > 0 && !at_end());
}

void DialectScanner::panic() {
  while (!at_end() && std::string_view(",}]\n").find(peek()) == kNone) {
    const std::size_t close = peek() == '"' ? closing_quote(pos_) : kNone;
    pos_ = (close == kNone ? pos_ : close) + 1;
  }
}

std::string DialectScanner::unexpected(std::string_view wanted) const {
  if (at_end()) return "the document ends where " + std::string(wanted) + " is expected";
  if (rest().starts_with("```"))
    return "a Markdown fence stands here; pass only the JSON between the fences";
  std::size_t length = 1;
  while (pos_ + length < in_.size() &&
         (static_cast<unsigned char>(in_[pos_ + length]) & 0xC0U) == 0x80U)
    ++length;
  return "'" + printable(in_.substr(pos_, length)) + "' where " + std::string(wanted) +
         " is expected";
}

bool DialectScanner::string() {
  const std::size_t open = pos_;
  const std::size_t close = closing_quote(open);
  if (close == kNone) {
    std::size_t end = std::min(in_.find('\n', open), in_.size());
    if (end > open + 1 && in_[end - 1] == '\r') --end;
    bool typographic = false;
    for (std::size_t i = open; i < end; ++i)
      typographic = typographic || typographic_quote(in_.substr(i)) != 0;
    fail(open, typographic ? "this string is not closed: it ends with a typographic quote; write \""
                           : "this string is not closed on its line");
    pos_ = stopped_ ? in_.size() : end;
    swallowed_ = pos_;
    return false;
  }
  pos_ = close + 1;
  const std::string_view content = in_.substr(open + 1, close - open - 1);
  // Most strings are plain: one look instead of two careful ones.
  bool plain = true;
  for (const char c : content)
    plain = plain && c != '\\' && c != '@' && static_cast<unsigned char>(c) >= 0x20;
  if (!plain) {
    check_content(open + 1, close);
    hide_user_info(open + 1, close);
  }
  return true;
}

bool DialectScanner::foreign_quote() const {
  if (at_end()) return false;
  return peek() == '\'' ||
         (static_cast<unsigned char>(peek()) >= 0x80 && typographic_quote(rest()) != 0);
}

bool DialectScanner::foreign_string() {
  const std::size_t open = pos_;
  const bool single = peek() == '\'';
  fail(open, single ? "single quotes: JSON strings stand in double quotes"
                    : "typographic quotes: write straight ones (\")");
  if (stopped_) return false;
  const std::size_t mark = single ? 1 : typographic_quote(rest());
  std::size_t i = open + mark;
  std::size_t closing = 0;
  for (; i < in_.size() && in_[i] != '\n'; ++i) {
    closing =
        single ? (in_[i] == '\'' ? 1 : 0) : (in_[i] == '"' ? 1 : typographic_quote(in_.substr(i)));
    if (closing != 0) break;
  }
  const std::string_view content = in_.substr(open + mark, i - open - mark);
  pos_ = i + closing;
  if (closing == 0 || !is_plain(content)) return false;
  blank(open, open + mark);
  blank(i, i + closing);
  strict_.text[open + mark - 1] = '"';
  strict_.text[i] = '"';
  hide_user_info(open + mark, i);
  return true;
}

bool DialectScanner::word() {
  const std::size_t begin = pos_;
  while (!at_end() && !is_space(peek()) && std::string_view(",:{}[]\"").find(peek()) == kNone)
    ++pos_;
  const std::string_view text = in_.substr(begin, pos_ - begin);
  if (text.empty()) {
    fail(pos_, "a value is missing: " + unexpected("one"));
    return false;
  }
  if (text == "true" || text == "false" || text == "null" || is_json_number(text)) return true;
  const std::string low = lower_case(text);
  if (low == "true" || low == "false" || low == "null") {
    fail(begin, "write " + low + " in lower case");
  } else if (low == "none" || low == "nil" || low == "undefined") {
    fail(begin, "'" + printable(text, 32) + "' is not JSON; write null, or \"None\" in quotes");
  } else if (is_digit(text.front()) || text.front() == '-' || text.front() == '+' ||
             text.front() == '.') {
    fail(begin, "not a JSON number; write decimal digits, or put it in double quotes");
  } else {
    fail(begin, "a word without quotes; strings stand in double quotes");
  }
  if (stopped_) return false;
  stand_in(begin, pos_);
  return true;
}

std::size_t DialectScanner::closing_quote(std::size_t open) const {
  for (std::size_t i = open + 1; i < in_.size() && in_[i] != '\n'; ++i) {
    if (in_[i] == '"') return i;
    if (in_[i] == '\\') ++i;
  }
  return kNone;
}

void DialectScanner::check_content(std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end && !stopped_; ++i) {
    const char c = in_[i];
    if (static_cast<unsigned char>(c) < 0x20) {
      fail(i, "a control character stands in a string; write it as \\u00XX");
      strict_.text[i] = ' ';
      damage(begin - 1);
    } else if (c == '\\') {
      const char kind = in_[i + 1];
      std::size_t length = 2;
      bool good = std::string_view("\"\\/bfnrt").find(kind) != kNone;
      if (kind == 'u') {
        length = 6;
        good = i + 6 <= end && std::all_of(in_.begin() + static_cast<std::ptrdiff_t>(i) + 2,
                                           in_.begin() + static_cast<std::ptrdiff_t>(i) + 6,
                                           [](unsigned char h) { return std::isxdigit(h) != 0; });
      }
      if (!good) {
        fail(i, "a backslash begins no escape here; write a backslash as \\\\");
        length = 1;
        blank(i, i + 1);  // not more: what follows may be half of a character
        damage(begin - 1);
      }
      i += length - 1;
    }
  }
}

void DialectScanner::hide_user_info(std::size_t begin, std::size_t end) {
  const std::string_view content = in_.substr(begin, end - begin);
  const std::size_t at = content.rfind('@');
  if (at == kNone) return;
  const std::size_t scheme = content.find("://");
  strict_.secrets.push_back({scheme < at ? begin + scheme + 3 : begin, begin + at});
}

}  // namespace mqfail
