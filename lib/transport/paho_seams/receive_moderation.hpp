// SPDX-License-Identifier: Apache-2.0
// How long the receive thread lets packets gather before it looks for more, as a network card
// moderates its interrupts. Under a stream of packets a server sends one at a time, and each would
// cost two wake-ups, a read and a write. The rule: a pause never keeps a server without work, and a
// packet that comes alone never waits. Pure: durations in, a duration out.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "base/time.hpp"

namespace mqfail {

class ReceiveModeration {
 public:
  /// The longest pause. It is less than half the time in which mosquitto works off 20 messages of
  /// QoS 1 to a subscriber, the most that it has under way by default.
  static constexpr Duration kMost = std::chrono::microseconds(100);
  /// A sender that waits for n answers gets a pause of n times a third of this, so that the server
  /// has most of the window to work on when the sender sends more (mosquitto 2.0.11 works off a
  /// message in some 5 us). Measured with 20 under way at a default server: without a pause 174,000
  /// a second, with a quarter to a half 200,000, with a whole 154,000 (2026-11-30).
  static constexpr Duration kPerThreeAnswers = std::chrono::microseconds(1);
  /// A stream is so many rounds in a row that waited less than kDense each.
  static constexpr Duration kDense = std::chrono::microseconds(50);
  static constexpr int kRounds = 8;

  /// A round of poll(2) has found something after this time, pauses not counted.
  void found_after(Duration waited) {
    rounds_ = waited < kDense ? std::min(rounds_ + 1, kRounds) : 0;
  }
  /// The pause before the next round. `awaited`: how many answers a sender waits for; 0 if no
  /// sender waits for a certain number.
  Duration pause(std::size_t awaited) const {
    if (rounds_ < kRounds) return Duration::zero();
    if (awaited == 0) return kMost;
    return std::min(kMost, kPerThreeAnswers * (static_cast<Duration::rep>(awaited) / 3));
  }

 private:
  int rounds_ = 0;
};

}  // namespace mqfail
