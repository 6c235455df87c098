// SPDX-License-Identifier: Apache-2.0
// Words, letter case aside, and text at the edges: what may reach a terminal or a log, and what the
// user may have meant. Nothing here prints.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

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

/// Of an ASCII letter; everything else stays as it is. No locale has a say.
constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
std::string lower_case(std::string_view text);

bool same_letters(std::string_view a, std::string_view b);  ///< same_word() for equal lengths > 0
/// Letter case of ASCII aside. Lengths first, in line: most words differ there already.
inline bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && (a.empty() || same_letters(a, b));
}

/// Without spaces, tabs and line ends at either end.
std::string_view trimmed(std::string_view text);

/// A host as it stands before a port: an IPv6 address in brackets.
std::string bracketed(std::string_view host);

/// The candidate nearest to `word` (case aside) if it is near enough to be meant: "did you mean".
std::optional<std::string> nearest(std::string_view word,
                                   std::span<const std::string_view> candidates);

}  // namespace mqfail
