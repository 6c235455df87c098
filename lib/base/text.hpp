// SPDX-License-Identifier: Apache-2.0
// Text at the edges: what may reach a terminal or a log, how durations are read, and what the user
// may have meant. Nothing here prints.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/time.hpp"

namespace mqfail {

/// Longest piece of a server's text that is shown, in bytes before escaping.
inline constexpr std::size_t kShownBytes = 256;

/// `text` cut at `limit` bytes (at a character boundary, with "..."), with control characters
/// (C0, C1, DEL), line and paragraph separators, bidirectional controls and invalid UTF-8 written
/// as \xNN or \uNNNN. The result is one line of valid UTF-8 that cannot colour a terminal.
std::string printable(std::string_view text, std::size_t limit = kShownBytes);

/// `text` as a JSON string with its quotes. Invalid UTF-8 becomes U+FFFD; control characters, DEL,
/// C1 and bidirectional controls are escaped, so that the line can be shown raw as well.
std::string json_string(std::string_view text);

/// True for well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF).
bool is_utf8(std::string_view text);

/// "500ms", "5s", "2m", "1h", fractions allowed. A bare number is an error that shows both
/// spellings (product.md, Units and flags); so is a negative one.
Result<Duration> parse_duration(std::string_view text);

/// The candidate nearest to `word` (case aside) if it is near enough to be meant: "did you mean".
std::optional<std::string> nearest(std::string_view word,
                                   std::span<const std::string_view> candidates);

}  // namespace mqfail
