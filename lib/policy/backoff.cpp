// SPDX-License-Identifier: Apache-2.0
#include "policy/backoff.hpp"

#include <algorithm>

#include "base/rounded.hpp"

namespace mqfail {
namespace {

// Shorter delays would let a list of dead servers be tried without a pause.
constexpr Duration kLeastInitial = std::chrono::milliseconds(1);
constexpr Duration kLeastCap = std::chrono::milliseconds(10);

Duration seed(const BackoffSettings& settings, Duration cap) {
  const Duration wanted = settings.initial.value_or(Duration::zero());
  if (wanted <= Duration::zero()) return std::min(kDefaultInitialDelay, cap);
  return std::clamp(wanted, kLeastInitial, cap);
}

// Uniform in [low, high], including both ends.
Duration between(Duration low, Duration high, Random& random) {
  if (high <= low) return low;
  const auto width = static_cast<std::uint64_t>((high - low).count());
  return low + Duration(static_cast<Duration::rep>(random.below(width + 1)));
}

}  // namespace

Backoff::Backoff(const BackoffSettings& settings)
    : jitter_(settings.jitter),
      exponential_(settings.exponential),
      multiplier_(std::max(settings.multiplier, 1.0)),
      cap_(std::max(settings.cap, kLeastCap)),
      initial_(seed(settings, cap_)),
      bound_(initial_) {}

Duration Backoff::grown(double factor) const {
  // Floating point, because b(n) x multiplier may be outside the range of Duration.
  const double product = static_cast<double>(bound_.count()) * factor;
  if (product >= static_cast<double>(cap_.count())) return cap_;
  return Duration(rounded(product));
}

Duration Backoff::next(Random& random) {
  const Duration bound = bound_;
  if (jitter_ == Jitter::decorrelated) {
    if (!exponential_) return initial_;
    bound_ = between(initial_, grown(3.0), random);
    return bound_;
  }
  if (exponential_) bound_ = grown(multiplier_);
  switch (jitter_) {
    case Jitter::full:
      return between(Duration::zero(), bound, random);
    case Jitter::equal:
      return between(bound / 2, bound, random);
    case Jitter::none:
    case Jitter::decorrelated:
      break;
  }
  return bound;
}

}  // namespace mqfail
