// SPDX-License-Identifier: Apache-2.0
#include "subscribe/lost_numbers.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

#include "policy/protocol_name.hpp"

namespace mqfail {
namespace {
std::uint64_t hash(std::string_view topic) {
  return std::hash<std::string_view>()(topic);
}
}  // namespace

void LostNumbers::saw(const Message& message, const std::string& server_id, std::uint64_t epoch,
                      Protocol protocol) {
  if (told_) return;
  if (message.number != 0) return note(message, server_id);
  if (topics_.empty()) return;
  const auto found = topics_.find(hash(message.topic));
  if (found == topics_.end() || found->second.mixed) return;
  Topic& topic = found->second;
  const auto& numbered_by = topic.numbered_by;
  if (std::find(numbered_by.begin(), numbered_by.end(), server_id) != numbered_by.end()) {
    topic.mixed = true;  // another publisher, which does not number
    return;
  }
  Notice warning{.name = NoticeName::warning, .level = Level::warning};
  warning.server = server_id;
  warning.epoch = epoch;
  warning.reason = "the numbers of messages are lost on the way through " + server_id + ": ";
  warning.reason += protocol == Protocol::mqtt5
                        ? "at a bridge of mosquitto between the servers, set "
                          "bridge_protocol_version mqttv50"
                        : "this connection uses MQTT " + std::string(name(protocol)) +
                              ", which has no numbers; use a server with MQTT 5";
  warning.more = {{"from", numbered_by.front()}, {"topic", std::string(message.topic)}};
  announcer_.announce(warning);
  told_ = true;
  topics_.clear();
}

void LostNumbers::note(const Message& message, const std::string& server_id) {
  if (message.topic == last_topic_ && server_id == last_server_) return;
  last_topic_ = message.topic;
  last_server_ = server_id;
  const std::uint64_t key = hash(message.topic);
  auto found = topics_.find(key);
  if (found == topics_.end()) {
    if (topics_.size() == kMost) return;
    found = topics_.emplace(key, Topic{}).first;
  }
  std::vector<std::string>& numbered_by = found->second.numbered_by;
  if (std::find(numbered_by.begin(), numbered_by.end(), server_id) == numbered_by.end()) {
    numbered_by.push_back(server_id);
  }
}

}  // namespace mqfail
