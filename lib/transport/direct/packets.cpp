// SPDX-License-Identifier: Apache-2.0
#include "transport/direct/packets.hpp"

#include <algorithm>
#include <utility>

#include "transport/wire/properties.hpp"

namespace mqfail {
namespace {

constexpr char kConnect = 0x10, kPublish = 0x30, kPuback = 0x40;
constexpr auto kSubscribe = static_cast<char>(0x82), kDisconnect = static_cast<char>(0xE0);

void put_number(std::string& out, std::uint32_t number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out += static_cast<char>(number >> static_cast<unsigned>(shift) & 0xFFU);
}

// A variable byte integer (MQTT 5, section 1.5.5).
void put_length(std::string& out, std::size_t length) {
  do {
    const auto byte = static_cast<unsigned char>(length & 0x7FU);
    length >>= 7U;
    out += static_cast<char>(length != 0 ? byte | 0x80U : byte);
  } while (length != 0);
}

// Text or data behind its length; what is too long for that is cut.
void put_text(std::string& out, std::string_view text) {
  text = text.substr(0, 65535);
  put_number(out, static_cast<std::uint32_t>(text.size()), 2);
  out.append(text);
}

std::string packet(char first, std::string_view body) {
  std::string out;
  out.reserve(body.size() + 5);
  out += first;
  put_length(out, body.size());
  return out.append(body);
}

std::string connect_properties(const ConnectProperties& wanted) {
  std::string list;
  const auto put = [&](std::uint8_t id, const auto& value, int bytes) {
    if (!value) return;
    list += static_cast<char>(id);
    put_number(list, static_cast<std::uint32_t>(*value), bytes);
  };
  put(0x11, wanted.session_expiry, 4);
  put(0x17, wanted.request_problem_information, 1);
  put(0x19, wanted.request_response_information, 1);
  put(property::receive_maximum, wanted.receive_maximum, 2);
  put(0x22, wanted.topic_alias_maximum, 2);
  put(property::maximum_packet_size, wanted.maximum_packet_size, 4);
  for (const auto& [name, value] : wanted.user) {
    list += '\x26';
    put_text(list, name);
    put_text(list, value);
  }
  std::string out;
  put_length(out, list.size());
  return out + list;
}

}  // namespace

Secret connect_packet(const Server& server, const ConnectSettings& settings, Protocol protocol) {
  const bool mqtt5 = protocol == Protocol::mqtt5;
  const std::string properties = mqtt5 ? connect_properties(settings.properties) : std::string();
  const std::string_view name = server.username ? std::string_view(*server.username) : "";
  const std::string_view password =
      server.password ? std::string_view(server.password->reveal()) : "";
  std::string body;
  // The memory of a string that grows is given back as it is.
  body.reserve(64 + properties.size() + settings.client_id.size() + name.size() + password.size());
  put_text(body, protocol == Protocol::mqtt31 ? "MQIsdp" : "MQTT");
  body += static_cast<char>(protocol);
  body += static_cast<char>((settings.clean_session ? 0x02 : 0) | (server.username ? 0x80 : 0) |
                            (server.password ? 0x40 : 0));
  const auto keepalive = std::chrono::duration_cast<std::chrono::seconds>(settings.keepalive);
  put_number(body, static_cast<std::uint32_t>(std::clamp<long>(keepalive.count(), 0, 65535)), 2);
  body += properties;
  put_text(body, settings.client_id);
  if (server.username) put_text(body, name);
  if (server.password) put_text(body, password);
  Secret whole(packet(kConnect, body));
  Secret::overwrite(body);
  return whole;
}

std::string subscribe_packet(std::uint16_t id, const std::vector<std::string>& filters, int qos,
                             Protocol protocol) {
  std::string body;
  put_number(body, id, 2);
  if (protocol == Protocol::mqtt5) body += '\0';  // no properties
  for (const std::string& filter : filters) {
    put_text(body, filter);
    body += static_cast<char>(qos);
  }
  return packet(kSubscribe, body);
}

std::string publish_packet(const Message& message, std::uint16_t id, Protocol protocol) {
  std::string body;
  body.reserve(message.topic.size() + message.payload.size() + 8);
  put_text(body, message.topic);
  if (message.qos > 0) put_number(body, id, 2);
  if (protocol == Protocol::mqtt5) body += '\0';
  body.append(message.payload);
  const int flags = message.qos << 1 | (message.retain ? 1 : 0);
  return packet(static_cast<char>(kPublish | flags), body);
}

std::string puback_packet(std::uint16_t id) {
  std::string body;
  put_number(body, id, 2);
  return packet(kPuback, body);
}

std::string disconnect_packet() {
  return packet(kDisconnect, {});
}

std::size_t first_packet_size(std::string_view bytes) {
  if (bytes.size() < 2) return 0;
  const VariableInteger length = variable_integer(bytes.substr(1));
  return length.size == 0 ? 0 : 1 + length.size + length.value;
}

std::optional<Packet> first_packet(std::string_view bytes) {
  const std::size_t size = first_packet_size(bytes);
  if (size == 0 || bytes.size() < size) return std::nullopt;
  const std::size_t head = 1 + variable_integer(bytes.substr(1)).size;
  const auto first = static_cast<std::uint8_t>(bytes[0]);
  return Packet{static_cast<PacketType>(first >> 4U), first & 0x0FU,
                bytes.substr(head, size - head), size};
}

Message read_publish(const Packet& packet, Protocol protocol) {
  std::string_view rest = packet.body;
  Message message;
  message.qos = static_cast<int>(packet.flags >> 1U & 3U);
  message.retain = (packet.flags & 1U) != 0;
  message.duplicate = (packet.flags & 8U) != 0;
  const std::size_t topic_size = packet_id(rest);  // two bytes as well
  rest.remove_prefix(std::min<std::size_t>(2, rest.size()));
  message.topic = rest.substr(0, topic_size);
  rest.remove_prefix(message.topic.size());
  if (message.qos > 0) {
    message.packet_id = packet_id(rest);
    rest.remove_prefix(std::min<std::size_t>(2, rest.size()));
  }
  if (protocol == Protocol::mqtt5) rest.remove_prefix(PropertyReader(rest).size());
  message.payload = rest;
  return message;
}

std::vector<int> suback_codes(std::string_view body, Protocol protocol) {
  body.remove_prefix(std::min<std::size_t>(2, body.size()));
  if (protocol == Protocol::mqtt5) body.remove_prefix(PropertyReader(body).size());
  std::vector<int> codes;
  for (const char code : body) codes.push_back(static_cast<std::uint8_t>(code));
  return codes;
}

int puback_code(std::string_view body) {
  return body.size() > 2 ? static_cast<std::uint8_t>(body[2]) : 0;
}

}  // namespace mqfail
