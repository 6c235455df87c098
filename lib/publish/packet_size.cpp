// SPDX-License-Identifier: Apache-2.0
#include "publish/packet_size.hpp"

#include <string>

namespace mqfail {
namespace {

std::size_t variable_byte_integer(std::size_t value) {
  return value < 128 ? 1 : value < 16384 ? 2 : value < 2'097'152 ? 3 : 4;
}

std::size_t user(std::size_t name, std::size_t value) {
  return 1 + 2 + name + 2 + value;
}

std::size_t text(const std::optional<std::string>& value) {
  return value ? 1 + 2 + value->size() : 0;
}

std::size_t properties_size(const Message& message) {
  std::size_t size = 0;
  if (const MessageProperties* const all = message.properties; all != nullptr) {
    size += all->payload_format ? 2 : 0;
    size += all->message_expiry ? 5 : 0;
    size += all->topic_alias ? 3 : 0;
    size += text(all->content_type) + text(all->response_topic) + text(all->correlation_data);
    for (const auto& [name, value] : all->user) size += user(name.size(), value.size());
  }
  if (!message.publisher.empty()) {
    size += user(kPublisherProperty.size(), message.publisher.size()) +
            user(kNumberProperty.size(), std::to_string(message.number).size());
  }
  return size;
}

}  // namespace

std::size_t publish_size(const Message& message, bool mqtt5) {
  std::size_t remaining = 2 + message.topic.size() + message.payload.size();
  if (message.qos > 0) remaining += 2;
  if (mqtt5) {
    const std::size_t properties = properties_size(message);
    remaining += variable_byte_integer(properties) + properties;
  }
  return 1 + variable_byte_integer(remaining) + remaining +
         (remaining > kLargestRemaining ? kLargestPacket : 0);
}

}  // namespace mqfail
