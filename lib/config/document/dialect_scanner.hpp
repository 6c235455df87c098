// SPDX-License-Identifier: Apache-2.0
// The words of the dialect: white space, strings, bare words, and what is wrong inside them. How
// words make up a document is in dialect.cpp. Rule: nothing is written while reading; changes are
// noted, in order, and done at the end (text_changes.hpp).
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/document/dialect.hpp"
#include "config/document/problem.hpp"
#include "config/document/text_changes.hpp"

namespace mqfail {

class DialectScanner {
 protected:
  static constexpr std::size_t kNone = std::string_view::npos;

  explicit DialectScanner(std::string_view document) : in_(document) {}
  ~DialectScanner();

  bool at_end() const { return pos_ >= in_.size(); }
  char peek() const { return in_[pos_]; }
  std::string_view rest() const { return in_.substr(std::min(pos_, in_.size())); }

  /// Reports; after too many, stops by going to the end.
  void fail(std::size_t at, std::string message);
  void damage(std::size_t at) { strict_.damaged.push_back(at); }
  /// Puts `by`, a literal, in place of [begin, end), which stands behind all changes before.
  void replace(std::size_t begin, std::size_t end, std::string_view by = {}) {
    changes_.replace(begin, end, by);
  }
  /// Leaves out what was read from `begin` on, when there were `before` changes.
  void leave_out(std::size_t begin, std::size_t before) {
    changes_.forget(before);
    replace(begin, pos_);
  }
  std::size_t changes() const { return changes_.count(); }
  /// Leaves out a comma that was read earlier.
  void drop_comma(std::size_t at) { changes_.leave_out_earlier(at); }
  /// Puts `by` in place of what was read from `begin` on and makes no sense.
  void stand_in(std::size_t begin, std::string_view by);
  /// Does the changes; at the end, once. `spare`: as for to_strict().
  StrictText strict_text(std::size_t spare);
  const std::vector<Span>& secrets() const { return secrets_; }
  /// True if it is, and then that is reported and the rest not worth reading.
  bool looks_like_utf16();
  bool looks_like_markdown();
  /// Reports bytes that are not UTF-8, once a line, and reads on as if they were question marks.
  void check_utf8();
  /// White space, and comments, which are an error each.
  void space();
  void skip_line();
  /// From an opening bracket to behind its closing one.
  void skip_nested();
  /// True before a string that a ':' follows.
  bool at_member() const;
  /// Members whose '{' is missing, to behind the '}' that closes them; nothing of them is shown.
  void skip_members();
  /// True before "}," and what may be the next server or a member of one.
  bool at_stray_brace() const;
  /// Leaves a member that makes no sense: to the next separator, bracket or line.
  void panic();
  std::string unexpected(std::string_view wanted) const;

  /// A string in any quotes; quotes other than straight ones are reported. False: it cannot be made
  /// strict; pos_ is behind it, or at the end of its line.
  bool string();
  /// True before a single or a typographic quote.
  bool foreign_quote() const;
  /// true, false, null, a number, or something that should have been in quotes. False: nothing.
  bool word();

  std::string_view in_;
  std::size_t pos_ = 0;
  std::size_t swallowed_ = kNone;  ///< end of the last string that was not closed
  bool stopped_ = false;           ///< too many errors: pos_ is at the end
  StrictText strict_;              ///< without its text
  std::vector<Span> secrets_;

 private:
  bool foreign_string();
  /// The quote that closes the one at `open`, on the same line; npos if there is none.
  std::size_t closing_quote(std::size_t open) const;
  void unclosed(std::size_t open);
  /// Escapes and control characters between the quotes. False: reported.
  bool check_content(std::size_t begin, std::size_t end);
  void hide_uri_secrets(std::size_t begin, std::size_t end);

  TextChanges changes_;
  std::string cleaned_;  // in_ when bad bytes had to be replaced
};

}  // namespace mqfail
