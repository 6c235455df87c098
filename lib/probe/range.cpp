// SPDX-License-Identifier: Apache-2.0
#include "probe/range.hpp"

#include <charconv>
#include <cmath>

namespace mqfail {
namespace {

constexpr double kEndless = std::numeric_limits<double>::infinity();

std::optional<double> number(std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [at, failure] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  if (failure != std::errc() || at != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace

std::optional<Range> parse_range(std::string_view text) {
  Range range;
  range.text = text;
  if (text.starts_with('@')) {
    range.inside = true;
    text.remove_prefix(1);
  }
  const std::size_t colon = text.find(':');
  const std::string_view start = colon == text.npos ? "" : text.substr(0, colon);
  const std::string_view end = colon == text.npos ? text : text.substr(colon + 1);
  if (start.empty() && end.empty()) return std::nullopt;
  if (start == "~") {
    range.start = -kEndless;
  } else if (!start.empty()) {
    const auto value = number(start);
    if (!value) return std::nullopt;
    range.start = *value;
  }
  if (!end.empty()) {
    const auto value = number(end);
    if (!value) return std::nullopt;
    range.end = *value;
  }
  if (range.start > range.end) return std::nullopt;
  return range;
}

}  // namespace mqfail
