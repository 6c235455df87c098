// SPDX-License-Identifier: Apache-2.0
#include "probe/metric.hpp"

namespace mqfail {
namespace {

constexpr ProbePhase phase_of(Metric metric) {
  return static_cast<ProbePhase>(static_cast<int>(metric) - static_cast<int>(Metric::dns));
}
static_assert(phase_of(Metric::round_trip) == ProbePhase::round_trip);

std::optional<double> in_seconds(std::optional<Duration> time) {
  if (!time) return std::nullopt;
  return static_cast<double>(time->count()) / 1e6;
}

}  // namespace

std::string_view name(Metric metric) {
  switch (metric) {
    case Metric::total:
      return "total time";
    case Metric::connect:
      return "time to connect";
    case Metric::rtt:
      return "round-trip time";
    case Metric::up:
      return "servers up";
    case Metric::certificate_days:
      return "days of its certificate";
    default:
      return name(phase_of(metric));
  }
}

std::string_view unit(Metric metric) {
  if (metric == Metric::up) return "";
  return metric == Metric::certificate_days ? "days" : "s";
}

std::optional<double> value_of(const ServerReport& report, Metric metric) {
  if (metric == Metric::certificate_days) {
    if (!report.certificate_days) return std::nullopt;
    return static_cast<double>(*report.certificate_days);
  }
  if (!report.up) return std::nullopt;
  switch (metric) {
    case Metric::total:
      return in_seconds(report.total);
    case Metric::connect:
      return in_seconds(connect_time(report));
    case Metric::rtt:
      return in_seconds(round_trip_time(report));
    case Metric::up:
      return std::nullopt;
    default:
      return in_seconds(report.time(phase_of(metric)));
  }
}

}  // namespace mqfail
