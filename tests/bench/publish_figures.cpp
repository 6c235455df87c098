// SPDX-License-Identifier: Apache-2.0
// Publishing through a mosquitto.
#include <fstream>

#include "bench/parts.hpp"

namespace rig {
namespace {

// mosquitto_pub has ended at QoS 0 when its messages are in the buffers of the kernel. So the end
// is for both when the server has read the last byte: that of the DISCONNECT behind the messages.
Moment end_at_server(Mosquitto& server, const std::string& client) {
  const auto line = server.log_line("Client " + client + " (disconnected|closed its connection)");
  if (!line) throw Broken("the server does not see the end of " + client);
  return line->at;
}

Goal goal_of_rate(const Load& load) {
  if (load.tls) return {};
  if (load.size > 10'000) return ratio_of(1);
  if (load.qos == 0) return ratio_of(1.3);
  if (load.size < 100) return {};
  return ratio_of(load.qos == 1 && !load.limited ? 1.5 : 1.3);
}

}  // namespace

void publish_rate(Table& table, int rounds, const Load& load) {
  Mosquitto server(server_for(load));
  Scratch scratch;
  const std::uint32_t count = load.count();
  const std::string lines = (scratch / "lines").string();
  {
    std::ofstream out(lines, std::ios::binary);
    for (std::uint32_t i = 1; i <= count; ++i) out << load.line(i) << '\n';
  }
  Range our_rate, their_rate, our_cpu, their_cpu, our_server, their_server;
  int runs = 0;
  for (int round = 0; round < rounds; ++round) {
    for (const bool our_turn : {round % 2 == 0, round % 2 != 0}) {
      const double before = cpu_seconds_of(server.pid());
      const std::string client = "run" + std::to_string(++runs);
      Process process({.argv = Arguments{tool(our_turn, "pub")} + to(server, load) +
                               Arguments{"-l", "-i", client},
                       .stdin_file = lines});
      Took run = took(process);
      if (load.qos == 0)
        run.wall = seconds_between(process.started(), end_at_server(server, client));
      (our_turn ? our_rate : their_rate).add(count / run.wall / 1000);
      (our_turn ? our_cpu : their_cpu).add(run.cpu / count * 1e6);
      (our_turn ? our_server : their_server)
          .add((cpu_seconds_of(server.pid()) - before) / count * 1e6);
    }
  }
  const std::string what = "publish " + load.name() + load.server();
  table.row(what + (load.qos == 0 ? "rate to the last byte read by the server" : "rate"), "k/s",
            our_rate, &their_rate, true, 1, goal_of_rate(load));
  table.row(what + "CPU a message", "µs", our_cpu, &their_cpu, false, 2,
            load.size > 10'000 ? ratio_of(1) : Goal{});
  table.row(what + "the server's CPU a message", "µs", our_server, &their_server, false);
}

}  // namespace rig
