// SPDX-License-Identifier: Apache-2.0
#include "bench/probe_figures.hpp"

#include "rig/mosquitto.hpp"

namespace rig {
namespace {

// Runs of both by turns.
void by_turns(Table& table, int rounds, const std::string& what, const Arguments& ours,
              const Arguments& theirs) {
  Range our_time, their_time;
  for (int round = 0; round < rounds * 10; ++round) {
    for (const bool our_turn : {true, false}) {
      Process process(our_turn ? ours : theirs);
      (our_turn ? our_time : their_time).add(took(process).wall * 1000);
    }
  }
  table.row(what, "ms", our_time, &their_time, false);
}

void one_server(Table& table, int rounds) {
  Mosquitto server;
  const std::string port = std::to_string(server.port());
  const Arguments theirs{
      "mosquitto_pub", "-h", "127.0.0.1", "-p", port, "-t", "t", "-m", "x", "-q", "1"};
  Arguments ours{bin("mqfail-probe"), "-H", "127.0.0.1", "-p", port};
  by_turns(table, rounds, "probe of one default server, beside mosquitto_pub -q 1", ours, theirs);
  ours.insert(ours.end(), {"--topic", "t"});
  by_turns(table, rounds, "probe of one default server with --topic, beside mosquitto_pub -q 1",
           ours, theirs);
}

void thousand_servers(Table& table, int rounds) {
  std::array<Mosquitto, 4> servers;
  for (const bool topic : {false, true}) {
    Arguments all{bin("mqfail-probe")};
    for (std::size_t i = 0; i < 1000; ++i) {
      all.push_back("-s");
      all.push_back(servers[i % servers.size()].uri() + "?serverId=s" + std::to_string(i));
    }
    if (topic) all.insert(all.end(), {"--topic", "t"});
    Range wall, memory;
    for (int round = 0; round < rounds; ++round) {
      Process process(all);
      const Exit exit = finish(process);
      wall.add(seconds_between(process.started(), exit.at));
      // rusage also counts the memory of this process at the fork, which is less.
      memory.add(static_cast<double>(exit.usage.ru_maxrss) / 1024);
    }
    const std::string what =
        std::string("probe of 1,000 servers (four default ones under 1,000 names)") +
        (topic ? " with --topic" : "");
    table.row(what, "s", wall, nullptr, false);
    table.row(what + ", resident at most", "MiB", memory, nullptr, false, 1);
  }
}

}  // namespace

void probe_figures(Table& table, int rounds) {
  one_server(table, rounds);
  thousand_servers(table, rounds);
  Range help;
  for (int round = 0; round < rounds * 10; ++round) {
    Process process({bin("mqfail-probe"), "--help"});
    help.add(took(process).wall * 1000);
  }
  table.row("mqfail-probe --help", "ms", help, nullptr, false);
}

}  // namespace rig
