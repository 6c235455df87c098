// SPDX-License-Identifier: Apache-2.0
// What a server sends again when a persistent session is resumed, because it has missed our
// acknowledgement. DUP and the packet id alone do not tell that: the server may have received the
// acknowledgement, have used the id for another message, and that one was lost on the way (MQTT 5,
// section 4.3.2). But there are servers that count their packet ids up, and servers that take the
// lowest free one. An id above the number of messages that may be under way belongs to one of the
// first kind, and that id is not used again for the next 65,535 messages.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/siphash.hpp"
#include "transport/message.hpp"

namespace mqfail {

/// Of one server. Bounded: older messages are forgotten and printed again. So is what comes with
/// DUP for the first time, if it comes once more. Not thread-safe; one owner.
class Redelivered {
 public:
  /// So many messages are remembered, in 64 KiB. More than a Receive Maximum, because mosquitto
  /// 2.0.11 does not keep to it when it resumes a session.
  static constexpr std::size_t kMost = 4096;
  /// The Receive Maximum of mqfail-sub (MQTT 5). A server of MQTT 3.1.1 has a limit of its own.
  static constexpr std::uint16_t kUnderWay = 100;

  /// The server has a session of ours no more.
  void forget() { *this = {}; }
  /// Whether `message` is one that was taken before. `digest`: of its topic and payload. Ask it for
  /// each message of quality of service 1 and 2 that is taken.
  bool is_again(const Message& message, const Digest& digest) {
    const Taken one{digest.first, message.packet_id};
    if (message.duplicate) return message.packet_id > kUnderWay && find(one);
    if (taken_.size() < kMost) {
      taken_.push_back(one);
    } else {
      taken_[oldest_++ % kMost] = one;
    }
    return false;
  }

 private:
  struct Taken {
    std::uint64_t digest;
    std::uint16_t packet_id;
    friend bool operator==(const Taken&, const Taken&) = default;
  };

  // They come again in their order.
  bool find(const Taken& one) {
    const auto from = taken_.begin() + static_cast<std::ptrdiff_t>(std::min(next_, taken_.size()));
    auto found = std::find(from, taken_.end(), one);
    if (found == taken_.end()) {
      found = std::find(taken_.begin(), from, one);
      if (found == from) return false;
    }
    next_ = static_cast<std::size_t>(found - taken_.begin()) + 1;
    return true;
  }

  std::vector<Taken> taken_;  // a ring
  std::size_t oldest_ = 0;
  std::size_t next_ = 0;  // where the last search has ended
};

}  // namespace mqfail
