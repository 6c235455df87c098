// SPDX-License-Identifier: Apache-2.0
// What is published and received in the measurements, and the mosquitto that it goes through.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/figures.hpp"
#include "rig/mosquitto.hpp"

namespace rig {

/// One load: what is sent, how, and how much of it.
struct Load {
  int qos;
  std::size_t size = 100;  // bytes a payload
  bool tls = false;
  bool limited = true;  // the publisher's server grants mosquitto's default window, 20
  /// "QoS 1 over TLS, 100-byte payloads, "
  std::string name() const;
  std::string server() const { return limited ? "default server, " : "server without limits, "; }
  /// The number of messages of a run. mosquitto_pub reuses packet identifiers above 65,535
  /// unsettled lines, so QoS 1 and 2 stay below.
  std::uint32_t count() const;
  std::string line(std::uint32_t i) const;
};

/// A mosquitto without limits of what is under way and of its queues.
MosquittoSettings unlimited();
MosquittoSettings server_for(const Load& load);
const Certificates& certificates();

/// The part of the command line that both tools understand.
Arguments to(const Mosquitto& server, const Load& load);

/// mqfail's tool or mosquitto's, by the part of their names that differs: "pub", "sub".
std::string tool(bool ours, const std::string& kind);

/// Publishes at QoS 0 or 1 as fast as the server accepts, over plain TCP and MQTT 3.1.1, until the
/// last acknowledgement.
void blast(std::uint16_t port, const Load& load, const std::vector<std::string>& payloads);

/// A FIFO as standard output of a command, read by the caller without another thread.
class OutputPipe {
 public:
  explicit OutputPipe(const std::string& path);
  /// When the next line was read in full. Throws Broken after 10 s.
  Moment next_line();

 private:
  Fd fd_;
  std::string rest_;
};

}  // namespace rig
