// SPDX-License-Identifier: Apache-2.0
#include "config/problem.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <utility>

#include "base/text.hpp"
#include "config/uri_text.hpp"

namespace mqfail {
namespace {

constexpr std::size_t kBefore = 64;  // characters shown on either side of the caret
constexpr std::size_t kAfter = 48;

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

// On a line too broken for its secrets to be found, whatever follows such a word is hidden.
std::size_t after_secret_word(std::string_view line) {
  const std::string low = lower_case(line);
  std::size_t found = std::string::npos;
  for (const std::string_view word : {"pass", "secret", "token"}) found = std::min(found, low.find(word));
  if (found == std::string::npos) return found;
  while (found < low.size() && (std::isalnum(static_cast<unsigned char>(low[found])) != 0)) ++found;
  return found;
}

}  // namespace

Source::Source(std::string name, std::string_view text, std::vector<Span> secrets)
    : name_(std::move(name)), text_(text), secrets_(std::move(secrets)), lines_{0} {
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    lines_.push_back(at + 1);
  }
  std::stable_sort(secrets_.begin(), secrets_.end(), [](const Span& a, const Span& b) { return a.begin < b.begin; });
}

Source::Position Source::position(std::size_t offset) const {
  offset = std::min(offset, text_.size());
  const auto line = std::prev(std::upper_bound(lines_.begin(), lines_.end(), offset));
  std::string_view before = text_.substr(*line, offset - *line);
  if (*line == 0 && before.starts_with("\xEF\xBB\xBF")) before.remove_prefix(3);
  return {static_cast<std::size_t>(line - lines_.begin()) + 1, characters(before) + 1};
}

std::vector<Report> Source::reports(std::vector<Problem> problems) const {
  std::stable_sort(problems.begin(), problems.end(), [](const Problem& a, const Problem& b) { return a.offset < b.offset; });
  std::vector<Report> all;
  all.reserve(problems.size());
  for (const Problem& problem : problems) {
    const Position at = position(problem.offset);
    const char* word = problem.severity == Severity::error ? ": error: " : ": warning: ";
    all.push_back({problem.severity, name_ + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + word + problem.message,
                   excerpt(std::min(problem.offset, text_.size()))});
  }
  return all;
}

std::string Source::shown(std::size_t begin, std::size_t end) const {
  std::string out;
  auto next = std::partition_point(secrets_.begin(), secrets_.end(), [&](const Span& s) { return s.end <= begin; });
  while (begin < end) {
    const std::size_t stop = next == secrets_.end() ? end : std::clamp(next->begin, begin, end);
    std::string plain(text_.substr(begin, stop - begin));
    std::replace(plain.begin(), plain.end(), '\t', ' ');
    out += printable(plain);
    begin = stop;
    if (begin >= end) break;
    if (next->end > begin) out += "***";
    begin = std::max(begin, std::min(next->end, end));
    ++next;
  }
  return out;
}

std::string Source::excerpt(std::size_t offset) const {
  const auto line = std::prev(std::upper_bound(lines_.begin(), lines_.end(), offset));
  std::size_t begin = *line;
  if (begin == 0 && text_.starts_with("\xEF\xBB\xBF")) begin = 3;
  std::size_t end = std::min(text_.find('\n', *line), text_.size());
  if (end > begin && text_[end - 1] == '\r') --end;
  offset = std::clamp(offset, begin, std::max(begin, end));

  std::size_t from = offset;
  for (std::size_t n = 0; from > begin && n < kBefore; ++n) {
    --from;
    while (from > begin && continues(text_[from])) --from;
  }
  std::size_t to = offset;
  for (std::size_t n = 0; to < end && n < kAfter; ++n) {
    ++to;
    while (to < end && continues(text_[to])) ++to;
  }
  // The window must not begin inside a secret: its tail would look like plain text.
  for (const Span& secret : secrets_) {
    if (secret.begin >= to) break;
    if (secret.begin < from && from < secret.end) from = std::min(secret.end, offset);
  }
  const std::size_t hidden = after_secret_word(text_.substr(from, to - from));
  if (hidden != std::string::npos) {
    const bool known = std::any_of(secrets_.begin(), secrets_.end(), [&](const Span& s) { return s.begin >= from + hidden && s.begin <= end; });
    if (!known) to = std::min(to, from + hidden);
  }
  const std::size_t caret = std::min(offset, to);
  const std::string before = (from > begin ? "..." : "") + shown(from, caret);
  // Whole line rather than two halves, so that a secret around the caret is one ***.
  const std::string whole = (from > begin ? "..." : "") + shown(from, to) + (to < end ? "..." : "");
  std::string width(characters(before), ' ');
  const bool inside = std::any_of(secrets_.begin(), secrets_.end(), [&](const Span& s) { return s.begin < caret && caret < s.end; });
  if (inside && width.size() >= 3) width.resize(width.size() - 3);
  return "    " + whole + "\n    " + width + "^";
}

}  // namespace mqfail
