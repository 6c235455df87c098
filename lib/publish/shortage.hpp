// SPDX-License-Identifier: Apache-2.0
// The warning that fewer servers are live than --acks N wants. The others go on, but no message is
// settled. The warning comes once, after a moment; its end is told, too.
#pragma once

#include <cstddef>
#include <optional>

#include "base/time.hpp"
#include "session/notice.hpp"

namespace mqfail {

/// A plain state: time comes in, the deadline goes out. With one acknowledgement it says nothing:
/// then the session reports every server that is lost.
class Shortage {
 public:
  /// How long the first servers may be alone at the start.
  static constexpr Duration kPatience = std::chrono::seconds(1);

  /// `wanted`: servers. The announcer outlives it.
  Shortage(std::size_t wanted, Announcer& announcer) : wanted_(wanted), announcer_(announcer) {}

  /// A server came, and now `live` servers are live.
  void joined(std::size_t live, TimePoint now);
  /// A server went, and now `live` servers are live.
  void left(std::size_t live, TimePoint now);
  /// Gives the warning if it is due. `done`: nothing is to be sent any more, so nobody need know.
  void tend(std::size_t live, bool done, TimePoint now);
  std::optional<TimePoint> due() const { return due_; }

 private:
  bool is_short(std::size_t live) const { return live < wanted_; }

  const std::size_t wanted_;
  Announcer& announcer_;
  std::optional<TimePoint> due_;
  bool told_ = false;
};

}  // namespace mqfail
