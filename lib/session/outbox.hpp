// SPDX-License-Identifier: Apache-2.0
// The messages that no server has acknowledged yet, in input order (delivery.md P2, P3). A plain
// data structure: it knows neither time nor transport. Nothing leaves it but by being settled or
// failed, so memory is bounded by its capacity (P4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "policy/event.hpp"

namespace mqfail {

class Outbox {
 public:
  struct Entry {
    std::uint64_t line = 0;    ///< of the input, from 1
    std::uint64_t number = 0;  ///< of the message, from 1 (delivery.md P7)
    std::string payload;
    std::optional<AttemptId> sent_on;  ///< empty: to be sent (again)
    std::uint16_t packet_id = 0;
    bool settled = false;
    std::uint32_t refusals = 0;  ///< servers that would not have it
    TimePoint taken_at{}, sent_at{};
  };

  /// `window` >= 1: how many unsettled messages it holds.
  explicit Outbox(std::size_t window) : slots_(window) {}

  bool full() const { return count_ == slots_.size(); }
  bool empty() const { return count_ == 0; }
  std::size_t size() const { return count_; }
  /// The oldest first; 0 <= place < size(). Settled entries behind an unsettled one are still
  /// there.
  Entry& at(std::size_t place) { return slots_[(first_ + place) % slots_.size()]; }
  const Entry& at(std::size_t place) const { return slots_[(first_ + place) % slots_.size()]; }

  /// Not when full(). The slot's old memory is used again.
  void push(std::string_view payload, std::uint64_t line, std::uint64_t number, TimePoint now);

  /// The oldest entry that is to be sent; its place, or size().
  std::size_t next_to_send() const { return next_; }
  void sent(std::size_t place, AttemptId attempt, std::uint16_t packet_id, TimePoint now);

  /// The unsettled entry that was sent under this id on this attempt; late and foreign ids find
  /// none.
  Entry* find(AttemptId attempt, std::uint16_t packet_id);
  /// The entry is done with, settled or failed. Invalidates places.
  void close(Entry& entry);

  /// All that is unsettled is to be sent again, in order.
  void rewind();

  std::size_t in_flight() const { return in_flight_; }
  std::size_t unsettled() const { return unsettled_; }
  /// The oldest entry that is sent and unsettled.
  const Entry* oldest_in_flight() const;

 private:
  std::vector<Entry> slots_;
  std::size_t first_ = 0, count_ = 0, next_ = 0, in_flight_ = 0, unsettled_ = 0;
};

}  // namespace mqfail
