// SPDX-License-Identifier: Apache-2.0
// Memory and wake-ups of a subscriber that has nothing to do, and the most memory of a run.
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <thread>

#include "bench/parts.hpp"

namespace rig {
namespace {

/// A number of a file in /proc. 0 if it is not there.
double status_number(const std::filesystem::path& file, const std::string& key) {
  std::istringstream status(read_file(file));
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(key + ":")) return std::strtod(line.c_str() + key.size() + 1, nullptr);
  return 0;
}

/// How often all threads of a process have waited so far.
double waits_of(pid_t pid) {
  double all = 0;
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task"))
    all += status_number(task.path() / "status", "voluntary_ctxt_switches");
  return all;
}

}  // namespace

void idle(Table& table) {
  constexpr int kEach = 5;
  constexpr auto kFor = 10s;
  Mosquitto server;
  std::array<std::vector<std::unique_ptr<Process>>, 2> sides;
  for (int i = 0; i < kEach; ++i) {
    for (const std::size_t side : {0U, 1U}) {
      const std::string client = "side" + std::to_string(side) + "-" + std::to_string(i);
      sides[side].push_back(std::make_unique<Process>(
          Arguments{tool(side == 0, "sub"), "-h", "127.0.0.1", "-p", std::to_string(server.port()),
                    "-t", "t", "-i", client}));
      if (!server.wait_for_subscriber(client)) throw Broken("not subscribed");
    }
  }
  std::map<pid_t, double> before;
  for (const auto& side : sides)
    for (const auto& process : side) before[process->pid()] = waits_of(process->pid());
  if (sides[0][0]->wait_exit(kFor)) throw Broken("an idle subscriber has ended");
  std::array<Range, 2> memory, waits;
  for (const std::size_t side : {0U, 1U}) {
    for (const auto& process : sides[side]) {
      const pid_t pid = process->pid();
      waits[side].add((waits_of(pid) - before[pid]) / std::chrono::duration<double>(kFor).count());
      memory[side].add(status_number("/proc/" + std::to_string(pid) + "/status", "VmRSS") / 1024);
    }
  }
  table.row("idle subscriber, default server, resident", "MiB", memory[0], &memory[1], false, 1);
  table.row("idle subscriber, default server, wake-ups", "/s", waits[0], &waits[1], false, 1);
}

void peak_memory(Table& table, int rounds) {
  const Load load{1, 65'536};
  Scratch scratch;
  std::vector<std::string> payloads;
  std::ofstream out(scratch / "lines", std::ios::binary);
  for (std::uint32_t i = 1; i <= 2'000; ++i) {
    payloads.push_back(load.line(i));
    out << payloads.back() << '\n';
  }
  out.close();
  std::map<std::string, std::array<Range, 2>> most;
  for (int round = 0; round < rounds; ++round) {
    for (const bool ours : {true, false}) {
      Mosquitto server(unlimited());
      Process publisher({.argv = Arguments{tool(ours, "pub")} + to(server, load) + Arguments{"-l"},
                         .stdin_file = (scratch / "lines").string()});
      most["publish"][ours ? 0 : 1].add(peak_mib(publisher));
      Process reader({.argv = Arguments{tool(ours, "sub")} + to(server, load) +
                              Arguments{"-i", "reader", "-C", "2000"},
                      .stdout_file = (scratch / "out").string()});
      if (!server.wait_for_subscriber("reader")) throw Broken("no subscription");
      std::thread blaster([&] { blast(server.port(), load, payloads); });
      most["subscribe"][ours ? 0 : 1].add(peak_mib(reader));
      blaster.join();
    }
  }
  for (const char* what : {"publish", "subscribe"}) {
    table.row(what + std::string(" ") + load.name() + "server without limits, most memory", "MiB",
              most[what][0], &most[what][1], false, 1);
  }
}

void giant_payload(Table& table, int rounds) {
  // The largest message has 256 MiB less a byte, topic and properties among them (MQTT 5, 2.1.4).
  constexpr std::size_t kBytes = 268'435'400;
  constexpr double kMib = static_cast<double>(kBytes) / (1 << 20);
  Scratch scratch;
  const std::string payload = (scratch / "payload").string(), out = (scratch / "out").string();
  {
    std::ofstream file(payload, std::ios::binary);
    const std::string piece = numbered_line(1, 1 << 20);
    for (std::size_t left = kBytes; left > 0; left -= std::min(left, piece.size()))
      file.write(piece.data(), static_cast<std::streamsize>(std::min(left, piece.size())));
  }
  std::array<Range, 2> publish, subscribe;
  const Load load{1};
  for (int round = 0; round < rounds; ++round) {
    for (const std::size_t side : {0U, 1U}) {
      Mosquitto server;
      Process reader({.argv = Arguments{tool(side == 0, "sub")} + to(server, load) +
                              Arguments{"-i", "reader", "-C", "1"},
                      .stdout_file = out});
      if (!server.wait_for_subscriber("reader")) throw Broken("no subscription");
      double sent = 0;
      std::thread publisher([&] {
        Process process(Arguments{tool(side == 0, "pub")} + to(server, load) +
                        Arguments{"-f", payload});
        sent = peak_mib(process);
      });
      subscribe[side].add(peak_mib(reader) / kMib);
      publisher.join();
      publish[side].add(sent / kMib);
      // The line feed may be missing, as -N would leave it out; the payload may not.
      if (std::filesystem::file_size(out) < kBytes) throw Broken("the payload has not come");
      std::filesystem::remove(out);
    }
  }
  table.row(
      "publish QoS 1, one payload of 256 MiB from a file, default server, most memory over its "
      "size",
      "times", publish[0], &publish[1], false, 2, at_most(2.2));
  table.row(
      "subscribe QoS 1 to a file, one payload of 256 MiB, default server, most memory over its "
      "size",
      "times", subscribe[0], &subscribe[1], false, 2, at_most(2.2));
}

}  // namespace rig
