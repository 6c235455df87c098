// SPDX-License-Identifier: Apache-2.0
// MQTT 3.1.1 and 5 as bytes, written independently from the standard, because the tests must not
// trust the product's own parser. It is strict where a client may be wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rig {

enum class Type : std::uint8_t {
  connect = 1,
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

struct Packet {
  Type type{};
  int flags = 0;
  std::string body;
};

/// Cuts a byte stream into packets.
class PacketReader {
 public:
  void feed(std::string_view bytes) { buffer_.append(bytes); }
  std::optional<Packet> next();
  bool malformed() const { return malformed_; }
  /// Bytes that are not yet a whole packet.
  std::string_view rest() const { return std::string_view(buffer_).substr(at_); }

 private:
  std::string buffer_;
  std::size_t at_ = 0;
  bool malformed_ = false;
};

/// An MQTT 5 property: `number` for integers, `text` for strings and data, `key` for a user
/// property.
struct Property {
  int id = 0;
  std::uint32_t number = 0;
  std::string text;
  std::string key;
};

/// How the value of a property stands in a packet (MQTT 5, 2.2.2.2).
enum class PropertyKind { byte, two, four, variable, text, pair };
/// Empty: there is no such property.
std::optional<PropertyKind> kind_of_property(int id);

namespace property {
inline constexpr int reason_string = 0x1f, server_reference = 0x1c, receive_maximum = 0x21,
                     topic_alias_maximum = 0x22, maximum_qos = 0x24, retain_available = 0x25,
                     user = 0x26, maximum_packet_size = 0x27, server_keep_alive = 0x13,
                     subscription_id = 0x0b, subscription_ids_available = 0x29,
                     assigned_client_id = 0x12, session_expiry = 0x11, message_expiry = 0x02,
                     will_delay = 0x18;
}  // namespace property

struct Connect {
  int version = 4;  ///< 3, 4 (3.1.1) or 5
  bool clean = true;
  int keepalive = 60;
  std::string client_id;
  bool has_will = false;
  int will_flags = 0;  ///< as on the wire: 4, the quality of service times 8, 32 retained
  std::string will_topic, will_payload;
  std::optional<std::string> user, password;
  std::vector<Property> properties, will_properties;
};

struct Publish {
  std::string topic, payload;
  int qos = 0;
  bool dup = false, retain = false;
  std::uint16_t id = 0;
  std::vector<Property> properties;
  /// The value of a user property, or nothing.
  std::optional<std::string> user(std::string_view key) const;
};

struct Filter {
  std::string filter;
  int options = 0;
  int qos() const { return options & 3; }
};

struct Subscribe {
  std::uint16_t id = 0;
  std::vector<Filter> filters;
  std::vector<Property> properties;
};

struct Acknowledgement {
  std::uint16_t id = 0;
  int code = 0;
};

/// The number of a property, or nothing.
std::optional<std::uint32_t> number_of(const std::vector<Property>& properties, int id);

std::optional<Connect> parse_connect(const Packet& packet);
std::optional<Publish> parse_publish(const Packet& packet, int version);
std::optional<Subscribe> parse_subscribe(const Packet& packet, int version);
/// PUBACK, PUBREC, PUBREL, PUBCOMP.
std::optional<Acknowledgement> parse_acknowledgement(const Packet& packet, int version);

std::string encode(Type type, int flags, std::string_view body);
std::string encode(const Connect& connect);
std::string encode(const Publish& publish, int version);
std::string encode_connack(int version, int code, bool session_present,
                           const std::vector<Property>& properties);
std::string encode_acknowledgement(Type type, int version, std::uint16_t id, int code,
                                   const std::string& reason = {});
std::string encode_suback(int version, std::uint16_t id, const std::vector<int>& codes);
std::string encode_subscribe(int version, std::uint16_t id, const std::vector<Filter>& filters);
std::string encode_disconnect(int version, int code, const std::vector<Property>& properties);

}  // namespace rig
