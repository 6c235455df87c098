// SPDX-License-Identifier: Apache-2.0
// A range of the Monitoring Plugins, [@]START:END, by which -w and -c say which values are an alert
// (https://www.monitoring-plugins.org/doc/guidelines.html, "Threshold and ranges"). Pure.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace mqfail {

struct Range {
  double start = 0;
  double end = std::numeric_limits<double>::infinity();
  bool inside = false;  ///< with @: the values of the range are the alert, both ends too
  std::string text;     ///< as it was written

  /// Without @ the alert is outside of the range, whose ends belong to it.
  bool alerts(double value) const { return (value >= start && value <= end) == inside; }
  friend bool operator==(const Range&, const Range&) = default;
};

/// "10" is 0 to 10, "10:" from 10 on, "~:10" up to 10, "10:20", "@10:20". Nothing: it is no range,
/// or its start is above its end.
std::optional<Range> parse_range(std::string_view text);

}  // namespace mqfail
