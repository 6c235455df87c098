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
    held_.push_back({packet, Wait::unclaimed});
    ++unclaimed_;
    return true;
  }

  /// The message of this packet id was handed to the session: its acknowledgement waits.
  void claim(std::uint16_t packet_id) { find_unclaimed(packet_id, Wait::claimed); }

  /// Whether an acknowledgement with this packet id is kept.
  bool holds(std::uint16_t packet_id) const {
    return std::any_of(held_.begin(), held_.end(),
                       [packet_id](const Held& held) { return id(held.packet) == packet_id; });
  }

  /// The message of this packet id is not for the session: its acknowledgement goes to `put` as
  /// soon as no earlier one waits (MQTT 5, 4.6.0-2).
  template <class Put>
  void pass(std::uint16_t packet_id, Put put) {
    if (!find_unclaimed(packet_id, Wait::passed)) return;
    ++passed_;
    put_passed(put);
  }

  /// The message is written out: gives its acknowledgement to `put`.
  template <class Put>
  void release(std::uint16_t packet_id, Put put) {
    // In order of arrival, so nearly always the first.
    const auto found = std::find_if(held_.begin(), held_.end(), [packet_id](const Held& held) {
      return held.wait == Wait::claimed && id(held.packet) == packet_id;
    });
    if (found == held_.end()) return;
    put(found->packet);
    held_.erase(found);
    put_passed(put);
  }

  /// Gives those to `put` that belong to no message (a repeated QoS 2 PUBLISH, a PUBCOMP).
  template <class Put>
  void release_orphans(Put put) {
    if (unclaimed_ == 0) return;
    std::erase_if(held_, [&put](const Held& held) {
      if (held.wait != Wait::unclaimed) return false;
      put(held.packet);
      return true;
    });
    unclaimed_ = 0;
  }

 private:
  /// unclaimed: whose it is shows itself before the receive thread waits again. claimed: for
  /// release(). passed: for those before it.
  enum class Wait : std::uint8_t { unclaimed, claimed, passed };
  struct Held {
    Packet packet;
    Wait wait;
  };

  bool find_unclaimed(std::uint16_t packet_id, Wait becomes) {
    for (auto held = held_.rbegin(); held != held_.rend(); ++held) {
      if (held->wait == Wait::unclaimed && id(held->packet) == packet_id) {
        held->wait = becomes;
        --unclaimed_;
        return true;
      }
    }
    return false;
  }

  template <class Put>
  void put_passed(Put put) {
    for (auto held = held_.begin(); passed_ != 0 && held != held_.end();) {
      if (held->wait == Wait::claimed) return;
      if (held->wait == Wait::unclaimed) {
        ++held;
        continue;
      }
      put(held->packet);
      held = held_.erase(held);
      --passed_;
    }
  }

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
  std::size_t unclaimed_ = 0, passed_ = 0;
};

}  // namespace mqfail
