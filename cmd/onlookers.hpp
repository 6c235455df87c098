// SPDX-License-Identifier: Apache-2.0
// All who look on at a run and tell others: the metrics file, the service manager, the progress
// line. They change nothing of it.
#pragma once

#include <optional>
#include <string_view>

#include "metrics_file.hpp"
#include "progress_line.hpp"
#include "service_report.hpp"
#include "wiring.hpp"

namespace mqfail {

/// Thread: the session's. Borrows the events; they and the session do not outlive it.
class Onlookers {
 public:
  /// Before any thread starts. `noun`: what the progress line counts; empty: there is none.
  Onlookers(const Program& program, const CommonOptions& options, EventWriter& events,
            std::string_view noun);
  Onlookers(const Onlookers&) = delete;
  Onlookers& operator=(const Onlookers&) = delete;

  /// Lets the session tell what they need to know. `documents`: SIGHUP reads some again.
  void join(SessionSettings& settings, bool documents);
  /// A service manager, whose reload is a SIGHUP.
  bool has_manager() const { return service_.has_manager(); }
  /// Session and Work are there, and outlive the last call.
  void begin(const Session& session, const Work& work);
  /// After each turn. Returns when the next call is due at the latest.
  std::optional<TimePoint> look(TimePoint now);

 private:
  const Program& program_;
  const CommonOptions& options_;
  EventWriter& events_;
  const std::string_view noun_;
  const Session* session_ = nullptr;
  ServiceReport service_;
  std::optional<MetricsFile> metrics_;
  std::optional<ProgressLine> progress_;
};

}  // namespace mqfail
