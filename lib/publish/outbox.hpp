// SPDX-License-Identifier: Apache-2.0
// The messages that are not settled yet, in input order, and which servers have acknowledged each
// (delivery.md P2, P3, P5). A plain data structure: it knows neither time nor transport. A message
// leaves it only by being closed. Its capacity is a number of messages and of bytes, which bounds
// the memory (P4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "publish/server_book.hpp"

namespace mqfail {

class Outbox {
 public:
  struct Slot {
    std::uint64_t line = 0;    ///< of the input, from 1
    std::uint64_t number = 0;  ///< of the message, from 1 (delivery.md P7)
    std::string payload;
    bool closed = false;              ///< settled or failed
    std::vector<ServerKey> refusers;  ///< servers that refused it
    std::uint32_t refusals = 0;       ///< how often they did
    std::vector<ServerKey> closers;   ///< servers that closed the connection over it, each time
    TimePoint trouble_since{};        ///< the first of these times, or the first refusal
    std::uint32_t endings = 0;        ///< connections that ended while only it was under way
    std::vector<ServerKey> holders;   ///< servers that have acknowledged it and do not yet suffice
    TimePoint taken_at{};
    bool held_by(ServerKey server) const;
    bool refused_by(ServerKey server) const;
  };

  /// `window` >= 1: at most so many unsettled messages. `most_bytes`: with so many bytes of payload
  /// it is full. The last message may exceed them; otherwise a larger one could never be sent.
  explicit Outbox(std::size_t window, std::uint64_t most_bytes = UINT64_MAX);

  bool full() const { return end_ - begin_ == slots_.size() || bytes_ >= most_bytes_; }
  bool empty() const { return end_ == begin_; }
  /// Messages have positions from begin(), the oldest, to end(), and keep them for life. The oldest
  /// is never closed; closed ones behind it are still there.
  std::uint64_t begin() const { return begin_; }
  std::uint64_t end() const { return end_; }
  Slot& at(std::uint64_t position) { return slots_[position % slots_.size()]; }
  const Slot& at(std::uint64_t position) const { return slots_[position % slots_.size()]; }
  /// Whether the message of this position, past or present, is settled or has failed.
  bool closed(std::uint64_t position) const { return position < begin_ || at(position).closed; }

  /// Not when full(). The slot's old memory is used again.
  void push(std::string_view payload, std::uint64_t line, std::uint64_t number, TimePoint now);
  /// The message, which is open, is settled or has failed.
  void close(std::uint64_t position);
  /// The time of all open messages begins again.
  void restart(TimePoint now);
  /// Messages that are not closed.
  std::size_t unsettled() const { return unsettled_; }

 private:
  std::vector<Slot> slots_;
  std::uint64_t begin_ = 0, end_ = 0;
  std::size_t unsettled_ = 0;
  std::uint64_t bytes_ = 0;  // of those that are open
  const std::uint64_t most_bytes_;
  const std::size_t kept_;  // a slot that is free keeps no more memory than that for its next one
};

}  // namespace mqfail
