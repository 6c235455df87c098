// SPDX-License-Identifier: Apache-2.0
// How long mqfail-config takes for a document of many servers, and how much memory.
#include "bench/parts.hpp"

namespace rig {

void documents(Table& table, int rounds) {
  Scratch scratch;
  std::string text = "[\n";
  for (int i = 0; i < 10'000; ++i)
    text += std::string(i == 0 ? "" : ",\n") + "  {\"serverId\": \"server-" + std::to_string(i) +
            "\", \"hostNameOrIpAddress\": \"host-" + std::to_string(i) +
            ".plant.example\", \"port\": 8883, \"userName\": \"joe\", \"tls\": \"TLS12\"}";
  text += "\n]\n";
  const std::string file = (scratch / "servers.json").string();
  write_file(file, text);
  for (const std::string verb : {"check", "set"}) {
    Range wall, memory;
    for (int round = 0; round < rounds; ++round) {
      // Each round has its own store, because a list that is already stored is not written.
      Process process(Command{
          .argv = {bin("mqfail-config"), verb, "-f", file},
          .environment = {{"XDG_CONFIG_HOME", (scratch / std::to_string(round)).string()}}});
      const Exit exit = finish(process);
      wall.add(seconds_between(process.started(), exit.at) * 1000);
      // rusage also counts the memory of this process at the fork, which is less.
      memory.add(static_cast<double>(exit.usage.ru_maxrss) / 1024);
    }
    const std::string what = "mqfail-config " + verb + ", 10,000 servers (" +
                             number(static_cast<double>(text.size()) / 1e6, 1) + " MB)";
    table.row(what, "ms", wall, nullptr, false, 1);
    table.row(what + ", resident at most", "MiB", memory, nullptr, false, 1);
  }
}

}  // namespace rig
