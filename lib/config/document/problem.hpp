// SPDX-License-Identifier: Apache-2.0
// What is wrong with a document, and where: FILE:LINE:COL: error: message, the source line, a
// caret. Rule: positions are those of the original bytes, and no excerpt ever shows a secret.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mqfail {

enum class Severity { error, warning };

/// `offset` counts bytes of the original document.
struct Problem {
  std::size_t offset = 0;
  Severity severity = Severity::error;
  std::string message;
};

/// Errors after which the rest of a document is not read, and warnings that are told of one: what a
/// document costs does not depend on how wrong it is.
inline constexpr std::size_t kMostProblems = 100;
inline constexpr std::string_view kTooManyErrors = "too many errors: the rest was not read";

/// Bytes [begin, end) of the original document.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Line and column from 1. A column is a character (code point), as editors count; a byte order
/// mark is none.
struct Position {
  std::size_t line = 1;
  std::size_t column = 1;
};

/// A problem fit for the terminal.
struct Report {
  Severity severity = Severity::error;
  std::string headline;  ///< FILE:LINE:COL: error: message
  std::string excerpt;   ///< the source line and the caret line, no line end after the last
  Position at;
  std::string message;  ///< begins with a JSON pointer and ": " where there is one
};

/// A document's text as the reporter sees it. Borrows `text`.
class DocumentText {
 public:
  /// `secrets`: what excerpts show as ***. `broken`: the syntax has errors, so that secrets may
  /// stand elsewhere too; excerpts then end at any word that announces one.
  DocumentText(std::string name, std::string_view text, std::vector<Span> secrets, bool broken);

  Position position(std::size_t offset) const;

  /// In order of their place; two at the same place keep their order.
  std::vector<Report> reports(std::vector<Problem> problems) const;

 private:
  std::string excerpt(std::size_t offset) const;
  std::size_t line_begin(std::size_t offset) const;
  std::vector<Span>::const_iterator secret_after(std::size_t offset) const;
  std::string shown(std::size_t begin, std::size_t end) const;

  std::string name_;
  std::string_view text_;
  std::vector<Span> secrets_;  // in order, none touches the next
  bool broken_;
  std::vector<std::size_t> lines_;  // where each line begins
};

}  // namespace mqfail
