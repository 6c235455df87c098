// SPDX-License-Identifier: Apache-2.0
// The `gap` events about missing numbers (delivery.md S2). The first hole is told at once; those
// that follow share one event a second.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "session/notice.hpp"

namespace mqfail {

/// Time comes in, the deadline goes out.
class MissingReport {
 public:
  static constexpr Duration kEvery = std::chrono::seconds(1);

  struct Hole {
    std::uint64_t missing;  ///< so many numbers,
    std::uint64_t first;    ///< from this one on
    std::string publisher, server_id;
    std::uint64_t epoch;
  };

  /// The announcer outlives it.
  explicit MissingReport(Announcer& announcer) : announcer_(announcer) {}

  void add(Hole hole);
  /// Tells what was added, if an event is due.
  void tend(TimePoint now);
  /// Tells what was added, whatever the time is.
  void tell(TimePoint now);
  /// When tend() will have something to tell.
  std::optional<TimePoint> due() const;

 private:
  Announcer& announcer_;
  std::uint64_t holes_ = 0, missing_ = 0;  // not told yet
  Hole last_{};
  std::optional<TimePoint> told_at_;
};

}  // namespace mqfail
