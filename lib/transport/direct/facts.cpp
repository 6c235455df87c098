// SPDX-License-Identifier: Apache-2.0
#include "transport/direct/facts.hpp"

#include "transport/wire/properties.hpp"

namespace mqfail {
namespace {

std::uint32_t number_in(std::string_view bytes) {
  std::uint32_t number = 0;
  for (const char byte : bytes) number = number << 8U | static_cast<std::uint8_t>(byte);
  return number;
}

void take_property(ServerFeatures& features, std::uint8_t id, std::string_view value) {
  const std::uint32_t number = number_in(value.substr(0, 4));
  switch (id) {  // MQTT 5, table 2-4
    case 0x11:
      features.session_expiry = number;
      break;
    case 0x12:
      features.assigned_client_id = value;
      break;
    case 0x13:
      features.keepalive = static_cast<std::uint16_t>(number);
      break;
    case property::server_reference:
      features.server_reference = value;
      break;
    case property::reason_string:
      features.reason = value;
      break;
    case property::receive_maximum:
      features.receive_maximum = static_cast<std::uint16_t>(number);
      break;
    case 0x22:
      features.topic_alias_maximum = static_cast<std::uint16_t>(number);
      break;
    case 0x24:
      features.maximum_qos = static_cast<int>(number);
      break;
    case 0x25:
      features.retain = number != 0;
      break;
    case property::maximum_packet_size:
      features.maximum_packet_size = number;
      break;
    case 0x28:
      features.wildcards = number != 0;
      break;
    case 0x29:
      features.subscription_ids = number != 0;
      break;
    case 0x2A:
      features.shared = number != 0;
      break;
    default:
      break;
  }
}

}  // namespace

ServerFeatures read_features(std::string_view connack, Protocol protocol) {
  ServerFeatures features;
  features.session_present = protocol != Protocol::mqtt31 && !connack.empty() &&
                             (static_cast<std::uint8_t>(connack[0]) & 1U) != 0;
  if (protocol != Protocol::mqtt5 || connack.size() <= 2) return features;
  for (PropertyReader reader(connack.substr(2)); reader.next();)
    take_property(features, reader.id(), reader.value());
  return features;
}

}  // namespace mqfail
