// SPDX-License-Identifier: Apache-2.0
#include "probe/report.hpp"

#include <algorithm>

namespace mqfail {
namespace {

constexpr std::array<std::string_view, kProbePhases> kKeys = {
    "dns", "tcp", "tls", "ws", "connack", "suback", "ping", "puback", "round_trip"};

}  // namespace

std::string_view key(ProbePhase phase) {
  return kKeys[static_cast<std::size_t>(phase)];
}

std::string_view name(ProbePhase phase) {
  return phase == ProbePhase::round_trip ? "round trip" : key(phase);
}

std::vector<std::pair<ProbePhase, Duration>> phases(const ServerReport& report) {
  std::vector<std::pair<ProbePhase, Duration>> all;
  for (std::size_t i = 0; i < kProbePhases; ++i) {
    if (report.times[i]) all.emplace_back(static_cast<ProbePhase>(i), *report.times[i]);
  }
  return all;
}

std::optional<Duration> connect_time(const ServerReport& report) {
  if (!report.time(ProbePhase::connack)) return std::nullopt;
  Duration sum{};
  for (const auto& [phase, time] : phases(report)) {
    if (phase <= ProbePhase::connack) sum += time;
  }
  return sum;
}

std::optional<Duration> round_trip_time(const ServerReport& report) {
  const auto own = report.time(ProbePhase::round_trip);
  return own ? own : report.time(ProbePhase::ping);
}

std::size_t count_up(const ServerReports& reports) {
  return static_cast<std::size_t>(std::count_if(reports.begin(), reports.end(),
                                                [](const ServerReport& one) { return one.up; }));
}

void CrossMatrix::leave_out(std::size_t place) {
  for (std::size_t other = 0; other < size_; ++other) at(place, other) = at(other, place) = {};
}

std::size_t CrossMatrix::tried() const {
  std::size_t count = 0;
  for (std::size_t from = 0; from < size_; ++from) {
    for (std::size_t to = 0; to < size_; ++to)
      count += from != to && at(from, to).outcome != Outcome::not_tried ? 1 : 0;
  }
  return count;
}

std::vector<std::pair<std::size_t, std::size_t>> CrossMatrix::missing() const {
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (std::size_t from = 0; from < size_; ++from) {
    for (std::size_t to = 0; to < size_; ++to) {
      if (from != to && at(from, to).outcome == Outcome::missing) pairs.emplace_back(from, to);
    }
  }
  return pairs;
}

}  // namespace mqfail
