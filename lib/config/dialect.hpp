// SPDX-License-Identifier: Apache-2.0
// From the dialect of the AVEVA pages to strict JSON of the same length: byte n of the result
// stands for byte n of the document, so that every later position is a position in what the user
// wrote. Rule: the result is always strict; what was wrong is reported and then repaired or
// blanked, so that one run finds everything.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/problem.hpp"

namespace mqfail {

/// Deepest nesting; the deepest documented form has 4 levels.
inline constexpr int kDeepest = 32;

struct StrictText {
  std::string text;          ///< closing brackets that were missing stand after the original end
  std::vector<Span> values;  ///< the top-level values, each strict JSON; commas between are gone
  std::vector<std::size_t>
      damaged;                ///< where values begin that are not what was written, or lost members
  std::vector<Span> secrets;  ///< what must not be shown
  std::vector<Problem> problems;  ///< errors only
};

/// Accepts beyond JSON: several top-level values with or without a comma between, trailing commas,
/// a byte order mark. Knows by name, to say what to do: typographic quotes, Markdown, comments,
/// UTF-16, stray brackets, unquoted words, missing commas and colons.
StrictText to_strict(std::string_view document);

}  // namespace mqfail
