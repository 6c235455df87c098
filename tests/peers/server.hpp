// SPDX-License-Identifier: Apache-2.0
// A server process of any kind, with an MQTT port on 127.0.0.1. It dies with the test, also if the
// test is killed: the kernel kills what a rig::Process starts, so the command must not fork.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "peers/node.hpp"
#include "rig/process.hpp"

namespace peers {

class Server : public Node {
 public:
  /// Starts the command.
  Server(rig::Command command, std::uint16_t port);
  std::uint16_t port() const { return port_; }

  void start() override;
  void kill9() override;
  void terminate() override;
  void freeze() override;
  void thaw() override;
  bool serves(milliseconds patience) override;
  std::string said() override;

 private:
  rig::Command command_;
  std::uint16_t port_;
  std::unique_ptr<rig::Process> process_;
};

template <std::size_t N>
std::vector<Node*> nodes_of(const std::array<std::unique_ptr<Server>, N>& servers) {
  std::vector<Node*> all;
  for (const auto& one : servers) all.push_back(one.get());
  return all;
}

template <std::size_t N>
std::vector<std::uint16_t> ports_of(const std::array<std::unique_ptr<Server>, N>& servers) {
  std::vector<std::uint16_t> all;
  for (const auto& one : servers) all.push_back(one->port());
  return all;
}

}  // namespace peers
