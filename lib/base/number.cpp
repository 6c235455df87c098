// SPDX-License-Identifier: Apache-2.0
#include "base/number.hpp"

#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "base/rounded.hpp"
#include "base/text.hpp"

namespace mqfail {

Result<Duration> parse_duration(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, double>, 7> kUnits = {{{"us", 1},
                                                                          {"ms", 1e3},
                                                                          {"s", 1e6},
                                                                          {"m", 60e6},
                                                                          {"min", 60e6},
                                                                          {"h", 3600e6},
                                                                          {"d", 86400e6}}};
  const std::string shown = printable(text, 64);
  const auto bad = [&](std::string_view why, std::string hint) {
    return Error{ErrorKind::usage, "'" + shown + "' " + std::string(why), std::move(hint)};
  };
  double number = 0;
  const auto [rest, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
  if (failure != std::errc() || !std::isfinite(number))
    return bad("is not a duration", "write 500ms, 5s, 2m or 1h");
  if (number < 0) return bad("is negative", "write 500ms, 5s, 2m or 1h");
  if (unit.empty())
    return bad("has no unit",
               "write " + shown + "s for seconds or " + shown + "ms for milliseconds");
  const auto* const known = std::find_if(kUnits.begin(), kUnits.end(),
                                         [&](const auto& each) { return each.first == unit; });
  if (known == kUnits.end()) return bad("has an unknown unit", "units are us, ms, s, m, h and d");
  const double microseconds = number * known->second;
  if (microseconds > 1e17) return bad("is too long", "the longest duration is about 3,000 years");
  return Duration(rounded(microseconds));
}

}  // namespace mqfail
