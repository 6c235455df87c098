// SPDX-License-Identifier: Apache-2.0
// The acknowledgements that Paho has written and that must not leave yet: those of messages that
// were handed to the session wait until it has written them out (delivery.md S1).
// Shortfall (Paho 1.3.12): PUBACK and PUBREC are written as soon as the callback returns, whatever
// became of the message. Unnecessary when: Paho lets the application acknowledge by itself.
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>

namespace mqfail {

class HeldAcknowledgements {
 public:
  using Packet = std::array<std::uint8_t, 4>;

  /// Keeps the packet if it is a PUBACK, PUBREC or PUBCOMP without a reason; true then.
  bool take(const iovec* pieces, int count, std::size_t total) {
    Packet packet{};
    if (total != packet.size() || !is_acknowledgement(first_byte(pieces))) return false;
    std::size_t have = 0;
    for (int i = 0; i < count; ++i) {
      std::memcpy(packet.data() + have, pieces[i].iov_base, pieces[i].iov_len);
      have += pieces[i].iov_len;
    }
    held_.push_back({packet, false});
    ++unclaimed_;
    return true;
  }

  /// The message of this packet id was handed to the session: its acknowledgement waits.
  void claim(std::uint16_t packet_id) {
    for (auto held = held_.rbegin(); held != held_.rend(); ++held) {
      if (!held->claimed && id(held->packet) == packet_id) {
        held->claimed = true;
        --unclaimed_;
        return;
      }
    }
  }

  /// The message is written out: gives its acknowledgement to `put`.
  template <class Put>
  void release(std::uint16_t packet_id, Put put) {
    // In order of arrival, so nearly always the first.
    const auto found = std::find_if(held_.begin(), held_.end(), [packet_id](const Held& held) {
      return held.claimed && id(held.packet) == packet_id;
    });
    if (found == held_.end()) return;
    put(found->packet);
    held_.erase(found);
  }

  /// Gives those to `put` that belong to no message (a repeated QoS 2 PUBLISH, a PUBCOMP).
  template <class Put>
  void release_orphans(Put put) {
    if (unclaimed_ == 0) return;
    std::erase_if(held_, [&put](const Held& held) {
      if (!held.claimed) put(held.packet);
      return !held.claimed;
    });
    unclaimed_ = 0;
  }

 private:
  struct Held {
    Packet packet;
    bool claimed;
  };

  static std::uint8_t first_byte(const iovec* pieces) {
    return *static_cast<const std::uint8_t*>(pieces[0].iov_base);
  }
  static bool is_acknowledgement(std::uint8_t first) {
    return first == kPuback || first == kPubrec || first == kPubcomp;
  }
  static std::uint16_t id(const Packet& packet) {
    return static_cast<std::uint16_t>((packet[2] << 8U) | packet[3]);
  }

  static constexpr std::uint8_t kPuback = 0x40, kPubrec = 0x50, kPubcomp = 0x70;

  std::deque<Held> held_;
  std::size_t unclaimed_ = 0;
};

}  // namespace mqfail
