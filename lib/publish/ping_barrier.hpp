// SPDX-License-Identifier: Apache-2.0
// How many QoS 0 messages a server has certainly read, although it does not acknowledge them: it
// answers a ping only after it has read everything that was written before the ping. A plain count;
// its owner sends the pings.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "base/time.hpp"

namespace mqfail {

/// Of one connection.
class PingBarrier {
 public:
  /// A ping is due after so many messages, and at the latest after so long if there are any.
  static constexpr std::uint64_t kEvery = 20000;
  static constexpr Duration kAfter = std::chrono::milliseconds(500);

  explicit PingBarrier(TimePoint now) : asked_at_(now) {}

  /// `number`: of the message; the numbers rise.
  void published(std::uint64_t number) {
    if (proven_ == published_) oldest_ = number;
    if (!questions_.empty() && questions_.back().next == 0) questions_.back().next = number;
    ++published_;
  }
  /// Whether a ping is due; `at_once`: for the first message that no ping covers.
  bool is_due(TimePoint now, bool at_once) const {
    if (published_ == asked_) return false;
    return at_once || published_ - asked_ >= kEvery || now - asked_at_ >= kAfter;
  }
  /// When a ping will be due at the latest; nothing while every message is covered by one.
  std::optional<TimePoint> due() const {
    if (published_ == asked_) return std::nullopt;
    return asked_at_ + kAfter;
  }
  /// `ping`, by its number on the connection, covers all that was published so far.
  void asked(std::uint64_t ping, TimePoint now) {
    questions_.push_back({ping, published_, 0});
    asked_ = published_;
    asked_at_ = now;
  }
  /// `pongs` pings have been answered. Returns how many more messages that proves.
  std::uint64_t answered(std::uint64_t pongs) {
    const std::uint64_t before = proven_;
    for (; !questions_.empty() && questions_.front().ping <= pongs; questions_.pop_front()) {
      proven_ = questions_.front().published;
      oldest_ = questions_.front().next;
    }
    return proven_ - before;
  }
  std::uint64_t unproven() const { return published_ - proven_; }
  /// The number of the oldest message that is not proven; nothing if all are.
  std::optional<std::uint64_t> oldest() const {
    if (unproven() == 0) return std::nullopt;
    return oldest_;
  }
  /// A ping has not been answered yet.
  bool waits() const { return !questions_.empty(); }
  /// The connection has ended. Returns how many messages are not proven.
  std::uint64_t give_up() {
    questions_.clear();
    asked_ = published_;
    return published_ - std::exchange(proven_, published_);
  }

 private:
  struct Question {
    std::uint64_t ping, published;
    std::uint64_t next;  // the number of the first message behind the ping; 0: none yet
  };
  std::uint64_t published_ = 0, proven_ = 0, asked_ = 0, oldest_ = 0;
  TimePoint asked_at_;
  std::deque<Question> questions_;
};

}  // namespace mqfail
