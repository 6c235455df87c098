// SPDX-License-Identifier: Apache-2.0
// How long nothing arrives when a server is killed.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <future>
#include <iostream>

#include "bench/bare_subscriber.hpp"
#include "bench/parts.hpp"
#include "rig/client.hpp"
#include "rig/events.hpp"

namespace rig {

namespace {

constexpr int kTurns = 5;
constexpr std::size_t kWindow = 100;  // lines

struct Gaps {
  Range gap, closing;  // ms
};

/// Kills the server in use `kills` times, an even number, and starts it again each time.
void kill_in_turn(const Arguments& argv, bool has_standby, std::array<Mosquitto*, 2> servers,
                  const std::array<std::uint16_t, 2>& witnessed, int kills, Gaps& gaps) {
  Process reader(argv);
  Events events(reader);
  if (!events.wait("subscribed")) throw Broken("not subscribed: " + reader.bytes(Stream::err));
  if (!reader.wait_for_lines(Stream::out, 100, 10s)) throw Broken("nothing arrives");
  if (has_standby && !events.wait("standby-ready", 10s)) throw Broken("no standby");
  std::size_t told = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(kills); ++i) {
    Mosquitto& live = *servers[i % 2];
    const Client witness(witnessed[i % 2], {.client_id = "witness"});
    auto closed = std::async(std::launch::async, [&witness] {
      for (char byte = 0; ::read(witness.fd(), &byte, 1) > 0;) {
      }
      return Clock::now();
    });
    // Each line names the server that delivered it.
    const std::string next = ":" + std::to_string(servers[1 - i % 2]->port()) + " ";
    const std::size_t lines = reader.line_count(Stream::out);
    const Moment killed = Clock::now();
    live.kill9();
    gaps.closing.add(seconds_between(killed, closed.get()) * 1000);
    const auto line = reader.wait_for_line(
        Stream::out, [&](const std::string& text) { return text.find(next) != std::string::npos; },
        40s, lines);
    if (!line) throw Broken("it does not go on: " + reader.bytes(Stream::err));
    gaps.gap.add(seconds_between(killed, line->at) * 1000);
    const std::string err = reader.bytes(Stream::err);
    // A longer gap than this is printed, so that it can be examined.
    if (gaps.gap.values.back() > 50) std::cerr << err.substr(std::min(told, err.size()));
    told = err.size();
    if (!reader.wait_for_lines(Stream::out, reader.line_count(Stream::out) + 400, 20s))
      throw Broken("it stops");
    live.restart();
    // Else its pause until it dials again, 10 ms at most, would be in the next gap.
    if (!live.wait_for_log("as stream-", 10s)) throw Broken("the publisher does not come back");
    if (has_standby && !events.wait("standby-ready", 10s)) throw Broken("no new standby");
  }
}

Range worst(const Range& all) {
  Range one;
  one.add(all.high());
  return one;
}

}  // namespace

/// From kill -9 of the server in use to the first line that the next server delivered; by turns
/// with the bare subscriber, but over TLS.
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
  StreamPublisher stream({plain[0], plain[1]},
                         {.qos = 0, .every_us = std::chrono::microseconds(500)});
  const bool warm = standby == "warm";
  Gaps ours, bare;
  const auto turn = [&](const Arguments& words, int count, Gaps& gaps) {
    kill_in_turn(words, warm, {&a, &b}, plain, count, gaps);
  };
  for (int done = 0; done < kills;) {
    const int count = std::min(std::max(2, kills / kTurns / 2 * 2), kills - done);
    turn(argv, count, ours);
    if (!tls) turn(bare_subscriber(warm, a.port(), b.port()), count, bare);
    done += count;
  }
  const std::string what = "failover gap of a subscriber, two default servers, " + standby +
                           (tls ? " over TLS, " : ", ") + std::to_string(kills) + " kills, ";
  const std::string line = what + "kill -9 to the first line of the next server";
  table.row(line, "ms", ours.gap, nullptr, false, 1, tls ? Goal{} : at_most(warm ? 1 : 2));
  table.row(line + ", at worst", "ms", worst(ours.gap), nullptr, false, 1,
            tls ? Goal{} : at_most(warm ? 5 : 10));
  table.row(what + "of it until the kernel closes what the killed server had open", "ms",
            ours.closing, nullptr, false, 1);
  if (tls) return;
  const std::string limit = "a subscriber of one thread and poll(2), " + what + "to the first line";
  table.limit(limit, "ms", bare.gap, 1);
  table.limit(limit + ", at worst", "ms", worst(bare.gap), 1);
  table.beside_limit(line, limit);
  table.beside_limit(line + ", at worst", limit + ", at worst");
}

/// The longest silence behind kill -9 of one of two servers, and before it, where there is no
/// reason for one but the machine.
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
    more(kWindow + 1);
    from.push_back(reader.line_count(Stream::out));
    dies.kill9();
    more(kWindow);
    dies.restart();
    if (!dies.wait_for_subscriber("hot.*")) throw Broken("it does not come back");
  }
  stream.stop();
  const auto lines = reader.lines(Stream::out);
  // The longest silence of kWindow lines, beyond that of their publisher, in ms.
  const auto silence = [&](std::size_t first) {
    double ours = 0, theirs = 0;
    for (std::size_t i = first; i < first + kWindow; ++i) {
      const auto number = number_of(lines[i].text);
      if (!number || number != number_of(lines[i - 1].text).value_or(0) + 1)
        throw Broken("not the next line: " + lines[i].text);
      ours = std::max(ours, seconds_between(lines[i - 1].at, lines[i].at));
      theirs = std::max(theirs, seconds_between(stream.when(*number - 1), stream.when(*number)));
    }
    return (ours - theirs) * 1000;
  };
  Range killed, calm;
  for (const std::size_t first : from) {
    killed.add(silence(first));
    calm.add(silence(first - kWindow));
  }
  const std::string what = "failover hot, two default servers, longest silence in " +
                           std::to_string(kWindow) + " lines beyond the publisher's, " +
                           std::to_string(kills) + " kills, ";
  const std::string row = what + "from the kill on";
  const std::string limit = what + "before the kill";
  table.row(row, "ms", killed, nullptr, false, 1, at_most(0.2));
  table.row(row + ", at worst", "ms", worst(killed), nullptr, false, 1, at_most(2));
  table.limit(limit, "ms", calm, 1);
  table.limit(limit + ", at worst", "ms", worst(calm), 1);
  table.beside_limit(row, limit);
  table.beside_limit(row + ", at worst", limit + ", at worst");
}

}  // namespace rig
