// SPDX-License-Identifier: Apache-2.0
// Notices that messages on a topic have numbers (delivery.md P7) through one server and none
// through another, and warns once, with the remedy. A bridge that uses MQTT 3.1.1 removes the
// numbers, and so does a connection of ours that uses MQTT 3.1.1.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "policy/event.hpp"
#include "session/notice.hpp"
#include "transport/message.hpp"

namespace mqfail {

/// Looks at the first topics with numbered messages, so many at most. Costs nothing while no
/// message has a number. Not thread-safe; one owner.
class LostNumbers {
 public:
  static constexpr std::size_t kMost = 1024;

  /// The announcer outlives it.
  explicit LostNumbers(Announcer& announcer) : announcer_(announcer) {}

  /// Each message of each server, to which the connection has this epoch and protocol.
  void saw(const Message& message, const std::string& server_id, std::uint64_t epoch,
           Protocol protocol);

 private:
  struct Topic {
    std::vector<std::string> numbered_by;  // servers
    bool mixed = false;                    // one of them brings some without numbers
  };
  void note(const Message& message, const std::string& server_id);

  Announcer& announcer_;
  std::unordered_map<std::uint64_t, Topic> topics_;  // by their hash
  std::string last_topic_, last_server_;             // that were noted
  bool told_ = false;
};

}  // namespace mqfail
