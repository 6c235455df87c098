// SPDX-License-Identifier: Apache-2.0
// Shows the progress of mqfail-pub on a terminal, on one line below the events.
#pragma once

#include <optional>
#include <string_view>

#include "session/session.hpp"
#include "tool/events.hpp"
#include "tool/progress.hpp"

namespace mqfail {

/// Thread: the session's. Borrows all that it is given.
class ProgressLine {
 public:
  /// `noun`: what is counted; empty means that there is no line.
  ProgressLine(std::string_view tool, std::string_view noun, const Session& session,
               const Work& work, EventWriter& events, TimePoint started);

  /// Draws the line if it is due. Returns when it will be.
  std::optional<TimePoint> look(TimePoint now);
  /// Erases it.
  void ended();

 private:
  const std::string_view tool_, noun_;
  const Session& session_;
  const Work& work_;
  EventWriter& events_;
  const TimePoint started_;
  TimePoint due_;
  Rate rate_;
};

/// Whether people look at standard error, and nothing else happens on their terminal.
bool is_for_progress(const EventChoice& choice);

}  // namespace mqfail
