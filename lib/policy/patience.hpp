// SPDX-License-Identifier: Apache-2.0
// How much time an attempt gets while every server is slow, as in an election of a cluster: with a
// fixed bound each attempt would be ended in vain, pass after pass.
#pragma once

#include <algorithm>
#include <utility>

#include "base/time.hpp"
#include "policy/reason.hpp"

namespace mqfail {

/// The bound of an attempt whose server has accepted TCP doubles after each pass in which such a
/// server was not done in time and no server gave any answer. A host that is gone costs what it
/// always does. It is told what happens while no connection is live.
class Patience {
 public:
  /// The bound grows up to this; a longer one stays as it is.
  static constexpr Duration kLongest = std::chrono::seconds(30);

  void failed(const Reason& reason) {
    if (reason.phase <= Phase::tcp || reason.cause == Cause::local) return;
    (reason.cause == Cause::timeout ? slow_ : answered_) = true;
  }
  void pass_failed() {
    const bool slow = std::exchange(slow_, false);
    const bool answered = std::exchange(answered_, false);
    if (slow && !answered && factor_ < kLargestFactor) factor_ *= 2;
  }
  void connected() { *this = {}; }

  /// The bound in place of the `configured` one.
  Duration bound(Duration configured) const {
    return configured < kLongest ? std::min(configured * factor_, kLongest) : configured;
  }

 private:
  static constexpr Duration::rep kLargestFactor = 1 << 20;  // enough for a bound of 1 ms

  Duration::rep factor_ = 1;
  bool slow_ = false;      // a server was not done in time
  bool answered_ = false;  // a server said something, or closed
};

}  // namespace mqfail
