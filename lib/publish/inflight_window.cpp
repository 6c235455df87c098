// SPDX-License-Identifier: Apache-2.0
#include "publish/inflight_window.hpp"

#include <algorithm>

namespace mqfail {

void InflightWindow::sent(std::uint16_t packet_id, TimePoint now) {
  sent_.push_back({next_++, packet_id, false, now});
  ++open_;
}

std::optional<std::uint64_t> InflightWindow::answered(std::uint16_t packet_id) {
  // Servers acknowledge in order, so nearly always the first.
  const auto one = std::find_if(sent_.begin(), sent_.end(), [&](const Sent& sent) {
    return sent.packet_id == packet_id && !sent.answered;
  });
  if (one == sent_.end()) return std::nullopt;
  const std::uint64_t position = one->position;
  one->answered = true;
  --open_;
  while (!sent_.empty() && sent_.front().answered) sent_.pop_front();
  return position;
}

}  // namespace mqfail
