// SPDX-License-Identifier: Apache-2.0
// The way of the outbox's messages to one live server: which is next, and which are under way. It
// counts what the server still has to acknowledge, also if the message is settled or has failed
// meanwhile: the server's Receive Maximum counts them, too.
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

  /// The position that comes next; those before it are sent, closed or held by this server.
  std::uint64_t next() const { return next_; }
  void go_on_at(std::uint64_t position) { next_ = position; }
  /// The message at next() is under way.
  void sent(std::uint16_t packet_id, TimePoint now);
  /// The server has answered: the position of the message. Late and foreign ids find none, and a
  /// second answer finds none.
  std::optional<std::uint64_t> answered(std::uint16_t packet_id);

  /// How many the server has not answered.
  std::size_t open() const { return open_; }
  /// The one that has waited longest for its answer; null: none.
  const Sent* oldest() const { return sent_.empty() ? nullptr : &sent_.front(); }
  /// Those without an answer, oldest first, perhaps with answered ones between them.
  const std::deque<Sent>& in_flight() const { return sent_; }

 private:
  std::deque<Sent> sent_;  // the first is not answered
  std::uint64_t next_ = 0;
  std::size_t open_ = 0;
};

}  // namespace mqfail
