// SPDX-License-Identifier: Apache-2.0
// How long nothing arrives when a server is killed.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <future>
#include <iostream>

#include "bench/parts.hpp"
#include "rig/client.hpp"
#include "rig/events.hpp"

namespace rig {

/// From kill -9 of the server in use to the first line that the next server delivered.
void failover_gap(Table& table, int kills, const std::string& standby, bool tls) {
  // Publisher and witness have their own listeners, so only the subscriber uses TLS.
  const auto settings = [tls](std::uint16_t plain) {
    MosquittoSettings wanted = server_for({0, 100, tls});
    wanted.lines = {"listener " + std::to_string(plain) + " 127.0.0.1"};
    return wanted;
  };
  const std::array<std::uint16_t, 2> plain{free_port(), free_port()};
  Mosquitto a(settings(plain[0])), b(settings(plain[1]));
  const auto uri = [tls](const Mosquitto& server) {
    return tls ? "mqtts://localhost:" + std::to_string(server.port()) : server.uri();
  };
  // Each line names the server that delivered it.
  Arguments argv{bin("mqfail-sub"),
                 "--events",
                 "json",
                 "-s",
                 uri(a),
                 "-s",
                 uri(b),
                 "-t",
                 "t",
                 "-i",
                 "gap",
                 "--stable",
                 "50ms",
                 "-F",
                 "%s %p",
                 "--standby",
                 standby,
                 "--max-reconnect-delay",
                 "200ms"};
  if (tls) argv.insert(argv.end(), {"--cafile", certificates().authority()});
  Process reader(argv);
  Events events(reader);
  if (!events.wait("subscribed")) throw Broken("not subscribed: " + reader.bytes(Stream::err));
  StreamPublisher stream({plain[0], plain[1]},
                         {.qos = 0, .every_us = std::chrono::microseconds(500)});
  if (!reader.wait_for_lines(Stream::out, 100, 10s)) throw Broken("nothing arrives");
  if (standby == "warm" && !events.wait("standby-ready", 10s)) throw Broken("no standby");
  Range gap, closing;
  std::size_t told = 0;
  for (int i = 0; i < kills; ++i) {
    Mosquitto& live = i % 2 == 0 ? a : b;
    const Client witness(plain[i % 2], {.client_id = "witness"});
    auto closed = std::async(std::launch::async, [&witness] {
      for (char byte = 0; ::read(witness.fd(), &byte, 1) > 0;) {
      }
      return Clock::now();
    });
    const std::string next = ":" + std::to_string((i % 2 == 0 ? b : a).port()) + " ";
    const std::size_t lines = reader.line_count(Stream::out);
    const Moment killed = Clock::now();
    live.kill9();
    closing.add(seconds_between(killed, closed.get()) * 1000);
    const auto line = reader.wait_for_line(
        Stream::out, [&](const std::string& text) { return text.find(next) != std::string::npos; },
        40s, lines);
    if (!line) throw Broken("it does not go on: " + reader.bytes(Stream::err));
    gap.add(seconds_between(killed, line->at) * 1000);
    const std::string err = reader.bytes(Stream::err);
    // A longer gap than this is printed, so that it can be examined.
    if (gap.values.back() > 50) std::cerr << err.substr(std::min(told, err.size()));
    told = err.size();
    if (!reader.wait_for_lines(Stream::out, reader.line_count(Stream::out) + 400, 20s))
      throw Broken("it stops");
    live.restart();
    if (standby == "warm" && !events.wait("standby-ready", 10s)) throw Broken("no new standby");
  }
  const std::string what = "failover gap of a subscriber, two default servers, " + standby +
                           (tls ? " over TLS, " : ", ") + std::to_string(kills) + " kills, ";
  table.row(what + "kill -9 to the first line of the next server", "ms", gap, nullptr, false, 1);
  table.row(what + "of it until the kernel closes what the killed server had open", "ms", closing,
            nullptr, false, 1);
}

/// The longest silence in the lines around kill -9 of one of two servers, beyond that of their
/// publisher.
void hot_silence(Table& table, int kills) {
  Mosquitto a, b;
  Process reader(Arguments{bin("mqfail-sub"), "-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "1",
                           "-i", "hot", "--standby", "hot", "--stable", "50ms",
                           "--max-reconnect-delay", "200ms"});
  if (!a.wait_for_subscriber("hot.*") || !b.wait_for_subscriber("hot.*"))
    throw Broken("not subscribed: " + reader.bytes(Stream::err));
  StreamPublisher stream({a.port(), b.port()}, {.every_us = std::chrono::microseconds(500)});
  const auto more = [&](std::size_t lines) {
    if (!reader.wait_for_lines(Stream::out, reader.line_count(Stream::out) + lines, 20s))
      throw Broken("it stops");
  };
  std::vector<std::size_t> from;
  for (int i = 0; i < kills; ++i) {
    Mosquitto& dies = i % 2 == 0 ? a : b;
    more(100);
    from.push_back(reader.line_count(Stream::out));
    dies.kill9();
    more(100);
    dies.restart();
    if (!dies.wait_for_subscriber("hot.*")) throw Broken("it does not come back");
  }
  stream.stop();
  Range silence;
  const auto lines = reader.lines(Stream::out);
  for (const std::size_t first : from) {
    double ours = 0, theirs = 0;
    for (std::size_t i = first; i < first + 100; ++i) {
      const auto number = number_of(lines[i].text);
      if (!number || number != number_of(lines[i - 1].text).value_or(0) + 1)
        throw Broken("not the next line: " + lines[i].text);
      ours = std::max(ours, seconds_between(lines[i - 1].at, lines[i].at));
      theirs = std::max(theirs, seconds_between(stream.when(*number - 1), stream.when(*number)));
    }
    silence.add((ours - theirs) * 1000);
  }
  table.row(
      "failover hot, two default servers, longest silence around a kill -9 beyond the "
      "publisher's, " +
          std::to_string(kills) + " kills",
      "ms", silence, nullptr, false, 1);
}

}  // namespace rig
