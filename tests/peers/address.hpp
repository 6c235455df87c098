// SPDX-License-Identifier: Apache-2.0
// An address of a server that can go away while the server lives: a network path. Killed, it resets
// its connections and refuses; frozen, it is silent.
#pragma once

#include "peers/node.hpp"
#include "rig/recording_proxy.hpp"

namespace peers {

class Address : public Node {
 public:
  explicit Address(std::uint16_t server) : proxy_(server) {}
  std::string uri() const { return proxy_.uri(); }

  void start() override { proxy_.rise(); }
  void kill9() override { proxy_.die(); }
  void terminate() override { proxy_.die(); }
  void freeze() override { proxy_.stall(true); }
  void thaw() override { proxy_.stall(false); }
  bool serves(milliseconds) override { return !proxy_.dead(); }
  std::string said() override { return proxy_.dead() ? "gone" : "there"; }

 private:
  rig::RecordingProxy proxy_;
};

}  // namespace peers
