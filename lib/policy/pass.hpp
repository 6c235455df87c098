// SPDX-License-Identifier: Apache-2.0
// One walk over the roster (failover.md section 2): who is still to be tried, and who said what. A
// turn stays used up until a connection proved stable or every server had its own, so that a server
// that dies right after CONNACK costs its turn.
// No question walks over the whole list again (section 2.6): the places are kept in order.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "policy/roster.hpp"

namespace mqfail {

class Pass {
 public:
  explicit Pass(std::vector<ServerIndex> plan = {}) { replan(std::move(plan)); }

  /// A new order; turns that were used up stay so.
  void replan(std::vector<ServerIndex> plan);
  void use_turn(ServerIndex server);
  void give_turn_back(ServerIndex server);
  bool had_turn(ServerIndex server) const { return is_set(tried_, server); }

  /// The first server of the plan that is `usable` and whose turn is still to come. A server in a
  /// cool-down is passed over unless all are. Costs a step for each unusable one before it.
  template <class Usable>
  std::optional<ServerIndex> next(const Roster& roster, TimePoint now, const Usable& usable) const {
    wake(roster, now);
    for (auto at = awake_.begin(); at != awake_.end();) {
      const ServerIndex server = plan_[*at];
      if (roster.is_cooling(server, now)) {
        resting_.emplace(roster.rests_until(server), *at);
        at = awake_.erase(at);
      } else if (usable(server)) {
        return server;
      } else {
        ++at;
      }
    }
    if (!awake_.empty() || open_.empty() || !roster.all_cooling(now)) return std::nullopt;
    const auto first =
        std::find_if(open_.begin(), open_.end(), [&](Place place) { return usable(plan_[place]); });
    return first == open_.end() ? std::nullopt : std::optional(plan_[*first]);
  }

  /// Of those that are `usable`, the one that may be tried first, as Roster::free_at() says; of
  /// several the first of the plan. Costs a step for each unusable one before it.
  template <class Usable>
  std::optional<ServerIndex> first_free(const Roster& roster, const Usable& usable) const {
    refresh(roster);
    if (by_time_.empty()) {
      for (Place place = 0; place < plan_.size(); ++place) by_time_.emplace(TimePoint{}, place);
    }
    for (auto at = by_time_.begin(); at != by_time_.end();) {
      const ServerIndex server = plan_[at->second];
      if (const TimePoint real = roster.free_at(server); real > at->first) {
        // What was noted is too soon; it never is too late, or the roster had been revised.
        const auto moved = by_time_.emplace(real, at->second).first;
        at = by_time_.erase(at);
        if (at == by_time_.end() || *moved < *at) at = moved;
      } else if (usable(server)) {
        return server;
      } else {
        ++at;
      }
    }
    return std::nullopt;
  }

  /// What `server` has said last: that it denies us, or anything else.
  void note_denied(ServerIndex server, bool denied) { set(denied_, server, denied); }
  bool denied_by(ServerIndex server) const { return is_set(denied_, server); }
  bool denied_by_all(const Roster& roster) const {
    const auto& order = roster.order();
    return std::all_of(order.begin(), order.end(), [&](auto i) { return is_set(denied_, i); });
  }

 private:
  using Place = std::size_t;  // in the plan
  static constexpr Place kNowhere = SIZE_MAX;

  static bool is_set(const std::vector<bool>& flags, ServerIndex server) {
    const auto index = static_cast<std::size_t>(server);
    return index < flags.size() && flags[index];
  }
  static void set(std::vector<bool>& flags, ServerIndex server, bool value) {
    const auto index = static_cast<std::size_t>(server);
    if (index >= flags.size()) flags.resize(index + 1);
    flags[index] = value;
  }
  Place place_of(ServerIndex server) const {
    const auto index = static_cast<std::size_t>(server);
    return index < places_.size() ? places_[index] : kNowhere;
  }
  void refresh(const Roster& roster) const;
  void wake(const Roster& roster, TimePoint now) const;

  std::vector<ServerIndex> plan_;
  std::vector<Place> places_;  // by server
  std::vector<bool> tried_;
  std::vector<bool> denied_;
  std::set<Place> open_;  // whose turn is still to come
  // Of those, by what was known of them when last asked: no answer depends on when that was.
  mutable std::set<Place> awake_;
  mutable std::set<std::pair<TimePoint, Place>> resting_;
  mutable std::set<std::pair<TimePoint, Place>> by_time_;  // all; empty: not needed so far
  mutable std::uint64_t revision_ = 0;                     // of the roster
};

}  // namespace mqfail
