// SPDX-License-Identifier: Apache-2.0
// What the packets of a server look like when they are well formed (MQTT 3.1.1 and 5, section 3).
// Pure; the packet filter asks it about each packet before Paho sees the last byte.
// Shortfall (Paho 1.3.12): a MQTT 3 SUBACK without return codes frees what was never initialised
// and crashes the process; too few codes count as granted (MQTT 3) or are read past their end
// (MQTT 5); lists of properties are read past the end of the packet; reserved codes pass for
// success; a topic may be empty, anything but UTF-8, or an alias of nothing. Unnecessary when: Paho
// refuses all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policy/event.hpp"
#include "transport/wire/topic_aliases.hpp"

namespace mqfail {

/// The type of a packet: the upper half of its first byte (MQTT 5, section 2.1.2).
enum class PacketType : std::uint8_t {
  reserved = 0,
  connect,
  connack,
  publish,
  puback,
  pubrec,
  pubrel,
  pubcomp,
  subscribe,
  suback,
  unsubscribe,
  unsuback,
  pingreq,
  pingresp,
  disconnect,
  auth,
};
std::string_view name(PacketType type);
/// "SUBACK of 2 bytes": what is said of one whose length is wrong.
std::string of_size(PacketType type, std::size_t size);

/// One of our SUBSCRIBEs or UNSUBSCRIBEs: what its answer must fit.
struct Asked {
  PacketType answer = PacketType::suback;
  std::uint16_t id = 0;
  std::size_t filters = 0;
};
/// Reads such a packet, whole, as it goes out.
Asked read_asked(std::string_view packet, Protocol protocol);

/// What is wrong with an answer (any packet of a server but PUBLISH), in words: "SUBACK of 2
/// bytes". Empty: nothing. `flags` is the lower half of the first byte, `body` all that follows the
/// remaining length. SUBACK and UNSUBACK must fit `asked`, which may be null for all others.
std::string flaw_of_answer(PacketType type, unsigned flags, std::string_view body,
                           Protocol protocol, const Asked* asked);
/// The packet id of an answer that has one; 0 is none.
std::uint16_t packet_id(std::string_view body);

/// How many bytes of a PUBLISH stand before its payload, as far as `begin`, its first bytes behind
/// the remaining length, can tell: ask again when so many are there. Nothing: malformed.
std::optional<std::size_t> publish_head_size(unsigned flags, std::string_view begin,
                                             Protocol protocol);
/// As flaw_of_answer; `head` is what stands before the payload.
std::string flaw_of_publish(unsigned flags, std::string_view head, Protocol protocol,
                            TopicAliases& aliases);

}  // namespace mqfail
