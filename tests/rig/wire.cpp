// SPDX-License-Identifier: Apache-2.0
#include "rig/wire.hpp"

namespace rig {

std::optional<PropertyKind> kind_of_property(int id) {
  switch (id) {
    case 0x01:
    case 0x17:
    case 0x19:
    case 0x24:
    case 0x25:
    case 0x28:
    case 0x29:
    case 0x2a:
      return PropertyKind::byte;
    case 0x13:
    case 0x21:
    case 0x22:
    case 0x23:
      return PropertyKind::two;
    case 0x02:
    case 0x11:
    case 0x18:
    case 0x27:
      return PropertyKind::four;
    case 0x0b:
      return PropertyKind::variable;
    case 0x03:
    case 0x08:
    case 0x09:
    case 0x12:
    case 0x15:
    case 0x16:
    case 0x1a:
    case 0x1c:
    case 0x1f:
      return PropertyKind::text;
    case 0x26:
      return PropertyKind::pair;
    default:
      return {};
  }
}

namespace {

/// Reads big-endian fields. After the first mistake `ok` is false and every field reads as zero.
struct Cursor {
  std::string_view rest;
  bool ok = true;

  std::string_view take(std::size_t n) {
    if (rest.size() < n) {
      ok = false;
      rest = {};
      return {};
    }
    const std::string_view taken = rest.substr(0, n);
    rest.remove_prefix(n);
    return taken;
  }
  std::uint32_t number(std::size_t bytes) {
    std::uint32_t value = 0;
    for (const char c : take(bytes)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
  std::string text() { return std::string(take(number(2))); }
  std::uint32_t variable() {
    std::uint32_t value = 0;
    for (int shift = 0; shift < 28; shift += 7) {
      const std::uint32_t byte = number(1);
      value |= (byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    ok = false;
    return 0;
  }
};

std::vector<Property> read_properties(Cursor& cursor) {
  std::vector<Property> properties;
  Cursor inner{cursor.take(cursor.variable())};
  while (inner.ok && !inner.rest.empty()) {
    Property property;
    property.id = static_cast<int>(inner.variable());
    const auto kind = kind_of_property(property.id);
    if (!kind) {
      inner.ok = false;
      break;
    }
    switch (*kind) {
      case PropertyKind::byte:
        property.number = inner.number(1);
        break;
      case PropertyKind::two:
        property.number = inner.number(2);
        break;
      case PropertyKind::four:
        property.number = inner.number(4);
        break;
      case PropertyKind::variable:
        property.number = inner.variable();
        break;
      case PropertyKind::text:
        property.text = inner.text();
        break;
      case PropertyKind::pair:
        property.key = inner.text();
        property.text = inner.text();
        break;
    }
    properties.push_back(std::move(property));
  }
  cursor.ok = cursor.ok && inner.ok;
  return properties;
}

void put(std::string& out, std::uint32_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
    out += static_cast<char>(value >> shift & 0xff);
}

void put_text(std::string& out, std::string_view text) {
  put(out, static_cast<std::uint32_t>(text.size()), 2);
  out += text;
}

void put_variable(std::string& out, std::size_t value) {
  do {
    std::uint32_t byte = value & 0x7f;
    value >>= 7;
    if (value != 0) byte |= 0x80;
    put(out, byte, 1);
  } while (value != 0);
}

void put_properties(std::string& out, const std::vector<Property>& properties) {
  std::string inner;
  for (const Property& property : properties) {
    put_variable(inner, static_cast<std::size_t>(property.id));
    switch (kind_of_property(property.id).value_or(PropertyKind::text)) {
      case PropertyKind::byte:
        put(inner, property.number, 1);
        break;
      case PropertyKind::two:
        put(inner, property.number, 2);
        break;
      case PropertyKind::four:
        put(inner, property.number, 4);
        break;
      case PropertyKind::variable:
        put_variable(inner, property.number);
        break;
      case PropertyKind::text:
        put_text(inner, property.text);
        break;
      case PropertyKind::pair:
        put_text(inner, property.key);
        put_text(inner, property.text);
        break;
    }
  }
  put_variable(out, inner.size());
  out += inner;
}

}  // namespace

std::optional<Packet> PacketReader::next() {
  if (malformed_) return {};
  std::size_t length = 0;
  std::size_t at = at_ + 1;
  for (int shift = 0;; shift += 7, ++at) {
    if (shift == 28) {
      malformed_ = true;
      return {};
    }
    if (at >= buffer_.size()) return {};
    const auto byte = static_cast<unsigned char>(buffer_[at]);
    length |= static_cast<std::size_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) break;
  }
  ++at;
  if (buffer_.size() - at < length) return {};
  const auto head = static_cast<unsigned char>(buffer_[at_]);
  Packet packet{static_cast<Type>(head >> 4), head & 15, buffer_.substr(at, length)};
  at_ = at + length;
  if (at_ == buffer_.size()) {
    buffer_.clear();
    at_ = 0;
  } else if (at_ > 65536) {
    buffer_.erase(0, at_);
    at_ = 0;
  }
  return packet;
}

std::optional<std::string> Publish::user(std::string_view key) const {
  for (const Property& property : properties)
    if (property.id == property::user && property.key == key) return property.text;
  return {};
}

std::optional<std::uint32_t> number_of(const std::vector<Property>& properties, int id) {
  for (const Property& property : properties)
    if (property.id == id) return property.number;
  return {};
}

std::optional<Connect> parse_connect(const Packet& packet) {
  Cursor in{packet.body};
  Connect connect;
  const std::string name = in.text();
  connect.version = static_cast<int>(in.number(1));
  const std::uint32_t flags = in.number(1);
  connect.clean = (flags & 2) != 0;
  connect.keepalive = static_cast<int>(in.number(2));
  if (connect.version == 5) connect.properties = read_properties(in);
  connect.client_id = in.text();
  connect.has_will = (flags & 4) != 0;
  if (connect.has_will) {
    if (connect.version == 5) connect.will_properties = read_properties(in);
    connect.will_flags = static_cast<int>(flags & 0x3c);
    connect.will_topic = in.text();
    connect.will_payload = in.text();
  }
  if ((flags & 0x80) != 0) connect.user = in.text();
  if ((flags & 0x40) != 0) connect.password = in.text();
  if (!in.ok || !in.rest.empty() || (name != "MQTT" && name != "MQIsdp") || (flags & 1) != 0)
    return {};
  return connect;
}

std::optional<Publish> parse_publish(const Packet& packet, int version) {
  Cursor in{packet.body};
  Publish publish;
  publish.dup = (packet.flags & 8) != 0;
  publish.qos = packet.flags >> 1 & 3;
  publish.retain = (packet.flags & 1) != 0;
  publish.topic = in.text();
  if (publish.qos > 0) publish.id = static_cast<std::uint16_t>(in.number(2));
  if (version == 5) publish.properties = read_properties(in);
  publish.payload = std::string(in.rest);
  if (!in.ok || publish.qos == 3 || (publish.qos > 0 && publish.id == 0)) return {};
  return publish;
}

std::optional<Subscribe> parse_subscribe(const Packet& packet, int version) {
  Cursor in{packet.body};
  Subscribe subscribe;
  subscribe.id = static_cast<std::uint16_t>(in.number(2));
  if (version == 5) subscribe.properties = read_properties(in);
  while (in.ok && !in.rest.empty()) {
    Filter filter;
    filter.filter = in.text();
    if (packet.type == Type::subscribe) filter.options = static_cast<int>(in.number(1));
    subscribe.filters.push_back(std::move(filter));
  }
  if (!in.ok || packet.flags != 2 || subscribe.filters.empty()) return {};
  return subscribe;
}

std::optional<Acknowledgement> parse_acknowledgement(const Packet& packet, int version) {
  Cursor in{packet.body};
  Acknowledgement acknowledgement;
  acknowledgement.id = static_cast<std::uint16_t>(in.number(2));
  if (version == 5 && !in.rest.empty()) acknowledgement.code = static_cast<int>(in.number(1));
  if (!in.ok || packet.flags != (packet.type == Type::pubrel ? 2 : 0)) return {};
  return acknowledgement;
}

std::string encode(Type type, int flags, std::string_view body) {
  std::string out;
  put(out, static_cast<std::uint32_t>(static_cast<int>(type) << 4 | flags), 1);
  put_variable(out, body.size());
  out += body;
  return out;
}

std::string encode(const Connect& connect) {
  std::string body;
  put_text(body, "MQTT");
  put(body, static_cast<std::uint32_t>(connect.version), 1);
  put(body,
      (connect.clean ? 2U : 0U) | (connect.user ? 0x80U : 0U) | (connect.password ? 0x40U : 0U), 1);
  put(body, static_cast<std::uint32_t>(connect.keepalive), 2);
  if (connect.version == 5) put_properties(body, connect.properties);
  put_text(body, connect.client_id);
  if (connect.user) put_text(body, *connect.user);
  if (connect.password) put_text(body, *connect.password);
  return encode(Type::connect, 0, body);
}

std::string encode(const Publish& publish, int version) {
  std::string body;
  put_text(body, publish.topic);
  if (publish.qos > 0) put(body, publish.id, 2);
  if (version == 5) put_properties(body, publish.properties);
  body += publish.payload;
  return encode(Type::publish, (publish.dup ? 8 : 0) | publish.qos << 1 | (publish.retain ? 1 : 0),
                body);
}

std::string encode_connack(int version, int code, bool session_present,
                           const std::vector<Property>& properties) {
  std::string body;
  put(body, session_present ? 1 : 0, 1);
  put(body, static_cast<std::uint32_t>(code), 1);
  if (version == 5) put_properties(body, properties);
  return encode(Type::connack, 0, body);
}

std::string encode_acknowledgement(Type type, int version, std::uint16_t id, int code,
                                   const std::string& reason) {
  std::string body;
  put(body, id, 2);
  if (version == 5 && (code != 0 || !reason.empty())) {
    put(body, static_cast<std::uint32_t>(code), 1);
    if (!reason.empty()) put_properties(body, {{property::reason_string, 0, reason, {}}});
  }
  return encode(type, type == Type::pubrel ? 2 : 0, body);
}

std::string encode_suback(int version, std::uint16_t id, const std::vector<int>& codes) {
  std::string body;
  put(body, id, 2);
  if (version == 5) put_properties(body, {});
  for (const int code : codes) put(body, static_cast<std::uint32_t>(code), 1);
  return encode(Type::suback, 0, body);
}

std::string encode_subscribe(int version, std::uint16_t id, const std::vector<Filter>& filters) {
  std::string body;
  put(body, id, 2);
  if (version == 5) put_properties(body, {});
  for (const Filter& filter : filters) {
    put_text(body, filter.filter);
    put(body, static_cast<std::uint32_t>(filter.options), 1);
  }
  return encode(Type::subscribe, 2, body);
}

std::string encode_disconnect(int version, int code, const std::vector<Property>& properties) {
  std::string body;
  if (version == 5) {
    put(body, static_cast<std::uint32_t>(code), 1);
    put_properties(body, properties);
  }
  return encode(Type::disconnect, 0, body);
}

}  // namespace rig
