// SPDX-License-Identifier: Apache-2.0
// Receiving from a mosquitto.
#include <thread>

#include "bench/parts.hpp"

namespace rig {

void subscribe_rate(Table& table, int rounds, const Load& load) {
  const std::uint32_t count = load.count();
  Range our_rate, their_rate, our_cpu, their_cpu, our_server, their_server;
  std::string expected;
  std::vector<std::string> payloads;
  for (std::uint32_t i = 1; i <= count; ++i) {
    payloads.push_back(load.line(i));
    expected += payloads.back() + "\n";
  }
  for (int round = 0; round < rounds; ++round) {
    for (const bool our_turn : {round % 2 == 0, round % 2 != 0}) {
      // The publisher has its own listener, so only the subscriber uses TLS. The subscriber gets
      // the default window of the server.
      const std::uint16_t plain = free_port();
      MosquittoSettings settings = server_for(load);
      settings.lines = {"max_queued_messages 0", "max_queued_bytes 0",
                        "listener " + std::to_string(plain) + " 127.0.0.1"};
      Mosquitto server(settings);
      Scratch scratch;
      const std::string file = (scratch / "out").string();
      const std::string input = (scratch / "in").string();
      write_file(input, expected);
      Process process({.argv = Arguments{tool(our_turn, "sub")} + to(server, load) +
                               Arguments{"-i", "reader", "-C", std::to_string(count)},
                       .stdout_file = file});
      if (!server.wait_for_subscriber("reader")) throw Broken("no subscription");
      const double before = cpu_seconds_of(server.pid());
      const Moment start = Clock::now();
      std::thread publisher([&] {
        if (load.qos < 2) return blast(plain, load, payloads);
        Process other({.argv = {bin("mqfail-pub"), "-h", "127.0.0.1", "-p", std::to_string(plain),
                                "-t", "t", "-l", "-q", "2", "--quiet"},
                       .stdin_file = input});
        finish(other);
      });
      const auto exit = process.wait_exit(120s);
      publisher.join();
      if (!exit || exit->status != 0)
        throw Broken("the subscriber failed: " + process.bytes(Stream::err));
      if (read_file(file) != expected) throw Broken("the output is not what was published");
      (our_turn ? our_rate : their_rate).add(count / seconds_between(start, exit->at) / 1000);
      (our_turn ? our_cpu : their_cpu).add(exit->cpu_seconds() / count * 1e6);
      (our_turn ? our_server : their_server)
          .add((cpu_seconds_of(server.pid()) - before) / count * 1e6);
    }
  }
  const std::string what =
      "subscribe " + load.name() + "to a file, default server but for its queue, ";
  table.row(what + "rate", "k/s", our_rate, &their_rate, true, 1);
  table.row(what + "CPU a message", "µs", our_cpu, &their_cpu, false);
  table.row(what + "the server's CPU a message", "µs", our_server, &their_server, false);
}

}  // namespace rig
