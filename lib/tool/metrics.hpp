// SPDX-License-Identifier: Apache-2.0
// A run in the text format of Prometheus (--metrics). Pure.
#pragma once

#include <optional>
#include <string>

#include "session/counts.hpp"
#include "session/standing.hpp"

namespace mqfail {

struct MetricsFacts {
  std::string tool;  ///< "mqfail-sub", "mqfail-pub", or the name of mosquitto
  /// Tells apart the runs of one machine: a server of metrics refuses the same sample in two files.
  std::string name;
  const Standing& standing;
  Counts counts;
  TimePoint now;
  double started = 0;                ///< seconds since 1970
  std::optional<int> exit_status{};  ///< once the run is over
};

/// The label `name` for a metrics file: its name without folder and `.prom`.
std::string metrics_name(const std::string& path);

/// HELP and TYPE of each family stand once, and are the same in the files of all runs. No sample
/// has a time stamp: node_exporter would refuse the file.
std::string metrics_text(const MetricsFacts& facts);

}  // namespace mqfail
