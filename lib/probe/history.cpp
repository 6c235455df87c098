// SPDX-License-Identifier: Apache-2.0
#include "probe/history.hpp"

#include <algorithm>
#include <array>

namespace mqfail {

void History::add(const ServerReports& reports) {
  std::vector<std::optional<Duration>>& round = rounds_.emplace_back();
  for (const ServerReport& report : reports) {
    round.push_back(report.up ? std::optional(report.total) : std::nullopt);
  }
  if (rounds_.size() > kRounds) rounds_.pop_front();
}

std::vector<std::optional<Duration>> History::of(std::size_t place, std::size_t most) const {
  std::vector<std::optional<Duration>> times;
  const std::size_t count = std::min(most, rounds_.size());
  for (std::size_t i = rounds_.size() - count; i < rounds_.size(); ++i) {
    times.push_back(place < rounds_[i].size() ? rounds_[i][place] : std::nullopt);
  }
  return times;
}

std::string sparkline(const std::vector<std::optional<Duration>>& times) {
  static constexpr std::array<const char*, 8> kBars = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  Duration most{1};
  for (const auto& time : times) most = std::max(most, time.value_or(Duration{}));
  std::string out;
  for (const auto& time : times) {
    if (!time) {
      out += "x";
      continue;
    }
    const auto step = (time->count() * 8 - 1) / most.count();
    out += kBars[static_cast<std::size_t>(std::clamp<Duration::rep>(step, 0, 7))];
  }
  return out;
}

}  // namespace mqfail
