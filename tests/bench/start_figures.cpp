// SPDX-License-Identifier: Apache-2.0
// How long one message takes from the start of the command to its exit.
#include "bench/parts.hpp"

namespace rig {

void start_to_exit(Table& table, int rounds) {
  Mosquitto server;
  const std::string port = std::to_string(server.port());
  Range ours, theirs;
  const Arguments rest{"-h", "127.0.0.1", "-p", port, "-t", "t", "-m", "x", "-q", "1"};
  for (int round = 0; round < rounds * 5; ++round) {
    for (const bool our_turn : {true, false}) {
      Process process(Arguments{tool(our_turn, "pub")} + rest);
      (our_turn ? ours : theirs).add(took(process).wall * 1000);
    }
  }
  table.row("start to exit, one message, QoS 1, default server", "ms", ours, &theirs, false);
}

}  // namespace rig
