// SPDX-License-Identifier: Apache-2.0
// What -w and -c may look at: the numbers of a probe by name. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "probe/report.hpp"

namespace mqfail {

enum class Metric {
  total,
  connect,
  rtt,
  dns,
  tcp,
  tls,
  ws,
  connack,
  suback,
  ping,
  puback,
  round_trip,
  up,
  certificate_days
};
/// The words of --metric, in the order of Metric.
inline constexpr std::string_view kMetricWords =
    "total connect rtt dns tcp tls ws connack suback ping puback round-trip up cert-days";

/// How people call it: "total time", "connack", "certificate days".
std::string_view name(Metric metric);
/// What its numbers are: "s", "days", or nothing for a count.
std::string_view unit(Metric metric);

/// The number of one server: seconds, or days. Nothing: this server has none, as one that is down,
/// or none of its own (`up`).
std::optional<double> value_of(const ServerReport& report, Metric metric);

}  // namespace mqfail
