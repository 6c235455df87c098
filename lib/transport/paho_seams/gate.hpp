// SPDX-License-Identifier: Apache-2.0
// Which packets a server may send, checked before Paho sees them.
// Shortfall (Paho 1.3.12): the answers to CONNECT and SUBSCRIBE go through one pointer of the
// handle (m->pack), whatever their type; a second CONNACK right behind the SUBACK is read as a
// SUBACK and crashes the process (seen with a hostile server). Mended: CONNACK comes first and
// once, SUBACK and UNSUBACK as often as we asked for them, nothing that only clients send. Only
// fixed headers are looked at (MQTT 5 section 2.1), so this costs a few steps a packet. Unnecessary
// when: Paho checks the type of the packet it waits for.
// And: a DISCONNECT with messages under way lets Paho's receive thread sleep for 100 ms, in which
// no other connection is served either, before it says so (measured; MQTTClient_disconnect1 calls
// MQTTClient_yield). Mended: it ends here, and Paho sees a connection that has ended. Unnecessary
// when: Paho tells a DISCONNECT at once.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace mqfail {

class Gate {
 public:
  /// A SUBSCRIBE was written: one SUBACK may come. Any thread.
  void expect_suback() { ++subacks_; }
  /// An UNSUBSCRIBE was written: one UNSUBACK may come. Any thread.
  void expect_unsuback() { ++unsubacks_; }

  /// The next bytes of the stream, in order. How many of them, from the first on, are for Paho: all
  /// but a DISCONNECT and what follows it. Nothing if the server broke the protocol.
  std::optional<std::size_t> admit(std::string_view bytes) {
    std::size_t at = 0, admitted = 0;
    while (at < bytes.size() && !farewell()) {
      const std::size_t begin = at;
      if (body_ > 0) {
        const std::size_t skip = body_ < bytes.size() - at ? body_ : bytes.size() - at;
        body_ -= skip;
        at += skip;
        if (body_ == 0) ++ended_;
      } else if (!in_length_) {
        if (!may_begin(static_cast<std::uint8_t>(bytes[at++]))) return std::nullopt;
        in_length_ = true;
        length_ = 0;
        shift_ = 0;
      } else {
        const auto byte = static_cast<std::uint8_t>(bytes[at++]);
        length_ |= static_cast<std::size_t>(byte & 0x7FU) << shift_;
        shift_ += 7;
        if ((byte & 0x80U) == 0) {
          in_length_ = false;
          body_ = length_;
          if (body_ == 0) ++ended_;
          if (leaving_ && body_ > kLongestFarewell) return std::nullopt;
        } else if (shift_ >= 28) {
          return std::nullopt;
        }
      }
      if (leaving_) {
        farewell_ += bytes.substr(begin, at - begin);
      } else {
        admitted = at;
      }
    }
    return admitted;
  }

  /// How many packets have come in full.
  std::uint64_t ended() const { return ended_; }

  /// The server's DISCONNECT, from its first byte to its last; null as long as none has come in
  /// full.
  const std::string* farewell() const {
    return leaving_ && !in_length_ && body_ == 0 ? &farewell_ : nullptr;
  }

 private:
  bool may_begin(std::uint8_t header) {
    const unsigned type = header >> 4U;
    if (!std::exchange(begun_, true)) return type == kConnack;
    switch (type) {
      case kSuback:
        return subacks_-- > 0;
      case kUnsuback:
        return unsubacks_-- > 0;
      case kPublish:
        return (header & 0x06U) != 0x06U;  // QoS 3 does not exist
      case kPuback:
      case kPubrec:
      case kPubrel:
      case kPubcomp:
      case kPingresp:
        return true;
      case kDisconnect:
        leaving_ = true;
        return true;
      default:
        return false;
    }
  }

  static constexpr unsigned kConnack = 2, kPublish = 3, kPuback = 4, kPubrec = 5, kPubrel = 6,
                            kPubcomp = 7, kSuback = 9, kUnsuback = 11, kPingresp = 13,
                            kDisconnect = 14;

  // A reason string and some user properties (bytes).
  static constexpr std::size_t kLongestFarewell = 131072;

  std::atomic<int> subacks_{0}, unsubacks_{0};
  bool begun_ = false, in_length_ = false, leaving_ = false;
  std::string farewell_;
  std::size_t length_ = 0, body_ = 0;
  unsigned shift_ = 0;
  std::uint64_t ended_ = 0;
};

}  // namespace mqfail
