// SPDX-License-Identifier: Apache-2.0
// Publishing to, and receiving from, a server that costs next to nothing (rig/bare_server.hpp).
#include <algorithm>
#include <fstream>

#include "bench/parts.hpp"
#include "rig/bare_server.hpp"

namespace rig {
namespace {

constexpr std::size_t kSize = 100;

struct Bare {
  int qos;
  std::uint16_t window;  // 0: no limit
  std::string name(const std::string& verb) const {
    return verb + " QoS " + std::to_string(qos) + ", " + std::to_string(kSize) +
           "-byte payloads, bare server " +
           (window == 0 ? std::string("without limits, ")
                        : "with " + std::to_string(window) + " under way, ");
  }
  // mosquitto_pub reuses packet identifiers above 65,535 unsettled lines. What it costs a message
  // does not depend on how many there are.
  std::uint32_t count(bool ours) const {
    if (qos == 0) return 1'000'000;
    return ours ? 600'000 : 60'000;
  }
};

// mosquitto grants 20 by default, so that comes first. At QoS 0 there is no window.
const Bare kKinds[] = {{0, 0}, {1, 20}, {1, 0}, {2, 20}, {2, 0}};

std::vector<std::string> payloads(std::size_t count) {
  std::vector<std::string> made;
  for (std::uint32_t i = 1; i <= count; ++i) made.push_back(numbered_line(i, kSize));
  return made;
}

void bare_subscribe(Table& table, int rounds, const Bare& kind, const char* format) {
  Range our_rate, their_rate, our_cpu, their_cpu;
  Scratch scratch;
  int runs = 0;
  for (int round = 0; round < rounds; ++round) {
    for (const bool our_turn : {round % 2 == 0, round % 2 != 0}) {
      const std::uint32_t count = our_turn ? 1'000'000 : kind.qos == 0 ? 300'000 : 100'000;
      BareServer server(
          {.window = kind.window, .count = count, .qos = kind.qos, .payloads = payloads(1000)});
      const std::string file = (scratch / std::to_string(++runs)).string();
      Process process(
          {.argv = {tool(our_turn, "sub"), "-h", "127.0.0.1", "-p", std::to_string(server.port()),
                    "-t", "t", "-q", std::to_string(kind.qos), "-C", std::to_string(count), "-F",
                    format},
           .stdout_file = file});
      server.wait_for_subscription();
      const Moment start = Clock::now();
      server.send_all();
      const Exit exit = finish(process);
      (our_turn ? our_rate : their_rate).add(count / seconds_between(start, exit.at) / 1000);
      (our_turn ? our_cpu : their_cpu).add(exit.cpu_seconds() / count * 1e6);
      if (format == std::string("%p") && std::filesystem::file_size(file) != count * (kSize + 1))
        throw Broken("the output is not what was sent");
      std::filesystem::remove(file);
    }
  }
  const std::string what = kind.name("subscribe") +
                           (format == std::string("%j") ? "as JSON to a file, " : "to a file, ");
  table.row(what + "rate", "k/s", our_rate, &their_rate, true, 0);
  table.row(what + "CPU a message", "µs", our_cpu, &their_cpu, false, 2,
            kind.qos > 0 ? ratio_of(2.5) : Goal{});
}

}  // namespace

void bare_publish(Table& table, int rounds) {
  Scratch scratch;
  const auto lines = payloads(1'000'000);
  for (const std::size_t count : {60'000, 600'000, 1'000'000}) {
    std::ofstream out(scratch / std::to_string(count), std::ios::binary);
    for (std::size_t i = 0; i < count; ++i) out << lines[i] << '\n';
  }
  for (const Bare& kind : kKinds) {
    Range our_rate, their_rate, our_cpu, their_cpu;
    for (int round = 0; round < rounds; ++round) {
      for (const bool our_turn : {round % 2 == 0, round % 2 != 0}) {
        const std::uint32_t count = kind.count(our_turn);
        BareServer server({.window = kind.window});
        Process process(
            {.argv = {tool(our_turn, "pub"), "-h", "127.0.0.1", "-p", std::to_string(server.port()),
                      "-t", "t", "-q", std::to_string(kind.qos), "-l"},
             .stdin_file = (scratch / std::to_string(count)).string()});
        const Moment end = server.received(count);
        (our_turn ? our_rate : their_rate)
            .add(count / seconds_between(process.started(), end) / 1000);
        (our_turn ? our_cpu : their_cpu).add(took(process).cpu / count * 1e6);
      }
    }
    const std::string what = kind.name("publish");
    table.row(what + (kind.qos == 0 ? "rate to the last byte read by the server" : "rate"), "k/s",
              our_rate, &their_rate, true, 0, kind.qos == 0 ? ratio_of(1.3) : Goal{});
    table.row(what + "CPU a message", "µs", our_cpu, &their_cpu, false);
  }
}

void bare_subscribe(Table& table, int rounds) {
  for (const Bare& kind : kKinds) bare_subscribe(table, rounds, kind, "%p");
  bare_subscribe(table, rounds, {0, 0}, "%j");
}

}  // namespace rig
