// SPDX-License-Identifier: Apache-2.0
// What follows when nothing comes: the run ends (--idle-exit), a server counts as lost
// (staleTimeout), or it has sent all that it kept for us.
#include <limits.h>

#include <algorithm>

#include "subscribe/subscriber.hpp"

namespace mqfail {

// When --idle-exit ends the run. Nothing while no server is live: it may still have messages.
std::optional<TimePoint> Subscriber::idle_at() const {
  std::optional<TimePoint> heard;
  for (const ReceivingConnection& one : connections_)
    if (one.live) heard = std::max(heard.value_or(one.heard), one.heard);
  if (!settings_.idle_exit || !heard || done_) return std::nullopt;
  return std::max(*heard, last_heard_.value_or(*heard)) + *settings_.idle_exit;
}

std::optional<TimePoint> Subscriber::stale_at(const ReceivingConnection& connection) const {
  if (!settings_.stale_timeout || done_ || connection.last_ping) return std::nullopt;
  return connection.heard + *settings_.stale_timeout;
}

// While the output is blocked, messages wait that nobody has looked at.
void Subscriber::find_stale(TimePoint now, std::vector<Trouble>& troubles) const {
  if (!drained_) return;
  for (const ReceivingConnection& connection : connections_) {
    const auto due = stale_at(connection);
    if (!due || now < *due) continue;
    const Duration silent = now - connection.heard;
    const auto code = static_cast<int>(std::min<std::int64_t>(milliseconds(silent), INT_MAX));
    troubles.push_back(
        {connection.attempt, {Cause::stale, Phase::publish, code, false, {}}, silent});
  }
}

// Asks by a ping whether the server has sent all that it kept: that comes before the answer.
void Subscriber::ask(ReceivingConnection& connection, TimePoint now) {
  const auto due = ping_due(connection);
  if (!due || now < *due) return;
  connection.asked = transport_.ping(connection.attempt);
  transport_.flush(connection.attempt, 0);
}

std::optional<TimePoint> Subscriber::ping_due(const ReceivingConnection& connection) {
  if (!connection.live || connection.last_ping || connection.asked) return std::nullopt;
  return Novelty::ping_due(connection.feed);
}

}  // namespace mqfail
