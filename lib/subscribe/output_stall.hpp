// SPDX-License-Identifier: Apache-2.0
// The `stalled` events of mqfail-sub: standard output takes nothing for half a keepalive, and takes
// more again (delivery.md S7). Time comes in, the deadline goes out.
#pragma once

#include <optional>

#include "base/time.hpp"
#include "session/notice.hpp"

namespace mqfail {

class OutputStall {
 public:
  /// Without a keepalive (0) nothing is told. The announcer outlives it.
  OutputStall(Duration keepalive, Announcer& announcer)
      : keepalive_(keepalive), announcer_(announcer) {}

  /// The output takes nothing now.
  void blocked(TimePoint now);
  struct Blocked {
    Duration time;
    bool told;
  };
  /// The output has taken everything. Returns for how long it was blocked, if it was.
  std::optional<Blocked> flowing(TimePoint now);

  bool is_blocked() const { return since_.has_value(); }
  /// When blocked() wants to be called again.
  std::optional<TimePoint> due() const;

 private:
  void tell(const char* reason, Duration duration, bool ended);

  const Duration keepalive_;
  Announcer& announcer_;
  std::optional<TimePoint> since_;
  bool told_ = false;
};

}  // namespace mqfail
