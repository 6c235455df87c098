// SPDX-License-Identifier: Apache-2.0
#include "config/dialect.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "config/dialect_scanner.hpp"
#include "config/uri_text.hpp"

namespace mqfail {
namespace {

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

class Normaliser : private DialectScanner {
 public:
  explicit Normaliser(std::string_view document) : DialectScanner(document) {}

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
    if (foreign_quote()) {
      if (!foreign_string()) stand_in(begin, pos_);
      return true;
    }
    return word();
  }

  // State of one object or array while its members are read.
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
    if (c == '"' || foreign_quote()) {
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
};

}  // namespace

StrictText to_strict(std::string_view document) {
  return Normaliser(document).run();
}

}  // namespace mqfail
