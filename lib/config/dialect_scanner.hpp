// SPDX-License-Identifier: Apache-2.0
// The words of the dialect: white space, strings, bare words, and what is wrong inside them. The
// grammar that puts words together is dialect.cpp's business. Rule: the strict
// text stays as long as the document, byte for byte in its place.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "config/dialect.hpp"
#include "config/problem.hpp"

namespace mqfail {

class DialectScanner {
 protected:
  static constexpr std::size_t kNone = std::string_view::npos;

  explicit DialectScanner(std::string_view document)
      : in_(document), strict_{std::string(document), {}, {}, {}, {}} {}

  bool at_end() const { return pos_ >= in_.size(); }
  char peek() const { return in_[pos_]; }
  std::string_view rest() const { return in_.substr(std::min(pos_, in_.size())); }
  void damage(std::size_t at) { strict_.damaged.push_back(at); }

  /// Reports; after too many, stops by going to the end.
  void fail(std::size_t at, std::string message);
  void blank(std::size_t begin, std::size_t end);
  /// A stand-in for what could not be read: one byte is always enough.
  void stand_in(std::size_t begin, std::size_t end);
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
  /// Leaves a member that makes no sense: to the next separator, bracket or line.
  void panic();
  std::string unexpected(std::string_view wanted) const;
  /// A string in straight quotes. False: it is not closed; pos_ is then at the end of the line.
  bool string();
  /// True before a single or a typographic quote.
  bool foreign_quote() const;
  /// 'text' or “text”: reported once, then read as if it had straight quotes.
  bool foreign_string();
  /// true, false, null, a number, or something that should have been in quotes.
  bool word();

  std::string_view in_;
  std::size_t pos_ = 0;
  std::size_t swallowed_ = kNone;  ///< end of the last string that was not closed
  bool stopped_ = false;           ///< too many errors: pos_ is at the end
  StrictText strict_;

 private:
  /// The quote that closes the one at `open`, on the same line; npos if there is none.
  std::size_t closing_quote(std::size_t open) const;
  /// Escapes and control characters between the quotes.
  void check_content(std::size_t begin, std::size_t end);
  void hide_user_info(std::size_t begin, std::size_t end);

  std::string cleaned_;  // in_ when bad bytes had to be replaced
};

}  // namespace mqfail
