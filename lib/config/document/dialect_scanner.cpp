// SPDX-License-Identifier: Apache-2.0
#include "config/document/dialect_scanner.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <utility>

#include "base/encoding.hpp"
#include "base/number.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"

namespace mqfail {
namespace {

bool is_space(char c) {
  return c == ' ' || (c <= '\r' && (c == '\n' || c == '\r' || c == '\t'));
}

// Nothing between the quotes that JSON would have escaped.
bool is_plain(std::string_view content) {
  return std::none_of(content.begin(), content.end(), [](char c) {
    return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
  });
}

// How a letter matters to a string.
enum class Letter : unsigned char { plain, at, special };
constexpr auto kLetters = [] {
  std::array<Letter, 256> letters{};
  for (std::size_t c = 0; c < 0x20; ++c) letters[c] = Letter::special;
  letters['"'] = letters['\\'] = Letter::special;
  letters['@'] = letters['?'] = letters[':'] = Letter::at;
  return letters;
}();

bool ends_word(char c) {
  return is_space(c) || c == ',' || c == ':' || c == '{' || c == '}' || c == '[' || c == ']' ||
         c == '"';
}

// Of the escape at the front of `text`: 2, 6, or 0 if it is none.
std::size_t escape_length(std::string_view text) {
  if (text.size() < 2) return 0;
  if (std::string_view("\"\\/bfnrt").find(text[1]) != std::string_view::npos) return 2;
  return text[1] == 'u' && text.size() >= 6 && all_hexadecimal(text.substr(2, 4)) ? 6 : 0;
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

DialectScanner::~DialectScanner() {
  explicit_bzero(cleaned_.data(), cleaned_.size());
}

void DialectScanner::fail(std::size_t at, std::string message) {
  if (stopped_) return;
  auto& problems = strict_.problems;
  problems.push_back({at, Severity::error, std::move(message)});
  if (problems.size() < kMostProblems) return;
  problems.push_back({at, Severity::error, std::string(kTooManyErrors)});
  stopped_ = true;
  pos_ = in_.size();
}

void DialectScanner::stand_in(std::size_t begin, std::string_view by) {
  replace(begin, pos_, by);
  damage(begin);
}

StrictText DialectScanner::strict_text(std::size_t spare) {
  if (stopped_) strict_.values.clear();
  std::sort(strict_.damaged.begin(), strict_.damaged.end());
  if (!strict_.values.empty()) changes_.apply(in_, spare, strict_);
  return std::move(strict_);
}

bool DialectScanner::looks_like_utf16() {
  const bool marked = in_.starts_with("\xFF\xFE") || in_.starts_with("\xFE\xFF");
  if (!marked && !(in_.size() > 1 && (in_[0] == '\0' || in_[1] == '\0'))) return false;
  fail(0, "the document is UTF-16; save it as UTF-8");
  return true;
}

void DialectScanner::check_utf8() {
  if (is_utf8(in_)) return;
  cleaned_ = in_;
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
      if (static_cast<unsigned char>(in_[i]) >= 0x80) cleaned_[i] = '?';
    }
  }
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
  while (true) {
    std::size_t at = pos_;  // not pos_ itself, which would be stored for every blank
    while (at < in_.size() && is_space(in_[at])) ++at;
    pos_ = at;
    if (at_end() || peek() != '/') return;
    const bool line = rest().starts_with("//");
    if (!line && !rest().starts_with("/*")) return;
    fail(pos_, "a comment: JSON has none");
    if (stopped_) return;
    const std::size_t close = line ? kNone : in_.find("*/", pos_ + 2);
    const std::size_t begin = pos_;
    pos_ = close != kNone ? close + 2 : std::min(in_.find('\n', pos_), in_.size());
    replace(begin, pos_);
  }
}

void DialectScanner::skip_line() {
  const std::size_t end = std::min(in_.find('\n', pos_), in_.size());
  const std::size_t colon = in_.find(':', pos_);
  if (colon < end) secrets_.push_back({colon + 1, end});  // a value of an unknown key
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

bool DialectScanner::at_member() const {
  if (at_end() || peek() != '"') return false;
  const std::size_t close = closing_quote(pos_);
  if (close == kNone) return false;
  std::size_t next = close + 1;
  while (next < in_.size() && is_space(in_[next])) ++next;
  return next < in_.size() && in_[next] == ':';
}

void DialectScanner::skip_members() {
  const std::size_t begin = pos_;
  while (!at_end() && peek() != '}' && peek() != ']') {
    if (peek() == '{' || peek() == '[') {
      skip_nested();
      continue;
    }
    const std::size_t close = peek() == '"' ? closing_quote(pos_) : kNone;
    pos_ = (close == kNone ? pos_ : close) + 1;
  }
  if (!at_end() && peek() == '}') ++pos_;
  secrets_.push_back({begin, pos_});
}

bool DialectScanner::at_stray_brace() const {
  if (at_end() || peek() != '}') return false;
  std::size_t next = pos_ + 1;
  while (next < in_.size() && is_space(in_[next])) ++next;
  if (next >= in_.size() || in_[next] != ',') return false;
  ++next;
  while (next < in_.size() && is_space(in_[next])) ++next;
  return next < in_.size() && (in_[next] == '{' || in_[next] == '"');
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
  while (pos_ + length < in_.size() && continues_character(in_[pos_ + length])) ++length;
  return "'" + printable(in_.substr(pos_, length)) + "' where " + std::string(wanted) +
         " is expected";
}

bool DialectScanner::string() {
  if (peek() != '"') return foreign_string();
  const std::size_t open = pos_;
  // Most strings are plain: one look finds their end and that nothing needs care.
  const std::string_view in = in_;
  std::size_t i = open + 1;
  bool may_be_uri = false;
  for (; i < in.size(); ++i) {
    const Letter letter = kLetters[static_cast<unsigned char>(in[i])];
    if (letter == Letter::plain) continue;
    if (letter == Letter::special) break;
    may_be_uri = true;
  }
  if (i < in_.size() && in_[i] == '"') {
    pos_ = i + 1;
    if (may_be_uri) hide_uri_secrets(open + 1, i);
    return true;
  }
  const std::size_t close = closing_quote(open);
  if (close == kNone) {
    unclosed(open);
    return false;
  }
  pos_ = close + 1;
  hide_uri_secrets(open + 1, close);
  if (!check_content(open + 1, close)) stand_in(open, "\"\"");
  return true;
}

void DialectScanner::unclosed(std::size_t open) {
  std::size_t end = std::min(in_.find('\n', open), in_.size());
  if (end > open + 1 && in_[end - 1] == '\r') --end;
  bool typographic = false;
  for (std::size_t i = open; i < end; ++i)
    typographic = typographic || typographic_quote(in_.substr(i)) != 0;
  fail(open, typographic ? "this string is not closed: it ends with a typographic quote; write \""
                         : "this string is not closed on its line");
  pos_ = stopped_ ? in_.size() : end;
  swallowed_ = pos_;
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
  replace(open, open + mark, "\"");
  replace(i, pos_, "\"");
  hide_uri_secrets(open + mark, i);
  return true;
}

bool DialectScanner::word() {
  const std::size_t begin = pos_;
  while (!at_end() && !ends_word(peek())) ++pos_;
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
  stand_in(begin, "0");
  return true;
}

std::size_t DialectScanner::closing_quote(std::size_t open) const {
  for (std::size_t i = open + 1; i < in_.size() && in_[i] != '\n'; ++i) {
    if (in_[i] == '"') return i;
    if (in_[i] == '\\') ++i;
  }
  return kNone;
}

bool DialectScanner::check_content(std::size_t begin, std::size_t end) {
  bool good = true;
  for (std::size_t i = begin; i < end && !stopped_;) {
    const std::size_t escape = in_[i] == '\\' ? escape_length(in_.substr(i, end - i)) : 1;
    if (escape == 0) {
      fail(i, "a backslash begins no escape here; write a backslash as \\\\");
      good = false;
    } else if (static_cast<unsigned char>(in_[i]) < 0x20) {
      fail(i, "a control character stands in a string; write it as \\u00XX");
      good = false;
    }
    i += std::max<std::size_t>(escape, 1);
  }
  return good;
}

void DialectScanner::hide_uri_secrets(std::size_t begin, std::size_t end) {
  const std::string_view content = in_.substr(begin, end - begin);
  const std::size_t at = content.rfind('@');
  const std::size_t scheme = content.find("://");
  if (at != kNone) secrets_.push_back({scheme < at ? begin + scheme + 3 : begin, begin + at});
  if (scheme == kNone) return;
  // A query may hold a token, and what is no port may be a password whose "@" was forgotten.
  if (const std::size_t query = content.find('?'); query != kNone)
    secrets_.push_back({begin + query + 1, end});
  constexpr std::string_view kEnds = "/?#,;|() \t";
  for (std::size_t at_scheme = scheme; at_scheme != kNone;
       at_scheme = content.find("://", at_scheme + 3)) {
    const std::size_t before = content.substr(0, at_scheme).find_last_of(kEnds);
    const std::size_t word = before == kNone ? 0 : before + 1;
    const std::string_view name = content.substr(word, at_scheme - word);
    if (name.find(':') != kNone && !same_word(name.substr(0, 9), "failover:"))
      secrets_.push_back({begin + word, begin + at_scheme});
    const std::size_t host = at_scheme + 3;
    const std::string_view authority =
        content.substr(host, std::min(content.find_first_of(kEnds, host), content.size()) - host);
    const std::size_t bracket = authority.find(']');
    const std::size_t colon = authority.find(':', bracket == kNone ? 0 : bracket);
    if (colon == kNone || std::all_of(authority.begin() + static_cast<std::ptrdiff_t>(colon) + 1,
                                      authority.end(), is_digit))
      continue;
    secrets_.push_back({begin + host + colon + 1, begin + host + authority.size()});
  }
}

}  // namespace mqfail
