// SPDX-License-Identifier: Apache-2.0
// Writes the file of --metrics (product.md section 6): at each transition, every 15 s, and a last
// time at the exit.
#pragma once

#include <optional>
#include <string>

#include "session/session.hpp"
#include "tool/events.hpp"

namespace mqfail {

/// Thread: the session's. Borrows all that it is given.
class MetricsFile {
 public:
  /// `path`: empty means that there is no file, and nothing is done.
  MetricsFile(std::string path, std::string tool, const Session& session, const Work& work,
              EventWriter& events);

  /// Writes the file if it is due. Returns when it will be.
  std::optional<TimePoint> look(TimePoint now);
  /// The last state of a run. A counter never falls, so the file of a run that has ended stays.
  void ended(int status, TimePoint now);

 private:
  void write(TimePoint now, std::optional<int> status);

  const std::string path_, tool_, name_;
  const Session& session_;
  const Work& work_;
  EventWriter& events_;
  double started_ = 0;
  std::uint64_t written_changes_ = 0;
  std::optional<TimePoint> due_;
  bool failing_ = false;  // told already
};

}  // namespace mqfail
