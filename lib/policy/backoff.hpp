// SPDX-License-Identifier: Apache-2.0
// The delay after the n-th failure in a row: the formula of mqfail(7), "The delay", and nothing
// else. The random numbers are an argument, so tests can check exact values.
#pragma once

#include "base/random.hpp"
#include "base/time.hpp"
#include "policy/settings.hpp"

namespace mqfail {

/// The first bound if initialReconnectDelay is not given or is 0 (a bound of 0 would never grow).
inline constexpr Duration kDefaultInitialDelay = std::chrono::milliseconds(100);

/// The delays of failures in a row. The bound is b(n) = min(cap, initial x multiplier^n). The delay
/// is b(n) for Jitter::none, random in 0..b(n) for full, in b(n)/2..b(n) for equal, and in
/// initial..3 x the delay before (at most cap) for decorrelated.
class Backoff {
 public:
  explicit Backoff(const BackoffSettings& settings);

  /// The delay after one more failure. It is never negative and never above the cap.
  Duration next(Random& random);
  /// The next delay is the first one again.
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
