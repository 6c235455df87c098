// SPDX-License-Identifier: Apache-2.0
// Names the MQTT 5 properties by their identifiers (section 2.2.2.2), and the order in which those
// of one packet are written and shown: that in which they were given or received.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "transport/message.hpp"

namespace mqfail {

namespace property_id {
inline constexpr std::uint8_t payload_format = 0x01, message_expiry = 0x02, content_type = 0x03,
                              response_topic = 0x08, correlation_data = 0x09,
                              subscription_id = 0x0B, session_expiry = 0x11,
                              authentication_method = 0x15, authentication_data = 0x16,
                              request_problem_information = 0x17, will_delay = 0x18,
                              request_response_information = 0x19, reason_string = 0x1F,
                              receive_maximum = 0x21, topic_alias_maximum = 0x22,
                              topic_alias = 0x23, user = 0x26, maximum_packet_size = 0x27;
}  // namespace property_id

using PropertyOrder = std::vector<std::uint8_t>;

/// Calls `visit(identifier, place)` for each property of `known`, which has each identifier once
/// and is the fixed order. `order` comes first. `place` counts the properties of one identifier
/// from 0: there are `users` user properties and `subscriptions` subscription identifiers, and at
/// most one of all others. `visit` ignores a property that is not set.
template <class Known, class Visit>
void in_order(const PropertyOrder& order, const Known& known, std::size_t users, Visit visit,
              std::size_t subscriptions = 1) {
  std::array<std::size_t, 256> seen{};
  for (const std::uint8_t id : order) visit(id, seen[id]++);
  for (const std::uint8_t id : known) {
    const std::size_t all = id == property_id::user              ? users
                            : id == property_id::subscription_id ? subscriptions
                                                                 : 1;
    while (seen[id] < all) visit(id, seen[id]++);
  }
}

/// Notes that a property was given. Only a user property counts each time.
inline void note_in(PropertyOrder& order, std::uint8_t id) {
  if (id != property_id::user)
    order.erase(std::remove(order.begin(), order.end(), id), order.end());
  order.push_back(id);
}

}  // namespace mqfail
