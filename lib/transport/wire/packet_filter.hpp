// SPDX-License-Identifier: Apache-2.0
// Which packets a server may send, checked before Paho sees them.
// Shortfall (Paho 1.3.12): the answers to CONNECT and SUBSCRIBE go through one pointer of the
// handle (m->pack), whatever their type; a second CONNACK right behind the SUBACK is read as a
// SUBACK and crashes the process (seen with a hostile server). Mended: CONNACK comes first and
// once, SUBACK, UNSUBACK and PINGRESP as often as we asked for them, nothing that only clients
// send; and each packet is well formed (answer.hpp). Of a PUBLISH only what stands before the
// payload is looked at, so this costs a few steps a packet. Unnecessary when: Paho checks the type
// and form of the packet it waits for.
// And: a DISCONNECT with messages under way lets Paho's receive thread sleep for 100 ms, in which
// no other connection is served either, before it says so (measured; MQTTClient_disconnect1 calls
// MQTTClient_yield). Mended: it ends here, and Paho sees a connection that has ended. Unnecessary
// when: Paho tells a DISCONNECT at once.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "transport/wire/answer.hpp"

namespace mqfail {

/// Thread: admit() and what it has found belong to the receive thread; the rest is for any thread.
class PacketFilter {
 public:
  /// The version of our CONNECT, and how many topic aliases it announces; before it is written.
  /// Without it: 5, none.
  void speak(Protocol protocol, std::uint16_t aliases = 0) {
    protocol_ = protocol;
    aliases_ = TopicAliases(aliases);
  }
  /// This SUBSCRIBE or UNSUBSCRIBE was written: one answer may come, and must fit.
  void expect_answer_to(std::string_view packet);
  /// A PINGREQ was written: one PINGRESP may come.
  void expect_pingresp() { ++pingresps_; }

  /// The next bytes of the stream, in order. How many of them, from the first on, are for Paho: all
  /// but a DISCONNECT and what follows it. Nothing from where the server broke the protocol on;
  /// flaw() says how. Paho never gets the last byte of a packet that is not well formed.
  std::optional<std::size_t> admit(std::string_view bytes);

  /// How many packets have come in full.
  std::uint64_t ended() const { return ended_; }

  /// The server's DISCONNECT, from its first byte to its last; null as long as none has come in
  /// full.
  const std::string* disconnect_packet() const {
    return leaving_ && part_ == Part::header ? &disconnect_ : nullptr;
  }
  /// The answer to our CONNECT behind its remaining length; empty until it has come.
  const std::string& connack() const { return connack_; }
  /// Whether a PUBREC has said since the last call that nobody is subscribed (0x10). Paho tells the
  /// code of a PUBREC only if it refuses.
  bool take_no_subscriber() { return std::exchange(no_subscriber_, false); }
  /// After admit() has said nothing: "SUBACK of 2 bytes". Empty if it was not MQTT at all.
  const std::string& flaw() const { return flaw_; }

 private:
  enum class Part { header, length, head, payload };

  bool take_header(std::uint8_t byte);
  bool take_length(std::uint8_t byte);
  std::optional<std::size_t> take_head(std::string_view here);
  std::optional<std::size_t> head_size(std::string_view begin) const;
  bool judge(std::string_view head);
  std::string flaw_of_packet(std::string_view head);

  // Reason strings, user properties and codes: more than any server has to say (bytes).
  static constexpr std::size_t kLongestAnswer = 131072;

  std::atomic<Protocol> protocol_{Protocol::mqtt5};
  std::atomic<int> pingresps_{0};
  std::mutex asked_mutex_;
  std::vector<Asked> asked_;

  Part part_ = Part::header;
  bool begun_ = false, leaving_ = false, refused_ = false, no_subscriber_ = false;
  PacketType type_{};
  unsigned flags_ = 0, shift_ = 0;
  std::size_t length_ = 0;  // of the body
  std::size_t left_ = 0;    // of it, to come
  TopicAliases aliases_;
  std::string head_;  // of a packet whose head came in pieces, so far
  std::uint64_t ended_ = 0;
  std::string disconnect_, connack_, flaw_;
};

}  // namespace mqfail
