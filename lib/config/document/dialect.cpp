// SPDX-License-Identifier: Apache-2.0
#include "config/document/dialect.hpp"

#include <algorithm>
#include <cctype>

#include "base/text.hpp"
#include "config/document/dialect_scanner.hpp"
#include "config/document/document_keys.hpp"

namespace mqfail {
namespace {

// The value of any other key could be a password under a misspelt name.
bool may_be_shown(std::string_view quoted_key) {
  if (quoted_key.size() < 2) return false;
  const std::string_view name = quoted_key.substr(1, quoted_key.size() - 2);
  const Key key = find_key(name);
  return key == kKeys ? is_data_source_key(name) : key != kPassword && key != kCertificatePassword;
}

class Normaliser : private DialectScanner {
 public:
  explicit Normaliser(std::string_view document) : DialectScanner(document) {}

  void run() {
    if (!looks_like_utf16()) {
      check_utf8();
      if (in_.starts_with("\xEF\xBB\xBF")) replace(0, pos_ = 3);
      if (!looks_like_markdown()) top_level();
    }
  }

  using DialectScanner::secrets;
  using DialectScanner::strict_text;

 private:
  void top_level() {
    std::size_t comma = kNone;
    // A document without its beginning has one error, not one a line.
    bool lost_begin = false;
    auto& values = strict_.values;
    while (true) {
      space();
      if (at_end()) break;
      const std::size_t begin = pos_;
      const char c = peek();
      if (c == '{' || c == '[') {
        comma = kNone;
        values.push_back(begin);
        value(1);
      } else if (c == ',') {
        if (values.empty() || comma != kNone) fail(pos_, "a ',' with no server before it");
        comma = begin;
        replace(begin, ++pos_);
      } else if (c == '}' || c == ']') {
        if (!lost_begin)
          fail(pos_, std::string("a stray '") + c +
                         "': nothing is open here; is the beginning of the document missing?");
        if (stopped_) break;
        lost_begin = true;
        replace(begin, ++pos_);
        drop_separator();
      } else if (at_member()) {
        if (!lost_begin) fail(pos_, kNoBrace);
        if (stopped_) break;
        skip_members();
        replace(begin, pos_);
        drop_separator();
      } else {
        if (!lost_begin) fail(pos_, unexpected("'{' or '['"));
        skip_line();
        replace(begin, pos_);
      }
    }
    if (comma != kNone && !values.empty()) fail(comma, "a ',' with no server after it");
  }

  static constexpr const char* kNoBrace =
      "a key where a server begins: is a '{' missing before it?";

  // Of a comma behind something that was left out: "}," is one slip, not two.
  void drop_separator() {
    space();
    if (at_end() || peek() != ',') return;
    replace(pos_, pos_ + 1);
    ++pos_;
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
      stand_in(begin, "0");
      return true;
    }
    if (c == '{') return container(depth, '}'), true;
    if (c == '[') return container(depth, ']'), true;
    if (c == '"' || foreign_quote()) {
      if (!string()) stand_in(begin, "0");
      return true;
    }
    return word();
  }

  // State of one object or array while its members are read.
  struct Open {
    std::size_t at = 0;
    char close = '}';
    int depth = 0;
    bool due = false;           // a separator must come before the next member
    bool any = false;           // a member stands in the result
    std::size_t comma = kNone;  // a comma in the result that waits for its next member
    bool lost_begin = false;    // a '{' is missing, and that was reported
  };

  // A '}' in an array that no '{' waits for; where one does, no '{' can follow its comma.
  bool closes_nothing(const Open& open) const {
    if (!at_stray_brace()) return false;
    const std::size_t comma = in_.find(',', pos_);
    const std::size_t next = in_.find_first_not_of(" \t\r\n", comma + 1);
    return closers_.find('}') == std::string::npos || in_[next] == '{' || !open.due;
  }

  void container(int depth, char close) {
    Open open{pos_, close, depth, false, false, kNone, false};
    closers_ += close;
    ++pos_;
    while (true) {
      space();
      if (at_end()) {
        // A string that is not closed may have taken the bracket along: one slip, one error.
        const bool swallowed =
            swallowed_ != kNone && trimmed(in_.substr(std::min(swallowed_, in_.size()))).empty();
        if (!stopped_ && !swallowed)
          fail(open.at, std::string("this '") + in_[open.at] + "' is never closed");
        end_members(open);
        replace(pos_, pos_, closer(open));
        break;
      }
      const char c = peek();
      if (c == close) {
        end_members(open);
        ++pos_;
        break;
      }
      if (c == ',') {
        separator(open);
      } else if (close == ']' && closes_nothing(open)) {
        fail(pos_, "a stray '}': no '{' is open here");
        if (stopped_) break;
        replace(pos_, pos_ + 1);
        ++pos_;
        if (!open.due) drop_separator();
        damage(open.at);
        open.lost_begin = true;
      } else if (c == '}' || c == ']') {
        wrong_close(open);
        break;
      } else {
        const std::size_t begin = pos_;
        const std::size_t before = changes();
        const bool good = close == '}' ? member(open) : element(open);
        if (good) {
          open.any = true;
          open.comma = kNone;
        } else {
          if (pos_ == begin && !at_end()) ++pos_;  // never stand still
          leave_out(begin, before);
          damage(open.at);
        }
        open.due = true;
      }
    }
    closers_.pop_back();
  }

  static std::string_view closer(const Open& open) { return open.close == '}' ? "}" : "]"; }

  void end_members(const Open& open) {
    if (open.comma != kNone) drop_comma(open.comma);
  }

  void separator(Open& open) {
    if (!open.due) fail(pos_, "a ',' with nothing before it");
    if (stopped_) return;
    if (open.any && open.comma == kNone) {
      open.comma = pos_;
    } else {
      replace(pos_, pos_ + 1);
    }
    open.due = false;
    ++pos_;
  }

  // A bracket of the other kind ends the container. If it closes an outer one, ours was forgotten.
  void wrong_close(Open& open) {
    fail(pos_, std::string("'") + peek() + "' where '" + open.close + "' is expected");
    if (stopped_) return;
    end_members(open);
    const std::size_t begin = pos_;
    if (closers_.find(peek()) == std::string::npos) ++pos_;
    replace(begin, pos_, closer(open));
    damage(open.at);
  }

  void check_comma(const Open& open) {
    if (open.due) fail(pos_, "a ',' is missing before this");
    if (open.any && open.comma == kNone) replace(pos_, pos_, ",");
  }

  bool element(const Open& open) {
    const std::size_t begin = pos_;
    if (at_member()) {
      if (!open.lost_begin) fail(pos_, kNoBrace);
      if (!stopped_) skip_members();
      return false;
    }
    check_comma(open);
    if (stopped_ || !value(open.depth + 1)) return false;
    // No documented form has anything but objects in an array; a string there may be anything.
    if (in_[begin] != '{' && in_[begin] != '[') secrets_.push_back({begin, pos_});
    return true;
  }

  bool member(const Open& open) {
    const std::size_t begin = pos_;
    const char c = peek();
    bool good = true;
    if (c == '{' || c == '[') {
      fail(pos_, unexpected("a key in double quotes") + "; is a '}' missing before it?");
      if (!stopped_) value(open.depth + 1);
      return false;
    }
    if (c == '"' || foreign_quote()) {
      check_comma(open);
      if (stopped_) return false;
      if (!string()) return false;
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
      if (!may_be_shown(key)) secrets_.push_back({begin + key.size(), pos_});
      return false;
    }
    ++pos_;
    space();
    const std::size_t value_begin = pos_;
    if (!value(open.depth + 1)) return false;
    const std::string_view written = in_.substr(value_begin, pos_ - value_begin);
    const bool scalar = !written.starts_with('{') && !written.starts_with('[') && written != "null";
    if (scalar && !may_be_shown(key)) secrets_.push_back({value_begin, pos_});
    return good;
  }

  std::string closers_;  // of what is open, outermost first
};

}  // namespace

StrictText to_strict(std::string_view document, std::size_t spare) {
  Normaliser normaliser(document);
  normaliser.run();
  return normaliser.strict_text(spare);
}

std::vector<Span> find_secrets(std::string_view document) {
  Normaliser normaliser(document);
  normaliser.run();
  return normaliser.secrets();
}

}  // namespace mqfail
