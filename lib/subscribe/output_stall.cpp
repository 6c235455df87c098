// SPDX-License-Identifier: Apache-2.0
#include "subscribe/output_stall.hpp"

#include <utility>

namespace mqfail {

void OutputStall::blocked(TimePoint now) {
  if (!since_) since_ = now;
  const auto at = due();
  if (!at || now < *at) return;
  told_ = true;
  tell(Level::warning, "standard output does not take more", now - *since_, false);
}

std::optional<OutputStall::Blocked> OutputStall::flowing(TimePoint now) {
  if (!since_) return std::nullopt;
  const Blocked blocked{now - *std::exchange(since_, std::nullopt), std::exchange(told_, false)};
  if (blocked.told) tell(Level::info, "standard output takes more again", blocked.time, true);
  return blocked;
}

std::optional<TimePoint> OutputStall::due() const {
  if (!since_ || told_ || keepalive_ <= Duration::zero()) return std::nullopt;
  return *since_ + keepalive_ / 2;
}

void OutputStall::tell(Level level, const char* reason, Duration duration, bool ended) {
  Notice stalled{.name = NoticeName::stalled, .level = level};
  stalled.reason = reason;
  stalled.dur = duration;
  stalled.more = {{"ended", ended}};
  announcer_.announce(stalled);
}

}  // namespace mqfail
