// SPDX-License-Identifier: Apache-2.0
// How large a PUBLISH is on the wire, to the byte (MQTT 5 section 3.3): a server closes the
// connection over one that exceeds its Maximum Packet Size.
#pragma once

#include <cstddef>

#include "transport/message.hpp"

namespace mqfail {

/// The largest Remaining Length of MQTT, and the largest packet, in bytes.
inline constexpr std::size_t kLargestRemaining = 268'435'455;
inline constexpr std::size_t kLargestPacket = kLargestRemaining + 5;

/// In bytes; `mqtt5`: with properties. Above kLargestPacket there is no such packet.
std::size_t publish_size(const Message& message, bool mqtt5);

}  // namespace mqfail
