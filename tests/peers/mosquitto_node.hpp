// SPDX-License-Identifier: Apache-2.0
// A mosquitto as a node of a peer.
#pragma once

#include "peers/node.hpp"
#include "rig/mosquitto.hpp"

namespace peers {

class MosquittoNode : public Node {
 public:
  /// Its queues have room for a whole run, and it keeps them when it is told to end.
  explicit MosquittoNode(const std::vector<std::string>& lines = {}) : server_(settings(lines)) {}
  std::uint16_t port() const { return server_.port(); }
  std::string uri() const { return server_.uri(); }

  void start() override { server_.restart(); }
  void kill9() override { server_.kill9(); }
  void terminate() override { server_.terminate(); }
  void freeze() override { server_.freeze(); }
  void thaw() override { server_.thaw(); }
  bool serves(milliseconds) override { return server_.running(); }
  std::string said() override { return server_.log(); }

 private:
  static rig::MosquittoSettings settings(const std::vector<std::string>& lines) {
    rig::MosquittoSettings settings{.persistence = true};
    settings.lines = {"max_queued_messages 100000", "max_inflight_messages 100"};
    settings.lines.insert(settings.lines.end(), lines.begin(), lines.end());
    return settings;
  }

  rig::Mosquitto server_;
};

/// The lines that make a bridge to another mosquitto for all topics in both directions. `protocol`
/// is mqttv311 or mqttv50.
std::vector<std::string> bridge_to(std::uint16_t port, const std::string& protocol);

}  // namespace peers
