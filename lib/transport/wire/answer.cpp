// SPDX-License-Identifier: Apache-2.0
#include "transport/wire/answer.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/utf8.hpp"
#include "transport/wire/properties.hpp"

namespace mqfail {
namespace {

constexpr int kLastReturnCode = 5;                    // of a MQTT 3 CONNACK
constexpr int kFirstError = 0x80, kLastError = 0xA2;  // MQTT 5, section 2.4 has no hole between

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

std::size_t two_bytes(std::string_view bytes) {
  return static_cast<std::size_t>(byte_at(bytes, 0)) << 8U | byte_at(bytes, 1);
}

// Text as MQTT has it (section 1.5.4): UTF-8 without U+0000.
bool is_topic_text(std::string_view text) {
  return text.find('\0') == std::string_view::npos && is_utf8(text);
}

std::string reserved_code(PacketType type, int code) {
  std::array<char, 8> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), code, 16).ptr;
  return std::string(name(type)) + " with the reserved code 0x" + (code < 16 ? "0" : "") +
         std::string(digits.data(), end);
}

// An error of MQTT 5 is accepted in any packet that can report one: servers use some codes in
// packets that the standard does not name, and the user needs the error.
bool known_code(PacketType type, int code, Protocol protocol) {
  const bool mqtt5 = protocol == Protocol::mqtt5;
  if (mqtt5 && code >= kFirstError) return code <= kLastError;
  switch (type) {
    case PacketType::connack:
      return mqtt5 ? code == 0 : code <= kLastReturnCode;
    case PacketType::puback:
    case PacketType::pubrec:
      return code == 0 || code == kNoMatchingSubscribers;
    case PacketType::suback:
      return code <= 2 || code == kFirstError;
    case PacketType::unsuback:
      return code == 0 || code == 0x11;  // no subscription existed
    default:
      return code == 0;
  }
}

std::string flaw_of_properties(PacketType type, std::string_view list) {
  PropertyReader reader(list);
  while (reader.next()) {
  }
  return reader.whole() ? std::string() : std::string(name(type)) + " with malformed properties";
}

// Of a list that ends with its packet.
std::string flaw_of_last_properties(PacketType type, std::string_view list) {
  std::string flaw = flaw_of_properties(type, list);
  if (flaw.empty() && PropertyReader(list).size() != list.size()) {
    flaw = std::string(name(type)) + " with bytes behind its properties";
  }
  return flaw;
}

// "It is a Protocol Error to include the value 0" (MQTT 5, 3.2.2.3.3 and 3.2.2.3.6): nothing could
// be sent to such a server.
bool allows_nothing(std::string_view list) {
  for (PropertyReader reader(list); reader.next();) {
    const bool limit =
        reader.id() == property::receive_maximum || reader.id() == property::maximum_packet_size;
    if (limit && reader.value().find_first_not_of('\0') == std::string_view::npos) return true;
  }
  return false;
}

std::string flaw_of_connack(std::string_view body, Protocol protocol) {
  constexpr PacketType kType = PacketType::connack;
  if (body.size() < 2 || (protocol != Protocol::mqtt5 && body.size() > 2)) {
    return of_size(kType, body.size());
  }
  const int code = byte_at(body, 1);
  // Without properties: from a server that knows only MQTT 3, in its form (seam connack).
  const bool mqtt3_form = body.size() == 2;
  // MQTT 3.1 says of the first byte only that it is reserved.
  if (protocol != Protocol::mqtt31 && (byte_at(body, 0) & 0xFEU) != 0) {
    return "CONNACK with reserved flags";
  }
  if (!known_code(kType, code, mqtt3_form ? Protocol::mqtt311 : protocol)) {
    return reserved_code(kType, code);
  }
  if (mqtt3_form) return {};
  std::string flaw = flaw_of_last_properties(kType, body.substr(2));
  if (flaw.empty() && allows_nothing(body.substr(2))) flaw = "CONNACK with a limit of 0";
  return flaw;
}

// PUBACK, PUBREC, PUBREL, PUBCOMP, and DISCONNECT, which has no packet id: in MQTT 5 the code may
// be left out, and the properties behind it.
std::string flaw_of_acknowledgement(PacketType type, std::string_view body, Protocol protocol) {
  std::string_view rest = body;
  if (type != PacketType::disconnect) {
    if (body.size() < 2) return of_size(type, body.size());
    if (two_bytes(body) == 0) return std::string(name(type)) + " with packet id 0";
    rest.remove_prefix(2);
  }
  if (rest.empty()) return {};
  if (protocol != Protocol::mqtt5) return of_size(type, body.size());
  if (!known_code(type, byte_at(rest, 0), protocol)) return reserved_code(type, byte_at(rest, 0));
  rest.remove_prefix(1);
  return rest.empty() ? std::string() : flaw_of_last_properties(type, rest);
}

// SUBACK, UNSUBACK: a code for each filter, but for the UNSUBACK of MQTT 3.
std::string flaw_of_codes(PacketType type, std::string_view body, Protocol protocol,
                          const Asked* asked) {
  if (body.size() < 2) return of_size(type, body.size());
  if (asked == nullptr || asked->answer != type || asked->id != two_bytes(body)) {
    return "unexpected " + std::string(name(type));
  }
  std::string_view codes = body.substr(2);
  std::size_t wanted = asked->filters;
  if (protocol == Protocol::mqtt5) {
    std::string flaw = flaw_of_properties(type, codes);
    if (!flaw.empty()) return flaw;
    codes.remove_prefix(PropertyReader(codes).size());
  } else if (type == PacketType::unsuback) {
    wanted = 0;
  }
  if (codes.size() != wanted) return of_size(type, body.size());
  for (const char code : codes) {
    const auto value = static_cast<std::uint8_t>(code);
    if (!known_code(type, value, protocol)) return reserved_code(type, value);
  }
  return {};
}

}  // namespace

std::string_view name(PacketType type) {
  static constexpr std::array<std::string_view, 16> kNames{
      "reserved packet", "CONNECT",  "CONNACK",    "PUBLISH", "PUBACK",      "PUBREC",
      "PUBREL",          "PUBCOMP",  "SUBSCRIBE",  "SUBACK",  "UNSUBSCRIBE", "UNSUBACK",
      "PINGREQ",         "PINGRESP", "DISCONNECT", "AUTH"};
  return kNames[static_cast<std::size_t>(type)];
}

std::string of_size(PacketType type, std::size_t size) {
  return std::string(name(type)) + " of " + std::to_string(size) + (size == 1 ? " byte" : " bytes");
}

std::uint16_t packet_id(std::string_view body) {
  return body.size() < 2 ? std::uint16_t{0} : static_cast<std::uint16_t>(two_bytes(body));
}

Asked read_asked(std::string_view packet, Protocol protocol) {
  Asked asked;
  const bool subscribe = byte_at(packet, 0) >> 4U == static_cast<unsigned>(PacketType::subscribe);
  asked.answer = subscribe ? PacketType::suback : PacketType::unsuback;
  std::string_view rest = packet.substr(1);
  rest.remove_prefix(variable_integer(rest).size);
  asked.id = packet_id(rest);
  rest.remove_prefix(std::min<std::size_t>(2, rest.size()));
  if (protocol == Protocol::mqtt5) rest.remove_prefix(PropertyReader(rest).size());
  while (rest.size() >= 2) {
    rest.remove_prefix(std::min(rest.size(), 2 + two_bytes(rest) + (subscribe ? 1U : 0U)));
    ++asked.filters;
  }
  return asked;
}

std::string flaw_of_answer(PacketType type, unsigned flags, std::string_view body,
                           Protocol protocol, const Asked* asked) {
  // MQTT 3.1 repeats a PUBREL with DUP set; from 3.1.1 on the flags are fixed (section 2.2.2).
  const unsigned fixed = type == PacketType::pubrel ? 2 : 0;
  if (protocol != Protocol::mqtt31 && flags != fixed) {
    return std::string(name(type)) + " with reserved flags";
  }
  switch (type) {
    case PacketType::connack:
      return flaw_of_connack(body, protocol);
    case PacketType::puback:
    case PacketType::pubrec:
    case PacketType::pubrel:
    case PacketType::pubcomp:
    case PacketType::disconnect:
      return flaw_of_acknowledgement(type, body, protocol);
    case PacketType::suback:
    case PacketType::unsuback:
      return flaw_of_codes(type, body, protocol, asked);
    case PacketType::pingresp:
      return body.empty() ? std::string() : of_size(type, body.size());
    default:
      return "unexpected " + std::string(name(type));
  }
}

std::optional<std::size_t> publish_head_size(unsigned flags, std::string_view begin,
                                             Protocol protocol) {
  std::size_t size = 2;
  if (begin.size() < size) return size;
  size += two_bytes(begin);
  if ((flags & 0x06U) != 0) size += 2;
  if (protocol != Protocol::mqtt5) return size;
  if (begin.size() <= size) return size + 1;
  const VariableInteger list = variable_integer(begin.substr(size));
  if (list.too_long) return std::nullopt;
  return list.size != 0 ? size + list.size + list.value : begin.size() + 1;
}

std::string flaw_of_publish(unsigned flags, std::string_view head, Protocol protocol,
                            TopicAliases& aliases) {
  const std::string_view topic = head.substr(2, two_bytes(head));
  if (!is_topic_text(topic)) return "PUBLISH with a topic that is not UTF-8";
  std::size_t at = 2 + topic.size();
  if ((flags & 0x06U) != 0) {
    if (two_bytes(head.substr(at)) == 0) return "PUBLISH with packet id 0";
    at += 2;
  }
  const bool has_properties = protocol == Protocol::mqtt5 && head[at] != '\0';
  bool named = !topic.empty();
  if (has_properties) {
    PropertyReader reader(head.substr(at));
    while (reader.next()) {
      if (reader.id() != property::topic_alias) continue;
      if (!aliases.take(two_bytes(reader.value()), !topic.empty()))
        return "PUBLISH with an unknown topic alias";
      named = true;
    }
    if (!reader.whole()) return "PUBLISH with malformed properties";
  }
  return named ? std::string() : "PUBLISH without a topic";
}

}  // namespace mqfail
