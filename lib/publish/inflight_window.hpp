// SPDX-License-Identifier: Apache-2.0
// The in-flight window of one connection: which message of the outbox is sent next, and which are
// sent and not acknowledged. A message that is settled or has failed meanwhile stays in it until
// the server answers, because the server's Receive Maximum counts it (MQTT 5, 4.9).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "base/time.hpp"

namespace mqfail {

class InflightWindow {
 public:
  struct Sent {
    std::uint64_t position;  ///< in the outbox
    std::uint16_t packet_id;
    bool answered;
    TimePoint at;
  };

  /// The position to send next; the messages before it are sent, closed or held by this server.
  std::uint64_t next() const { return next_; }
  void go_on_at(std::uint64_t position) { next_ = position; }
  /// The message at next() was sent.
  void sent(std::uint16_t packet_id, TimePoint now);
  /// The server has answered. Returns the position of the message; nothing for an id that is not in
  /// flight, because it is late, foreign or answered already.
  std::optional<std::uint64_t> answered(std::uint16_t packet_id);

  /// How many messages the server has not answered.
  std::size_t open() const { return open_; }
  /// The message that has waited longest for its answer; null: there is none.
  const Sent* oldest() const { return sent_.empty() ? nullptr : &sent_.front(); }
  /// Oldest first. Messages behind the first may be answered already.
  const std::deque<Sent>& in_flight() const { return sent_; }

 private:
  std::deque<Sent> sent_;  // the first is not answered
  std::uint64_t next_ = 0;
  std::size_t open_ = 0;
};

}  // namespace mqfail
