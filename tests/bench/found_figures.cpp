// SPDX-License-Identifier: Apache-2.0
// How soon a frozen server is found, and how often a client can connect.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "bench/parts.hpp"
#include "rig/events.hpp"
#include "rig/wire.hpp"

namespace rig {

void frozen(Table& table, int rounds) {
  Range found;
  for (int round = 0; round < rounds; ++round) {
    Mosquitto a, b;
    Process reader(Arguments{bin("mqfail-sub"), "--events", "json", "-s", a.uri(), "-s", b.uri(),
                             "-t", "t", "-k", "2"});
    Events events(reader);
    if (!events.wait("subscribed")) throw Broken("not subscribed");
    reader.wait_exit(milliseconds(200 * round));  // another phase of the keepalive each time
    a.freeze();
    const Moment then = Clock::now();
    const auto next = events.wait("subscribed", 20s);
    if (!next) throw Broken("a frozen server is not found");
    found.add(seconds_between(then, next->at) * 1000);
  }
  table.row("frozen default server (SIGSTOP) found, next one subscribed, -k 2", "ms", found,
            nullptr, false, 0);
}

/// How many times a second mqfail-sub connects to a server that accepts, sends one message and
/// closes the connection.
void connects(Table& table, int rounds) {
  Range rate;
  for (int round = 0; round < rounds; ++round) {
    const Fd listener = listen_on(0);
    Process reader(Arguments{
        bin("mqfail-sub"), "-s", "mqtt://127.0.0.1:" + std::to_string(port_of(listener)), "-t", "t",
        "-q", "1", "--initial-reconnect-delay", "0ms", "--stable", "0ms", "--events", "none"});
    constexpr int kConnects = 300;
    Moment first;
    for (int i = 0; i <= kConnects; ++i) {
      pollfd wait{listener.get(), POLLIN, 0};
      ::poll(&wait, 1, 5000);
      const Fd fd(::accept(listener.get(), nullptr, nullptr));
      std::array<char, 4096> chunk;
      if (::read(fd.get(), chunk.data(), chunk.size()) <= 0) throw Broken("no CONNECT");
      write_all(fd.get(), encode_connack(5, 0, false, {}));
      if (::read(fd.get(), chunk.data(), chunk.size()) <= 0) throw Broken("no SUBSCRIBE");
      // The SUBACK and a message. Its acknowledgement shows that the connection is in use.
      const char answer[] = {'\x90', 4, chunk[2], chunk[3], 0, 0, '\x32', 7,
                             0,      1, 't',      0,        1, 0, 'x'};
      write_all(fd.get(), {answer, sizeof answer});
      if (::read(fd.get(), chunk.data(), chunk.size()) <= 0) throw Broken("no PUBACK");
      if (i == 0) first = Clock::now();
    }
    rate.add(kConnects / seconds_between(first, Clock::now()));
  }
  table.row("connects a second to a server that closes, each with a subscription and a message",
            "1/s", rate, nullptr, true, 0);
}

}  // namespace rig
