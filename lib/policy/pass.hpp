// SPDX-License-Identifier: Apache-2.0
// One walk over the roster (failover.md section 2): who is still to be tried, and who said what. A
// turn stays used up until a connection proved stable or every server had its own, so that a server
// that dies right after CONNACK costs its turn.
#pragma once

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "policy/roster.hpp"

namespace mqfail {

class Pass {
 public:
  explicit Pass(std::vector<ServerIndex> plan = {}) : plan_(std::move(plan)) {}

  /// A new order; turns that were used up stay so.
  void replan(std::vector<ServerIndex> plan) { plan_ = std::move(plan); }
  void use_turn(ServerIndex server) { tried_.push_back(server); }
  const std::vector<ServerIndex>& plan() const { return plan_; }
  bool had_turn(ServerIndex server) const { return holds(tried_, server); }
  void give_turn_back(ServerIndex server) { std::erase(tried_, server); }

  /// The first server of the plan whose turn is still to come. Who is in a cool-down is passed over
  /// unless everybody is.
  std::optional<ServerIndex> next(const Roster& roster, TimePoint now) const {
    const bool take_cooling = roster.all_cooling(now);
    for (const ServerIndex server : plan_) {
      if (holds(tried_, server)) continue;
      if (take_cooling || !roster.is_cooling(server, now)) return server;
    }
    return std::nullopt;
  }

  /// What `server` has said last: that it denies us, or anything else.
  void note_denied(ServerIndex server, bool denied) {
    std::erase(denied_, server);
    if (denied) denied_.push_back(server);
  }
  bool denied_by_all(const Roster& roster) const {
    const auto& order = roster.order();
    return std::all_of(order.begin(), order.end(), [&](auto i) { return holds(denied_, i); });
  }

 private:
  static bool holds(const std::vector<ServerIndex>& list, ServerIndex index) {
    return std::find(list.begin(), list.end(), index) != list.end();
  }
  std::vector<ServerIndex> plan_;
  std::vector<ServerIndex> tried_;
  std::vector<ServerIndex> denied_;
};

}  // namespace mqfail
