// SPDX-License-Identifier: Apache-2.0
// The last rounds of a watch, server by server: what the sparklines and the lines of the page show.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "probe/report.hpp"

namespace mqfail {

class History {
 public:
  /// Older rounds are forgotten.
  static constexpr std::size_t kRounds = 120;

  /// Of each server: the total time, or nothing if it is down.
  void add(const ServerReports& reports);

  bool empty() const { return rounds_.empty(); }
  std::size_t rounds() const { return rounds_.size(); }
  /// The newest `most` rounds of the server at `place`, oldest first.
  std::vector<std::optional<Duration>> of(std::size_t place, std::size_t most = kRounds) const;

 private:
  std::deque<std::vector<std::optional<Duration>>> rounds_;
};

/// One of eight bars a round, the tallest for the slowest round shown; an x where the server was
/// down. UTF-8.
std::string sparkline(const std::vector<std::optional<Duration>>& times);

}  // namespace mqfail
