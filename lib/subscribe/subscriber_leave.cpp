// SPDX-License-Identifier: Apache-2.0
// How mqfail-sub leaves a server that is still good: what has come from it is taken, and what it
// may have had besides is told.
#include <algorithm>
#include <utility>

#include "subscribe/subscriber.hpp"

namespace mqfail {
namespace {
// How long the last messages of a server that is left are waited for.
constexpr auto kLeavePatience = std::chrono::seconds(1);
}  // namespace

// The messages that the server has sent so far are still taken: they end before the answer to a
// ping.
void Subscriber::leave(AttemptId attempt, TimePoint now) {
  for (ReceivingConnection& connection : connections_) {
    if (connection.attempt != attempt) continue;
    connection.last_ping = transport_.ping(attempt);
    connection.leave_by = now + kLeavePatience;
    if (!settings_.retained_only) left_until_ = now + kAheadPatience;
    transport_.flush(attempt, 0);
  }
}

bool Subscriber::is_over(const ReceivingConnection& connection, TimePoint now) const {
  if (!connection.live) return true;
  if (!connection.last_ping) return false;
  if (now >= connection.leave_by) return true;
  return transport_.pongs(connection.attempt) >= *connection.last_ping &&
         !removal_.is_busy(connection.attempt);
}

// The transport gives what it began to give before, and then what has come since.
void Subscriber::take_all(const ReceivingConnection& connection,
                          const std::function<bool(const Message&)>& visit) {
  for (int i = 0; i < 2; ++i) transport_.take_messages(connection.attempt, visit);
}

// A server that is left goes on sending, perhaps faster than the output takes it. What has come by
// now is taken, and nothing more: that is not acknowledged.
void Subscriber::hold_last(ReceivingConnection& connection) {
  if (transport_.paused(connection.attempt)) {
    tell_unread(connection, 0, "the server was left before all that it had sent was read", {});
  }
  std::deque<OwnMessage>& last = connection.last.emplace();
  take_all(connection, [&last](const Message& message) {
    last.emplace_back(message);
    return true;
  });
  if (!settings_.window) return;
  const auto unacknowledged = std::count_if(
      last.begin(), last.end(), [](const OwnMessage& one) { return one.message().qos > 0; });
  const bool had_more = static_cast<std::size_t>(unacknowledged) >= *settings_.window ||
                        (connection.was_held_up && unacknowledged > 0);
  if (had_more)
    tell_unread(connection, 1, "the server was left while it waited for acknowledgements", {});
}

void Subscriber::tell_unread(const ReceivingConnection& connection, int qos, std::string reason,
                             std::optional<Duration> blocked) {
  Notice gap{.name = NoticeName::gap, .level = Level::warning};
  gap.server = connection.server_id;
  gap.epoch = connection.epoch;
  gap.reason = std::move(reason);
  gap.dur = blocked;
  gap.more = {{"qos", std::int64_t{qos}}, {"may_be_missing", true}};
  announcer_.announce(gap);
}

}  // namespace mqfail
