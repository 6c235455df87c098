// SPDX-License-Identifier: Apache-2.0
// What mqfail-probe --watch --announce publishes after a round, and to whom. Pure: which servers
// answered and the time come in.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/time.hpp"

namespace mqfail {

class AnnouncementPlan {
 public:
  /// A server gets its message again after this time: it may have been started anew between two
  /// rounds, and have lost what it kept.
  static constexpr Duration kAgainAfter = std::chrono::minutes(1);

  explicit AnnouncementPlan(std::size_t servers) : servers_(servers) {}

  struct Step {
    std::vector<std::size_t> to;  ///< places of the servers to publish to; empty: nobody
    bool rebalance = false;       ///< a server has come back since the list before
  };

  /// After a round in which the servers at these places answered, `up[place]`. The list to publish
  /// is that of the servers that are up. If none is, there is nobody to publish to.
  Step after(const std::vector<bool>& up, TimePoint now);

  /// The server has the message of the last step.
  void acknowledged(std::size_t place, TimePoint now) { servers_[place].has_it = now; }

 private:
  struct One {
    bool was_down = false;
    std::optional<TimePoint> has_it;  // since when it has the last list
  };
  std::vector<One> servers_;
  std::vector<bool> list_;  // the last one that was to be published
  TimePoint changed_{};
  bool rebalance_ = false;
};

}  // namespace mqfail
