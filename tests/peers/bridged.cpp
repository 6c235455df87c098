// SPDX-License-Identifier: Apache-2.0
// Two mosquittos, each with sessions of its own. A bridge hands on every message to the other one.
// A bridge that speaks MQTT 3.1.1 takes away the properties of a message, and so its number.
#include "peers/mosquitto_node.hpp"
#include "peers/peer.hpp"

namespace peers {
namespace {

class Bridged : public Peer {
 public:
  explicit Bridged(const std::string& protocol) : first_(bridge_to(second_.port(), protocol)) {}

  std::vector<Node*> nodes() override { return {&first_, &second_}; }
  std::vector<std::uint16_t> ports() const override { return {first_.port(), second_.port()}; }
  bool speaks_5() const override { return true; }
  bool shares_sessions() const override { return false; }

 private:
  MosquittoNode second_;
  MosquittoNode first_;
};

}  // namespace

std::vector<std::string> bridge_to(std::uint16_t port, const std::string& protocol) {
  return {"connection bridge",   "address 127.0.0.1:" + std::to_string(port), "topic # both 1",
          "cleansession false",  "bridge_protocol_version " + protocol,       "restart_timeout 1",
          "keepalive_interval 5"};
}

Kind bridged(const std::string& protocol) {
  return {.name = "bridged-" + protocol,
          .missing = [] { return missing_of({"mosquitto"}); },
          .start = [protocol] { return std::make_unique<Bridged>(protocol); }};
}

}  // namespace peers
