// SPDX-License-Identifier: Apache-2.0
// A TCP connection to a server with a copy of what the client sends: one client after the other.
// The packets are shown as text, so that a difference can be read.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "rig/basics.hpp"
#include "rig/wire.hpp"

namespace rig {

class Tap {
 public:
  explicit Tap(std::uint16_t upstream);
  ~Tap();
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;

  std::uint16_t port() const { return port_; }
  /// What the client of each connection since the last call has sent, a packet a line. Call it when
  /// the client has ended: it waits until the connection has been read to its end.
  std::vector<std::string> take();

 private:
  void run();
  void serve(Fd client);

  std::uint16_t upstream_, port_ = 0;
  Fd listener_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> packets_;
  bool serving_ = false, stop_ = false;
  Waker waker_;
  std::thread thread_;
};

/// `packet` as a line of text; `version` is that of the CONNECT. Long payloads are cut, with their
/// size and a hash.
std::string shown(const Packet& packet, int version);
/// Bytes as text: what is not visible is escaped.
std::string shown_bytes(std::string_view bytes);

}  // namespace rig
