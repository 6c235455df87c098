// SPDX-License-Identifier: Apache-2.0
#include "config/document/problem.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <utility>

#include "base/text.hpp"
#include "base/utf8.hpp"

namespace mqfail {
namespace {

constexpr std::size_t kBefore = 64;  // characters shown on either side of the caret
constexpr std::size_t kAfter = 48;

// On a line too broken to find its secrets, everything behind such a word or behind the "://" of a
// user and password is hidden.
std::size_t after_secret_word(std::string_view line) {
  const std::string low = lower_case(line);
  std::size_t found = std::string::npos;
  for (const std::string_view word : {"pass", "secret", "token"})
    found = std::min(found, low.find(word));
  if (const std::size_t at = low.find('@'); at < found) {
    const std::size_t scheme = low.rfind("://", at);
    return scheme == std::string::npos ? at : scheme + 3;
  }
  if (found == std::string::npos) return found;
  while (found < low.size() && (std::isalnum(static_cast<unsigned char>(low[found])) != 0)) ++found;
  return found;
}

}  // namespace

DocumentText::DocumentText(std::string name, std::string_view text, std::vector<Span> secrets,
                           bool broken)
    : name_(std::move(name)),
      text_(text),
      secrets_(std::move(secrets)),
      broken_(broken),
      lines_{0} {
  for (std::size_t at = text.find('\n'); at != std::string_view::npos;
       at = text.find('\n', at + 1)) {
    lines_.push_back(at + 1);
  }
  std::sort(secrets_.begin(), secrets_.end(),
            [](const Span& a, const Span& b) { return a.begin < b.begin; });
  std::size_t kept = 0;
  for (const Span& span : secrets_) {
    if (kept > 0 && span.begin <= secrets_[kept - 1].end) {
      secrets_[kept - 1].end = std::max(secrets_[kept - 1].end, span.end);
    } else {
      secrets_[kept++] = span;
    }
  }
  secrets_.resize(kept);
}

Position DocumentText::position(std::size_t offset) const {
  offset = std::min(offset, text_.size());
  const auto line = std::prev(std::upper_bound(lines_.begin(), lines_.end(), offset));
  std::string_view before = text_.substr(*line, offset - *line);
  if (*line == 0 && before.starts_with("\xEF\xBB\xBF")) before.remove_prefix(3);
  return {static_cast<std::size_t>(line - lines_.begin()) + 1, characters(before) + 1};
}

std::vector<Report> DocumentText::reports(std::vector<Problem> problems) const {
  std::stable_sort(problems.begin(), problems.end(),
                   [](const Problem& a, const Problem& b) { return a.offset < b.offset; });
  std::vector<Report> all;
  all.reserve(problems.size());
  std::size_t before = 0;  // a document may be one long line: its columns are counted once
  Position at;
  for (const Problem& problem : problems) {
    const std::size_t offset = std::min(problem.offset, text_.size());
    const bool same_line = !all.empty() && line_begin(offset) <= before;
    if (same_line) {
      at.column += characters(text_.substr(before, offset - before));
    } else {
      at = position(offset);
    }
    before = offset;
    const char* word = problem.severity == Severity::error ? ": error: " : ": warning: ";
    all.push_back({problem.severity,
                   name_ + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + word +
                       problem.message,
                   excerpt(offset), at, problem.message});
  }
  return all;
}

std::size_t DocumentText::line_begin(std::size_t offset) const {
  return *std::prev(std::upper_bound(lines_.begin(), lines_.end(), offset));
}

// The first secret that ends after `offset`.
std::vector<Span>::const_iterator DocumentText::secret_after(std::size_t offset) const {
  return std::partition_point(secrets_.begin(), secrets_.end(),
                              [&](const Span& s) { return s.end <= offset; });
}

std::string DocumentText::shown(std::size_t begin, std::size_t end) const {
  std::string out;
  auto next = secret_after(begin);
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

std::string DocumentText::excerpt(std::size_t offset) const {
  const auto next_line = std::upper_bound(lines_.begin(), lines_.end(), offset);
  std::size_t begin = *std::prev(next_line);
  if (begin == 0 && text_.starts_with("\xEF\xBB\xBF")) begin = 3;
  std::size_t end = next_line == lines_.end() ? text_.size() : *next_line - 1;
  if (end > begin && text_[end - 1] == '\r') --end;
  offset = std::clamp(offset, begin, std::max(begin, end));

  std::size_t from = offset;
  for (std::size_t n = 0; from > begin && n < kBefore; ++n) {
    --from;
    while (from > begin && continues_character(text_[from])) --from;
  }
  std::size_t to = offset;
  for (std::size_t n = 0; to < end && n < kAfter; ++n) {
    ++to;
    while (to < end && continues_character(text_[to])) ++to;
  }
  if (broken_) {
    // The word may stand before the window.
    const std::size_t look = std::max(begin, from > 4096 ? from - 4096 : 0);
    const std::size_t hidden = after_secret_word(text_.substr(look, to - look));
    if (hidden != std::string::npos) to = std::min(to, look + hidden);
    from = std::min(from, to);
  }
  const std::size_t caret = std::min(offset, to);
  // A window that begins or has its caret inside a secret begins with all of its ***.
  const std::string front = from > begin ? "..." : "";
  std::size_t width = characters(front + shown(from, caret));
  const auto around = secret_after(caret);
  if (around != secrets_.end() && around->begin < caret) width -= std::min<std::size_t>(width, 3);
  return "    " + front + shown(from, to) + (to < end ? "..." : "") + "\n    " +
         std::string(width, ' ') + "^";
}

}  // namespace mqfail
