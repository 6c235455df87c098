// SPDX-License-Identifier: Apache-2.0
// The few packets that a probe sends, as bytes, and those that it receives, taken apart (MQTT 3.1,
// 3.1.1 and 5, section 3). Pure. Paho builds packets only for a connection that it owns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"
#include "policy/server.hpp"
#include "transport/transport.hpp"
#include "transport/wire/answer.hpp"

namespace mqfail {

/// CONNECT without a will. It has the password of `server` in it.
Secret connect_packet(const Server& server, const ConnectSettings& settings, Protocol protocol);
std::string subscribe_packet(std::uint16_t id, const std::vector<std::string>& filters, int qos,
                             Protocol protocol);
/// `id` counts only above QoS 0. Properties are not sent.
std::string publish_packet(const Message& message, std::uint16_t id, Protocol protocol);
std::string puback_packet(std::uint16_t id);
std::string disconnect_packet();

/// A packet from the stream. `body` is all behind the remaining length.
struct Packet {
  PacketType type{};
  unsigned flags = 0;
  std::string_view body;
  std::size_t size = 0;  ///< of all of it
};
/// The packet at the beginning of `bytes`; nothing if it is not complete.
std::optional<Packet> first_packet(std::string_view bytes);

/// How long the packet at the beginning of `bytes` is in all; 0: that is not here yet.
std::size_t first_packet_size(std::string_view bytes);

/// Of a PUBLISH whose form the packet filter has seen to. The views are into its body.
Message read_publish(const Packet& packet, Protocol protocol);
/// The codes of a SUBACK.
std::vector<int> suback_codes(std::string_view body, Protocol protocol);
/// The code of a PUBACK; 0 where it is left out.
int puback_code(std::string_view body);

}  // namespace mqfail
