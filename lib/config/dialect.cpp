// SPDX-License-Identifier: Apache-2.0
#include "config/dialect.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "config/uri_text.hpp"

namespace mqfail {
namespace {

constexpr std::size_t kNone = std::string_view::npos;
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

// Length of a typographic quotation mark at the front of `text`, 0 if there is none.
std::size_t typographic_quote(std::string_view text) {
  constexpr std::array<std::string_view, 7> kQuotes = {"\u201C", "\u201D", "\u201E", "\u201F",
                                                       "\u2018", "\u2019", "\u201A"};
  for (const std::string_view quote : kQuotes) {
    if (text.starts_with(quote)) return quote.size();
  }
  return text.starts_with("\u00AB") || text.starts_with("\u00BB") ? 2 : 0;
}

// Values of these keys may be shown; any other could be a password under a misspelt name.
bool is_harmless(std::string_view quoted_key) {
  constexpr std::array<std::string_view, 14> kHarmless = {"hostnameoripaddress",
                                                          "port",
                                                          "protocol",
                                                          "tls",
                                                          "username",
                                                          "clientcertificatethumbprint",
                                                          "validateservercertificate",
                                                          "serverid",
                                                          "clientid",
                                                          "mqttversion",
                                                          "streamidprefix",
                                                          "defaultstreamidpattern",
                                                          "timezone",
                                                          "primaryhostid"};
  if (quoted_key.size() < 2) return false;
  const std::string_view key = quoted_key.substr(1, quoted_key.size() - 2);
  return std::any_of(kHarmless.begin(), kHarmless.end(),
                     [&](auto known) { return same_word(known, key); });
}

class Normaliser {
 public:
  explicit Normaliser(std::string_view document) : in_(document) {
    strict_.text = std::string(document);
  }

  StrictText run() {
    if (!looks_like_utf16()) {
      check_utf8();
      if (in_.starts_with("\xEF\xBB\xBF")) blank(0, pos_ = 3);
      if (!looks_like_markdown()) top_level();
    }
    if (stopped_) strict_.values.clear();
    auto& damaged = strict_.damaged;
    std::sort(damaged.begin(), damaged.end());
    damaged.erase(std::unique(damaged.begin(), damaged.end()), damaged.end());
    return std::move(strict_);
  }

 private:
  // --- small steps -------------------------------------------------------------------------------
  bool at_end() const { return pos_ >= in_.size(); }
  char peek() const { return in_[pos_]; }
  std::string_view rest() const { return in_.substr(std::min(pos_, in_.size())); }
  void blank(std::size_t begin, std::size_t end) {
    begin = std::min(begin, in_.size());
    end = std::clamp(end, begin, in_.size());
    std::fill(strict_.text.begin() + static_cast<std::ptrdiff_t>(begin),
              strict_.text.begin() + static_cast<std::ptrdiff_t>(end), ' ');
  }
  void damage(std::size_t at) { strict_.damaged.push_back(at); }
  // A stand-in for what could not be read: one byte is always enough.
  void stand_in(std::size_t begin, std::size_t end) {
    blank(begin, end);
    if (begin < in_.size()) strict_.text[begin] = '0';
    damage(begin);
  }
  void fail(std::size_t at, std::string message) {
    if (stopped_) return;
    strict_.problems.push_back({at, Severity::error, std::move(message)});
    if (strict_.problems.size() < kMostProblems) return;
    strict_.problems.push_back({at, Severity::error, "too many errors: the rest was not read"});
    stopped_ = true;
    pos_ = in_.size();
  }

  void skip_line() {
    const std::size_t end = std::min(in_.find('\n', pos_), in_.size());
    const std::size_t colon = in_.find(':', pos_);
    if (colon < end)
      strict_.secrets.push_back({colon + 1, end});  // a value, and nobody knows whose
    blank(pos_, end);
    pos_ = end;
  }

  // White space, and comments, which are an error each.
  void space() {
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

  std::string unexpected(std::string_view wanted) const {
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

  // --- what is known before the first token
  // --------------------------------------------------------
  bool looks_like_utf16() {
    const bool marked = in_.starts_with("\xFF\xFE") || in_.starts_with("\xFE\xFF");
    if (!marked && !(in_.size() > 1 && (in_[0] == '\0' || in_[1] == '\0'))) return false;
    fail(0, "the document is UTF-16; save it as UTF-8");
    return true;
  }

  void check_utf8() {
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

  bool looks_like_markdown() {
    space();
    if (at_end() || peek() == '{' || peek() == '[' || peek() == '`') return false;
    const bool fenced = in_.find("\n```") != kNone;
    if (!fenced && peek() != '#' && !rest().starts_with("---")) return false;
    fail(pos_, "this is a Markdown page, not a document; pass only the JSON of one example");
    return true;
  }

  // --- grammar -----------------------------------------------------------------------------------
  void top_level() {
    std::size_t comma = kNone;
    while (true) {
      space();
      if (at_end()) break;
      const std::size_t begin = pos_;
      const char c = peek();
      if (c == '{' || c == '[') {
        comma = kNone;
        if (value(1)) strict_.values.push_back({begin, at_end() ? strict_.text.size() : pos_});
      } else if (c == ',') {
        if (strict_.values.empty() || comma != kNone) fail(pos_, "a ',' with no server before it");
        comma = pos_;
        blank(pos_, pos_ + 1);
        ++pos_;
      } else if (c == '}' || c == ']') {
        fail(pos_, std::string("a stray '") + c +
                       "': nothing is open here; is the beginning of the document missing?");
        blank(pos_, pos_ + 1);
        ++pos_;
        space();
        if (!at_end() && peek() == ',') {  // "}," is one slip, not two
          blank(pos_, pos_ + 1);
          ++pos_;
        }
      } else {
        fail(pos_, unexpected("'{' or '['"));
        skip_line();
      }
    }
    if (comma != kNone && !strict_.values.empty()) fail(comma, "a ',' with no server after it");
  }

  // Reads one value and leaves strict JSON. False: there is none (reported); nothing was consumed.
  bool value(int depth) {
    const std::size_t begin = pos_;
    if (at_end()) {
      fail(pos_, unexpected("a value"));
      return false;
    }
    const char c = peek();
    if ((c == '{' || c == '[') && depth > kDeepest) {
      fail(begin, "nested more than " + std::to_string(kDeepest) + " levels deep");
      skip_nested();
      stand_in(begin, pos_);
      return true;
    }
    if (c == '{') return container(depth, '}'), true;
    if (c == '[') return container(depth, ']'), true;
    if (c == '"') {
      if (!string()) stand_in(begin, pos_);
      return true;
    }
    if (c == '\'' || typographic_quote(rest()) != 0) {
      if (!foreign_string()) stand_in(begin, pos_);
      return true;
    }
    return word();
  }

  void skip_nested() {
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

  // The quote that closes the one at `open`, on the same line; npos if there is none.
  std::size_t closing_quote(std::size_t open) const {
    for (std::size_t i = open + 1; i < in_.size() && in_[i] != '\n'; ++i) {
      if (in_[i] == '"') return i;
      if (in_[i] == '\\') ++i;
    }
    return kNone;
  }

  // A string in straight quotes. False: it is not closed; pos_ is then at the end of the line.
  bool string() {
    const std::size_t open = pos_;
    const std::size_t close = closing_quote(open);
    if (close == kNone) {
      std::size_t end = std::min(in_.find('\n', open), in_.size());
      if (end > open + 1 && in_[end - 1] == '\r') --end;
      bool typographic = false;
      for (std::size_t i = open; i < end; ++i)
        typographic = typographic || typographic_quote(in_.substr(i)) != 0;
      fail(open, typographic
                     ? "this string is not closed: it ends with a typographic quote; write \""
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

  // Escapes and control characters between the quotes.
  void check_content(std::size_t begin, std::size_t end) {
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

  void hide_user_info(std::size_t begin, std::size_t end) {
    const std::string_view content = in_.substr(begin, end - begin);
    const std::size_t at = content.rfind('@');
    if (at == kNone) return;
    const std::size_t scheme = content.find("://");
    strict_.secrets.push_back({scheme < at ? begin + scheme + 3 : begin, begin + at});
  }

  // 'text' or “text”: reported once, then read as if it had straight quotes.
  bool foreign_string() {
    const std::size_t open = pos_;
    const bool single = peek() == '\'';
    fail(open, single ? "single quotes: JSON strings stand in double quotes"
                      : "typographic quotes: write straight ones (\")");
    if (stopped_) return false;
    const std::size_t mark = single ? 1 : typographic_quote(rest());
    std::size_t i = open + mark;
    std::size_t closing = 0;
    for (; i < in_.size() && in_[i] != '\n'; ++i) {
      closing = single ? (in_[i] == '\'' ? 1 : 0)
                       : (in_[i] == '"' ? 1 : typographic_quote(in_.substr(i)));
      if (closing != 0) break;
    }
    const std::string_view content = in_.substr(open + mark, i - open - mark);
    pos_ = i + closing;
    if (closing == 0 || content.find_first_of("\"\\\t\r") != kNone) return false;
    blank(open, open + mark);
    blank(i, i + closing);
    strict_.text[open + mark - 1] = '"';
    strict_.text[i] = '"';
    hide_user_info(open + mark, i);
    return true;
  }

  // true, false, null, a number, or something that should have been in quotes.
  bool word() {
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

  // --- objects and arrays
  // ---------------------------------------------------------------------------- State of one
  // object or array while its members are read.
  struct Open {
    std::size_t at = 0;
    char close = '}';
    int depth = 0;
    bool any = false;           // a member stands in the result
    bool due = false;           // a separator must come before the next member
    std::size_t comma = kNone;  // a comma in the result that waits for its next member
    std::size_t last = 0;       // end of what was read last
  };

  void container(int depth, char close) {
    Open open{pos_, close, depth, false, false, kNone, 0};
    ++pos_;
    while (true) {
      open.last = pos_;
      space();
      if (at_end()) {
        // A string that is not closed may have taken the bracket along: one slip, one error.
        const bool swallowed =
            swallowed_ != kNone && trimmed(in_.substr(std::min(swallowed_, in_.size()))).empty();
        if (!stopped_ && !swallowed)
          fail(open.at, std::string("this '") + in_[open.at] + "' is never closed");
        drop_comma(open);
        strict_.text += close;
        return;
      }
      const char c = peek();
      if (c == close) {
        drop_comma(open);
        ++pos_;
        return;
      }
      if (c == ',') {
        separator(open);
      } else if (c == '}' || c == ']') {
        if (wrong_close(open)) return;
      } else {
        const std::size_t begin = pos_;
        const std::size_t size = strict_.text.size();
        const bool good = close == '}' ? member(open) : element(open);
        if (!good) {
          strict_.text.resize(size);               // brackets that were closed for it after the end
          if (pos_ == begin && !at_end()) ++pos_;  // never stand still
          blank(begin, pos_);
          damage(open.at);
        } else {
          open.any = true;
          open.comma = kNone;
        }
        open.due = true;
      }
    }
  }

  void drop_comma(Open& open) {
    if (open.comma != kNone) blank(open.comma, open.comma + 1);
  }

  void separator(Open& open) {
    if (!open.due) fail(pos_, "a ',' with nothing before it");
    if (stopped_) return;
    if (open.due && open.any && open.comma == kNone) {
      open.comma = pos_;
    } else {
      blank(pos_, pos_ + 1);
    }
    open.due = false;
    ++pos_;
  }

  // A bracket of the other kind. True: it is taken as ours, for want of a better place.
  bool wrong_close(Open& open) {
    fail(pos_, std::string("'") + peek() + "' where '" + open.close + "' is expected");
    if (stopped_) return false;
    drop_comma(open);
    if (pos_ > open.last) {
      strict_.text[pos_ - 1] = open.close;  // ours was forgotten; the other one is somebody else's
    } else {
      strict_.text[pos_] = open.close;
      ++pos_;
    }
    damage(open.at);
    return true;
  }

  // False: no comma could be put before what begins at `begin`, which must therefore go.
  bool comma_before(Open& open, std::size_t begin) {
    if (!open.due) return true;
    fail(begin, "a ',' is missing before this");
    if (!open.any || open.comma != kNone) return true;
    if (begin == open.last) return false;
    open.comma = begin - 1;
    strict_.text[begin - 1] = ',';
    return true;
  }

  bool element(Open& open) {
    const std::size_t begin = pos_;
    const bool fits = comma_before(open, begin);
    if (stopped_ || !value(open.depth + 1)) return false;
    // No documented form has anything but objects in an array; a string there may be anything.
    if (in_[begin] != '{' && in_[begin] != '[') strict_.secrets.push_back({begin, pos_});
    return fits;
  }

  bool member(Open& open) {
    const std::size_t begin = pos_;
    const char c = peek();
    bool good = true;
    if (c == '{' || c == '[') {
      fail(pos_, unexpected("a key in double quotes") + "; is a '}' missing before it?");
      if (!stopped_) value(open.depth + 1);
      return false;
    }
    if (c == '"' || c == '\'' || typographic_quote(rest()) != 0) {
      good = comma_before(open, begin);
      if (stopped_) return false;
      if (!(c == '"' ? string() : foreign_string())) return false;
    } else {
      while (!at_end() &&
             ((std::isalnum(static_cast<unsigned char>(peek())) != 0) || peek() == '_'))
        ++pos_;
      if (pos_ == begin) {
        fail(pos_, unexpected("a key in double quotes"));
        panic();
        return false;
      }
      fail(begin, "a key without quotes; keys stand in double quotes");
      good = false;
    }
    if (stopped_) return false;
    const std::string_view key = in_.substr(begin, pos_ - begin);
    space();
    if (at_end() || peek() != ':') {
      fail(pos_, unexpected("a ':' after the key"));
      panic();
      if (!is_harmless(key)) strict_.secrets.push_back({begin + key.size(), pos_});
      return false;
    }
    ++pos_;
    space();
    const std::size_t value_begin = pos_;
    if (!value(open.depth + 1)) return false;
    const std::string_view written = in_.substr(value_begin, pos_ - value_begin);
    const bool scalar = !written.starts_with('{') && !written.starts_with('[') && written != "null";
    if (scalar && !is_harmless(key)) strict_.secrets.push_back({value_begin, pos_});
    return good;
  }

  // Leaves a member that makes no sense: to the next separator, bracket or line, strings as a
  // whole.
  void panic() {
    while (!at_end() && std::string_view(",}]\n").find(peek()) == kNone) {
      const std::size_t close = peek() == '"' ? closing_quote(pos_) : kNone;
      pos_ = (close == kNone ? pos_ : close) + 1;
    }
  }

  std::string_view in_;
  std::string cleaned_;  // in_ when bad bytes had to be replaced
  std::size_t pos_ = 0;
  std::size_t swallowed_ = kNone;  // end of the last string that was not closed
  bool stopped_ = false;
  StrictText strict_;
};

}  // namespace

StrictText to_strict(std::string_view document) {
  return Normaliser(document).run();
}

}  // namespace mqfail
