// SPDX-License-Identifier: Apache-2.0
#include "subscribe/retained_removal.hpp"

#include <algorithm>
#include <utility>

#include "policy/reason.hpp"

namespace mqfail {
namespace {

// Unacknowledged at a time: what a 3.1.1 server, which cannot say, takes for certain (mosquitto).
constexpr std::size_t kWindow = 20;
// Waiting for room at a time; a server with more retained messages is read as fast as it forgets.
constexpr std::size_t kMostWaiting = 1000;
// As mqfail-pub's --ack-timeout.
constexpr auto kPatience = std::chrono::seconds(10);

}  // namespace

RetainedRemoval::RemovingConnection* RetainedRemoval::find(AttemptId attempt) {
  const auto found = std::find_if(
      connections_.begin(), connections_.end(),
      [&](const RemovingConnection& connection) { return connection.attempt == attempt; });
  return found == connections_.end() ? nullptr : &*found;
}

const RetainedRemoval::RemovingConnection* RetainedRemoval::find(AttemptId attempt) const {
  return const_cast<RetainedRemoval*>(this)->find(attempt);
}

void RetainedRemoval::online(AttemptId attempt, const std::string& server_id,
                             const ConnectionFacts& facts) {
  connections_.push_back({attempt, server_id, std::min(facts.maximum_qos, 1),
                          std::min<std::size_t>(kWindow, facts.receive_maximum)});
}

void RetainedRemoval::offline(AttemptId attempt) {
  RemovingConnection* const connection = find(attempt);
  if (connection == nullptr) return;
  take_answers(*connection);  // what came before the end still counts
  left_ += connection->open();
  connections_.erase(connections_.begin() + (connection - connections_.data()));
}

void RetainedRemoval::note(AttemptId attempt, std::string_view topic) {
  if (RemovingConnection* const connection = find(attempt))
    connection->unwritten.emplace_back(topic);
}

void RetainedRemoval::written() {
  for (RemovingConnection& connection : connections_) {
    for (std::string& topic : connection.unwritten) connection.waiting.push_back(std::move(topic));
    connection.unwritten.clear();
  }
}

std::vector<Trouble> RetainedRemoval::go_on(TimePoint now) {
  std::vector<Trouble> troubles;
  for (RemovingConnection& connection : connections_) {
    take_answers(connection);
    send(connection, now);
    if (!connection.sent.empty() && now - connection.sent.front().at >= kPatience) {
      troubles.push_back({connection.attempt, {Cause::ack_timeout, Phase::publish, 0, false, {}}});
    }
  }
  return troubles;
}

void RetainedRemoval::take_answers(RemovingConnection& connection) {
  if (connection.sent.empty()) return;
  answers_.clear();
  transport_.take_acknowledged(connection.attempt, answers_);
  for (const Acknowledged& one : answers_) {
    const auto sent =
        std::find_if(connection.sent.begin(), connection.sent.end(),
                     [&](const Sent& each) { return each.packet_id == one.packet_id; });
    if (sent == connection.sent.end()) continue;
    connection.sent.erase(sent);
    if (one.code < 0x80) {
      ++removed_;
      continue;
    }
    ++left_;
    if (std::exchange(connection.told, true)) continue;
    Notice notice{.name = NoticeName::warning, .level = Level::warning};
    notice.server = connection.server_id;
    notice.code = one.code;
    notice.reason = "the server does not let us remove a retained message: " +
                    std::string(mqtt5_reason_name(one.code));
    announcer_.announce(notice);
  }
}

void RetainedRemoval::send(RemovingConnection& connection, TimePoint now) {
  bool any = false;
  while (!connection.waiting.empty() && connection.sent.size() < connection.window) {
    const Message empty{connection.waiting.front(), {}, connection.qos, true};
    const auto packet_id = transport_.publish(connection.attempt, empty);
    if (!packet_id) break;  // Lost is on its way
    if (connection.qos > 0) {
      connection.sent.push_back({*packet_id, now});
    } else {
      ++removed_;
    }
    connection.waiting.pop_front();
    any = true;
  }
  if (any) transport_.flush(connection.attempt, connection.sent.size());
}

bool RetainedRemoval::is_full(AttemptId attempt) const {
  const RemovingConnection* const connection = find(attempt);
  return connection != nullptr &&
         connection->unwritten.size() + connection->waiting.size() >= kMostWaiting;
}

bool RetainedRemoval::is_busy() const {
  return std::any_of(connections_.begin(), connections_.end(),
                     [](const RemovingConnection& connection) { return connection.open() != 0; });
}

bool RetainedRemoval::is_busy(AttemptId attempt) const {
  const RemovingConnection* const connection = find(attempt);
  return connection != nullptr && connection->open() != 0;
}

std::optional<TimePoint> RetainedRemoval::deadline() const {
  std::optional<TimePoint> until;
  for (const RemovingConnection& connection : connections_) {
    if (connection.sent.empty()) continue;
    until = earlier(until, connection.sent.front().at + kPatience);
  }
  return until;
}

std::uint64_t RetainedRemoval::left() const {
  std::uint64_t count = left_;
  for (const RemovingConnection& connection : connections_) count += connection.open();
  return count;
}

}  // namespace mqfail
