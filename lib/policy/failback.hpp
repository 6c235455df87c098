// SPDX-License-Identifier: Apache-2.0
// When to go back to a priority server (failover.md section 4): good probes in a row are counted
// here, and the least stay on the present server is kept. That stay grows while failbacks lead to
// connections that are not stable, or to none. Otherwise a priority server that accepts us and then
// fails moves us to and fro for ever, and no third server is tried.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "policy/event.hpp"
#include "policy/settings.hpp"

namespace mqfail {

/// Like the engine it is told the time and never acts; it says what is due.
class Failback {
 public:
  explicit Failback(const FailoverSettings& settings)
      : interval_(std::max(settings.priority_probe_interval, kLeastInterval)),
        hold_(settings.priority_hold),
        wanted_(std::max<std::int64_t>(settings.priority_stable, 1)) {}

  /// A server that is none of the priority servers is in use since `since`. Nothing counts from
  /// before.
  void begin(TimePoint since) {
    watching_ = true;
    turn_ = 0;
    good_ = 0;
    hold_until_ = since + hold();
    probe_at_ = since + interval_;
  }
  void end() { watching_ = false; }
  bool watching() const { return watching_; }

  /// A failback has led to this connection.
  void returned(AttemptId connection) { back_ = connection; }
  /// A live connection was lost; `stable`: after that time or later. The result is the next hold,
  /// if this loss makes it longer than priorityHold.
  std::optional<Duration> lost(AttemptId connection, bool stable) {
    if (back_ != connection) return std::nullopt;
    unstable_ = stable ? 0 : std::min(unstable_ + 1, kMostDoublings);
    return hold() > hold_ ? std::optional(hold()) : std::nullopt;
  }

  /// The connection in use made way for the priority server, which then failed.
  void refused() { unstable_ = std::min(unstable_ + 1, kMostDoublings); }

  /// The priority server whose turn it is: the same one until it fails.
  std::optional<ServerIndex> target(const std::vector<ServerIndex>& priority) const {
    if (priority.empty()) return std::nullopt;
    return priority[turn_ % priority.size()];
  }
  /// A probe of the target, or the connection after the probes, ended well or not.
  void probed(bool good, TimePoint now) {
    good_ = good ? good_ + 1 : 0;
    if (!good) ++turn_;
    probe_at_ = now + interval_;
  }
  /// Not now, for a reason that says nothing about the target.
  void postpone(TimePoint now) {
    probe_at_ = now + interval_;
    hold_until_ = std::max(hold_until_, probe_at_);
  }

  bool probe_due(TimePoint now) const { return now >= probe_at_; }
  bool ripe(TimePoint now) const { return good_ >= wanted_ && now >= hold_until_; }
  TimePoint due() const { return good_ >= wanted_ ? std::min(probe_at_, hold_until_) : probe_at_; }

 private:
  // Probes that follow each other without a pause would be a load and prove nothing.
  static constexpr Duration kLeastInterval = std::chrono::milliseconds(1);
  static constexpr Duration kLeastGrown = std::chrono::seconds(1);
  static constexpr Duration kMostGrown = std::chrono::minutes(10);
  static constexpr int kMostDoublings = 20;  // more than from kLeastGrown to kMostGrown

  Duration hold() const {
    if (unstable_ == 0 || hold_ >= kMostGrown) return hold_;
    return std::min(kMostGrown, std::max(hold_, kLeastGrown) * (1 << unstable_));
  }

  Duration interval_;
  Duration hold_;
  std::int64_t wanted_;
  bool watching_ = false;
  std::size_t turn_ = 0;
  std::int64_t good_ = 0;
  std::optional<AttemptId> back_;
  int unstable_ = 0;  // failbacks in a row that led to no stable connection
  TimePoint hold_until_{};
  TimePoint probe_at_{};
};

}  // namespace mqfail
