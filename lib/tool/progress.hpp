// SPDX-License-Identifier: Apache-2.0
// The progress of mqfail-pub as one line for a terminal. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "session/counts.hpp"
#include "session/standing.hpp"

namespace mqfail {

/// How fast a number grows, smoothed over some calls.
class Rate {
 public:
  /// Per second. 0 until two calls have a time between them.
  double update(std::uint64_t number, TimePoint now);

 private:
  std::optional<TimePoint> at_;
  std::uint64_t number_ = 0;
  std::optional<double> rate_;
};

struct ProgressFacts {
  std::string_view tool;
  std::string_view noun;  ///< "line"
  const Counts& counts;
  const Standing& standing;
  double rate = 0;     ///< messages a second
  Duration elapsed{};  ///< of the run
};

/// "mqfail-pub: 1,234 lines, 567/s, 100 unsettled, b:1883, 42s left", at most `width` characters.
std::string progress_text(const ProgressFacts& facts, std::size_t width);

}  // namespace mqfail
