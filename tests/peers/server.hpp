// SPDX-License-Identifier: Apache-2.0
// A server process of any kind, with an MQTT port on 127.0.0.1. It dies with the test, also if the
// test is killed: the kernel kills what a rig::Process starts, so the command must not fork.
#pragma once

#include <cstdint>
#include <memory>

#include "peers/node.hpp"
#include "rig/process.hpp"

namespace peers {

/// Whether an MQTT server accepts a CONNECT of MQTT 3.1.1 at this port now.
bool accepts_connect(std::uint16_t port);

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

}  // namespace peers
