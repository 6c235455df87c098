// SPDX-License-Identifier: Apache-2.0
// Seam: with MQTT 3.1.1, too, a message of QoS 2 is handed over when its PUBLISH comes.
// Shortfall (Paho 1.3.12): below MQTT 5, MQTTProtocol_handlePublishes keeps the message until its
// PUBREL comes, and writes PUBREC at once. If the connection ends in between, the server sends
// nothing but PUBREL to the next one, and the message has gone with the client that kept it.
// Mended: MQTTProtocol_handlePublishes sees a packet of MQTT 5 and hands the message over. PUBREC
// waits until it is written out (wire/held_acknowledgements.hpp). PUBREL hands over nothing then.
// Unnecessary when: Paho hands over at PUBLISH whatever the version is.
#include "transport/paho_seams/early_delivery.hpp"

namespace mqfail {
namespace {

// The begin of Publish in Paho's MQTTPacket.h. What is not of MQTT 5 has properties that are zero.
struct Publish {
  unsigned char first;
  char* topic;
  int topic_length;
  int packet_id;
  char* payload;
  int payload_length;
  int version;
};

constexpr int kMqtt31 = 3, kMqtt311 = 4, kMqtt5 = 5;  // as Paho names them

}  // namespace

std::optional<std::uint16_t> deliver_at_publish(void* packet) {
  auto& publish = *static_cast<Publish*>(packet);
  if ((publish.first >> 1U & 3U) != 2) return std::nullopt;
  if (publish.version == kMqtt31 || publish.version == kMqtt311) publish.version = kMqtt5;
  return static_cast<std::uint16_t>(publish.packet_id);
}

}  // namespace mqfail
