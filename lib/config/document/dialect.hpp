// SPDX-License-Identifier: Apache-2.0
// From the dialect of the AVEVA pages to strict JSON, remembering where each byte came from. Rule:
// the result is always strict; what was wrong is reported and then left out or replaced, so that
// one run finds everything. A document with an error is never used.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/document/problem.hpp"

namespace mqfail {

/// Deepest nesting; the deepest documented form has 4 levels.
inline constexpr int kDeepest = 32;

/// Strict JSON instead of a document.
struct StrictText {
  /// From `strict` on, the text runs in step with the document from `original` on.
  struct Step {
    std::size_t strict = 0;
    std::size_t original = 0;
  };
  std::string text;                 ///< the top-level values, white space between; with secrets
  std::vector<Step> steps;          ///< in order, the first at 0
  std::vector<std::size_t> values;  ///< where in `text` the top-level values begin
  /// Where in the document stood what is not in `text`: a value, a key, or an object or array of
  /// which a part is missing. In order.
  std::vector<std::size_t> damaged;
  std::vector<Problem> problems;  ///< errors only
};

/// Accepts beyond JSON: several top-level values with or without a comma between, trailing commas,
/// a byte order mark. Knows by name, to say what to do: typographic quotes, Markdown, comments,
/// UTF-16, stray brackets, unquoted words, missing commas and colons. The strict text has
/// room for `spare` bytes more.
StrictText to_strict(std::string_view document, std::size_t spare = 0);

/// What must not be shown of a document, errors or not; in no order.
std::vector<Span> find_secrets(std::string_view document);

/// RFC 8259, of any size.
bool is_json_number(std::string_view text);

}  // namespace mqfail
