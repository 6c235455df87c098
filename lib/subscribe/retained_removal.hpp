// SPDX-License-Identifier: Apache-2.0
// --remove-retained: for each retained message that a server has sent us, an empty one goes back to
// that server, which then forgets it. Each server has its own retained messages, so a removal
// belongs to a connection and ends with it: after the next connect the server sends again what it
// still has.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "policy/event.hpp"
#include "session/notice.hpp"
#include "session/work.hpp"
#include "transport/transport.hpp"

namespace mqfail {

/// Not thread-safe; one owner, which says when the message itself is written: only then may the
/// server forget it (delivery.md S1).
class RetainedRemoval {
 public:
  RetainedRemoval(Transport& transport, Announcer& announcer)
      : transport_(transport), announcer_(announcer) {}

  void online(AttemptId attempt, const std::string& server_id, const ConnectionFacts& facts);
  /// Nothing more is sent on it; what it has not acknowledged counts as left.
  void offline(AttemptId attempt);

  /// A retained message on `topic` came in. Nothing happens for an attempt that is not online.
  void note(AttemptId attempt, std::string_view topic);
  /// All messages noted so far are written to standard output.
  void written();
  /// Sends what there is room for and takes what was acknowledged. The answer names connections
  /// that left a removal unacknowledged for too long.
  std::vector<Trouble> go_on(TimePoint now);

  /// So much waits that no more messages should be taken from the connection.
  bool is_full(AttemptId attempt) const;
  /// Something waits, or is not acknowledged.
  bool is_busy() const;
  bool is_busy(AttemptId attempt) const;
  /// When go_on() must be called even if nothing has happened.
  std::optional<TimePoint> deadline() const;

  std::uint64_t removed() const { return removed_; }
  /// Not removed, or not known to be: refused, or the connection ended first.
  std::uint64_t left() const;

 private:
  struct Sent {
    std::uint16_t packet_id;
    TimePoint at;
  };
  struct RemovingConnection {
    AttemptId attempt;
    std::string server_id;
    int qos;
    std::size_t window;
    std::vector<std::string> unwritten{};
    std::deque<std::string> waiting{};
    std::vector<Sent> sent{};  // oldest first
    bool told = false;         // a refusal

    std::size_t open() const { return unwritten.size() + waiting.size() + sent.size(); }
  };

  RemovingConnection* find(AttemptId attempt);
  const RemovingConnection* find(AttemptId attempt) const;
  void take_answers(RemovingConnection& connection);
  void send(RemovingConnection& connection, TimePoint now);

  Transport& transport_;
  Announcer& announcer_;
  std::vector<RemovingConnection> connections_;
  std::vector<Acknowledged> answers_;
  std::uint64_t removed_ = 0, left_ = 0;
};

}  // namespace mqfail
