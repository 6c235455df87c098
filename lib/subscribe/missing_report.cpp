// SPDX-License-Identifier: Apache-2.0
#include "subscribe/missing_report.hpp"

#include <utility>

#include "base/number.hpp"

namespace mqfail {

void MissingReport::add(Hole hole) {
  ++holes_;
  missing_ += hole.missing;
  last_ = std::move(hole);
}

void MissingReport::tend(TimePoint now) {
  if (const auto at = due(); at && now >= *at) tell(now);
}

void MissingReport::tell(TimePoint now) {
  if (holes_ == 0) return;
  Notice gap{.name = NoticeName::gap, .level = Level::warning};
  gap.server = last_.server_id;
  gap.epoch = last_.epoch;
  gap.more = {{"missing", as_int(missing_)}};
  if (holes_ == 1) {
    gap.more.emplace_back("first_missing", as_int(last_.first));
    gap.more.emplace_back("publisher", last_.publisher);
  } else {
    gap.more.emplace_back("holes", as_int(holes_));
  }
  announcer_.announce(gap);
  told_at_ = now;
  holes_ = missing_ = 0;
}

std::optional<TimePoint> MissingReport::due() const {
  if (holes_ == 0) return std::nullopt;
  return told_at_ ? *told_at_ + kEvery : TimePoint{};
}

}  // namespace mqfail
