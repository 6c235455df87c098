// SPDX-License-Identifier: Apache-2.0
#include "publish/poison.hpp"

#include <algorithm>

namespace mqfail {
bool Poison::may_be_over_a_message(const Reason& reason) {
  if (reason.cause == Cause::closed || reason.cause == Cause::reset) return true;
  if (reason.cause != Cause::disconnect) return false;
  // Malformed packet, as mosquitto calls a control character, protocol error, Receive Maximum
  // exceeded, packet too large, quota exceeded, payload format invalid.
  return reason.code == 0x81 || reason.code == 0x82 || reason.code == 0x93 || reason.code == 0x95 ||
         reason.code == 0x97 || reason.code == 0x99;
}

bool Poison::ended(const End& end, const Reason& reason, Outbox& outbox, ServerBook& servers) {
  if (!end.alone) {
    // The message is the oldest one if the server acknowledges in order, else it may be any of
    // them. In that case the next connection ends before all messages that are under way now are
    // settled.
    const bool once_more = end.oldest < crowd_end_;
    suspects_end_ = std::max(suspects_end_, once_more ? end.behind : end.oldest + 1);
    crowd_end_ = end.behind;
    return false;
  }
  Outbox::Slot& slot = outbox.at(end.oldest);
  suspects_end_ = std::max(suspects_end_, end.oldest + 1);
  ++slot.endings;
  const bool server_says_why = reason.cause == Cause::disconnect;
  if (!server_says_why && !end.is_over_the_oldest()) return false;
  if (slot.closers.empty()) {
    servers.forget_down();
    slot.trouble_since = end.at;
  }
  slot.closers.push_back(end.server);

  if (slot.closers.size() < kGuiltyTimes) return false;
  if (!server_says_why && end.at - slot.trouble_since < kTroubleOfServers) return false;
  const auto closed_by = [&slot](ServerKey server) {
    return std::find(slot.closers.begin(), slot.closers.end(), server) != slot.closers.end();
  };
  return servers.all([&](ServerKey server) {
    return closed_by(server) || slot.held_by(server) || servers.is_down(server);
  });
}

void Poison::died(ServerKey server, Outbox& outbox) const {
  for (std::uint64_t place = outbox.begin(); place < std::min(suspects_end_, outbox.end()); ++place)
    std::erase(outbox.at(place).closers, server);
}

}  // namespace mqfail
