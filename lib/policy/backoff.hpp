// SPDX-License-Identifier: Apache-2.0
// How long to wait after the n-th failure in a row: the formula of mqfail(7), BACK-OFF, and nothing
// else. The dice are handed in, so that every number can be tested exactly.
#pragma once

#include "base/random.hpp"
#include "base/time.hpp"
#include "policy/settings.hpp"

namespace mqfail {

/// Seed of the back-off where initialReconnectDelay is not given, or is 0 (which would never grow).
inline constexpr Duration kDefaultInitialDelay = std::chrono::milliseconds(100);

/// A row of delays b(0), b(1) ... = min(cap, initial x multiplier^n), with chance mixed in:
/// none b(n); full 0..b(n); equal b(n)/2..b(n); decorrelated initial..3 x the delay before, at most
/// cap.
class Backoff {
 public:
  explicit Backoff(const BackoffSettings& settings);

  /// The delay after one more failure. Never negative, never above the cap.
  Duration next(Random& random);
  /// Failures so far are forgiven: the next delay is the first one again.
  void reset() { bound_ = initial_; }

 private:
  Duration grown(double factor) const;

  Jitter jitter_;
  bool exponential_;
  double multiplier_;
  Duration cap_;
  Duration initial_;
  Duration bound_;  // b(n); for decorrelated the delay before
};

}  // namespace mqfail
