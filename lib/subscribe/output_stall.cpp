// SPDX-License-Identifier: Apache-2.0
#include "subscribe/output_stall.hpp"

#include <utility>

namespace mqfail {

void OutputStall::blocked(TimePoint now) {
  if (!since_) since_ = now;
  const auto at = due();
  if (!at || now < *at) return;
  told_ = true;
  tell("standard output does not take more", now - *since_, false);
}

std::optional<OutputStall::Blocked> OutputStall::flowing(TimePoint now) {
  if (!since_) return std::nullopt;
  const Blocked blocked{now - *std::exchange(since_, std::nullopt), std::exchange(told_, false)};
  if (blocked.told) tell("standard output takes more again", blocked.time, true);
  return blocked;
}

std::optional<TimePoint> OutputStall::due() const {
  if (!since_ || told_ || keepalive_ <= Duration::zero()) return std::nullopt;
  return *since_ + keepalive_ / 2;
}

void OutputStall::tell(const char* reason, Duration duration, bool ended) {
  Notice stalled = stalled_notice(reason, ended);
  stalled.dur = duration;
  announcer_.announce(stalled);
}

}  // namespace mqfail
