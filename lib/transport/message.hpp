// SPDX-License-Identifier: Apache-2.0
// A message as it travels: views into memory that its owner keeps alive.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mqfail {

/// The PUBLISH properties of MQTT 5 (section 3.3.2.3).
struct MessageProperties {
  std::optional<std::uint8_t> payload_format;   ///< 1: UTF-8 text
  std::optional<std::uint32_t> message_expiry;  ///< seconds
  std::optional<std::string> content_type;
  std::optional<std::string> response_topic;
  std::optional<std::string> correlation_data;  ///< binary
  std::vector<std::pair<std::string, std::string>> user;
  std::vector<std::uint32_t> subscription_ids;
  std::optional<std::uint16_t> topic_alias;
  /// Identifiers in the order in which the properties came, see property_order.hpp. Empty: there is
  /// no such order.
  std::vector<std::uint8_t> order;
  bool empty() const {
    return !payload_format && !message_expiry && !content_type && !response_topic &&
           !correlation_data && user.empty() && subscription_ids.empty() && !topic_alias;
  }
  friend bool operator==(const MessageProperties&, const MessageProperties&) = default;
};

/// The user properties that number a publisher's messages (delivery.md P7).
inline constexpr std::string_view kPublisherProperty = "mqfail-id";
inline constexpr std::string_view kNumberProperty = "mqfail-seq";

struct Message {
  std::string_view topic;
  std::string_view payload;
  int qos = 0;
  bool retain = false;
  bool duplicate = false;
  std::uint16_t packet_id = 0;                    ///< 0 at QoS 0
  const MessageProperties* properties = nullptr;  ///< null: none
  std::string_view publisher;                     ///< mqfail-id; empty: not numbered
  std::uint64_t number = 0;                       ///< mqfail-seq, from 1
  bool late = false;      ///< received after higher numbers; the session finds out
  std::uint64_t ack = 0;  ///< the number that acknowledges it (delivery.md S9); 0: it has none
  /// The identifier of the one SUBSCRIBE that brought it, if our SUBSCRIBEs have identifiers
  /// (Subscription). 0: they have none, or the server names several at once.
  std::uint32_t subscription = 0;
};

}  // namespace mqfail
