// SPDX-License-Identifier: Apache-2.0
// A packet of a server in parts, so that one part can be wrong and the rest is right. rig/wire
// makes only packets that are well formed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rig/wire.hpp"

namespace hostile {

/// A property with its value as it goes over the wire.
struct RawProperty {
  int id = 0;
  std::string value;
};

std::string two_bytes(unsigned value);
std::string four_bytes(unsigned value);
/// Text or data behind its length.
std::string text_value(const std::string& text);
/// A value of the right form for this property (MQTT 5, table 2-4), with `text` where it is a text.
RawProperty valid_property(int id, const std::string& text);

/// How the remaining length is written.
enum class Length { right, five_bytes, padded, huge };

/// The parts stand in the order of the wire. Those that a packet does not have are not set.
struct Draft {
  rig::Type type{};
  int flags = 0;
  std::optional<int> session;        ///< the first byte of a CONNACK
  std::optional<std::string> topic;  ///< of a PUBLISH
  std::optional<unsigned> id;        ///< of a packet
  std::optional<int> code;           ///< of a CONNACK, an acknowledgement, a DISCONNECT, an AUTH
  bool has_properties = false;       ///< MQTT 5
  std::vector<RawProperty> properties;
  std::string tail;  ///< the payload, or the codes of a SUBACK or UNSUBACK
  Length length = Length::right;
  int length_off = 0, properties_off = 0;  ///< what is added to the lengths that are written

  std::string bytes() const;
};

/// "CONNACK", for stories.
const char* name(rig::Type type);

/// The first bytes in hexadecimal, for stories.
std::string shown(const std::string& bytes);

}  // namespace hostile
