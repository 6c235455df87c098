// SPDX-License-Identifier: Apache-2.0
// How long a message takes that comes alone: through a subscriber, from the server's write to its
// line in the pipe of standard output; through a publisher, from its line in the pipe of standard
// input to the server's read. Blocks of messages by turns, with a pause between two messages.
#include <array>
#include <functional>
#include <optional>
#include <thread>

#include "bench/parts.hpp"
#include "rig/bare_server.hpp"
#include "rig/client.hpp"

namespace rig {
namespace {

constexpr int kBlock = 100;
constexpr int kUnmeasured = 10;  // at the start of each side
constexpr auto kPause = 5ms;

// Seconds that one message took.
using One = std::function<double()>;

void lone(Table& table, int rounds, const std::string& what, const std::array<One, 2>& sides) {
  std::array<Range, 2> middle, all;
  const auto one = [&](std::size_t side) {
    const double microseconds = sides[side]() * 1e6;
    std::this_thread::sleep_for(kPause);
    return microseconds;
  };
  for (std::size_t side : {0U, 1U})
    for (int i = 0; i < kUnmeasured; ++i) one(side);
  for (int round = 0; round < rounds; ++round) {
    for (const std::size_t side : {0U, 1U}) {
      Range block;
      for (int i = 0; i < kBlock; ++i) {
        block.add(one(side));
        all[side].add(block.values.back());
      }
      middle[side].add(block.middle());
    }
  }
  table.row(what + ", p50", "µs", middle[0], &middle[1], false, 0, ratio_of(1));
  std::array<Range, 2> worst;
  for (const std::size_t side : {0U, 1U}) worst[side].add(all[side].share(0.99));
  table.row(what + ", p99", "µs", worst[0], &worst[1], false, 0);
}

Arguments words(bool ours, const std::string& kind, std::uint16_t port, int qos) {
  return {tool(ours, kind),     "-h", "127.0.0.1",        "-p",
          std::to_string(port), "-q", std::to_string(qos)};
}

struct Reader {
  Scratch scratch;
  OutputPipe pipe{(scratch / "out").string()};
  Process process;
  explicit Reader(const Arguments& argv)
      : process({.argv = argv, .stdout_file = (scratch / "out").string()}) {}
};

void through_a_subscriber(Table& table, int rounds, int qos) {
  const std::string what = "lone message through a subscriber, QoS " + std::to_string(qos);
  {
    Mosquitto server;
    Client publisher(server.port());
    Reader ours(words(true, "sub", server.port(), qos) + Arguments{"-t", "1", "-i", "side1"});
    Reader theirs(words(false, "sub", server.port(), qos) + Arguments{"-t", "2", "-i", "side2"});
    if (!server.wait_for_subscriber("side1") || !server.wait_for_subscriber("side2"))
      throw Broken("no subscription");
    std::uint16_t id = 0;
    const auto side = [&](Reader& reader, const char* topic) {
      return [&, topic] {
        // The PUBACK of the server stays in the socket.
        const std::string bytes = encode(
            Publish{.topic = topic, .payload = numbered_line(1, 100), .qos = qos, .id = ++id}, 4);
        const Moment start = Clock::now();
        write_all(publisher.fd(), bytes);
        return seconds_between(start, reader.pipe.next_line());
      };
    };
    lone(table, rounds, what + ", default server", {side(ours, "1"), side(theirs, "2")});
  }
  BareServer our_server, their_server;
  Reader ours(words(true, "sub", our_server.port(), qos) + Arguments{"-t", "t"});
  Reader theirs(words(false, "sub", their_server.port(), qos) + Arguments{"-t", "t"});
  const auto side = [&](Reader& reader, BareServer& server) {
    server.wait_for_subscription();
    return [&, payload = numbered_line(1, 100)] {
      const Moment start = Clock::now();
      server.send_one(payload, qos);
      return seconds_between(start, reader.pipe.next_line());
    };
  };
  lone(table, rounds, what + ", bare server", {side(ours, our_server), side(theirs, their_server)});
}

void through_a_publisher(Table& table, int rounds, int qos) {
  const std::string what = "lone message through a publisher, QoS " + std::to_string(qos);
  const auto start = [&](bool ours, std::uint16_t port, const char* topic) {
    return Command{.argv = words(ours, "pub", port, qos) + Arguments{"-l", "-t", topic},
                   .stdin_pipe = true};
  };
  const std::string line = numbered_line(1, 100) + '\n';
  {
    Mosquitto server;
    Client witness(server.port());
    witness.subscribe("#", 0);
    Process ours(start(true, server.port(), "1")), theirs(start(false, server.port(), "2"));
    const auto side = [&](Process& process) {
      return [&] {
        const Moment begin = Clock::now();
        process.write(line);
        if (!witness.receive(10s)) throw Broken("no message comes");
        return seconds_between(begin, Clock::now());
      };
    };
    lone(table, rounds, what + ", default server", {side(ours), side(theirs)});
  }
  BareServer our_server, their_server;
  Process ours(start(true, our_server.port(), "t")), theirs(start(false, their_server.port(), "t"));
  const auto side = [&](Process& process, BareServer& server) {
    return [&, count = 0U]() mutable {
      const Moment begin = Clock::now();
      process.write(line);
      return seconds_between(begin, server.received(++count, 10s));
    };
  };
  lone(table, rounds, what + ", bare server", {side(ours, our_server), side(theirs, their_server)});
}

}  // namespace

void lone_messages(Table& table, int rounds) {
  for (const int qos : {0, 1}) through_a_subscriber(table, rounds, qos);
  for (const int qos : {0, 1}) through_a_publisher(table, rounds, qos);
}

}  // namespace rig
