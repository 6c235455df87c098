// SPDX-License-Identifier: Apache-2.0
// Figures of mqfail and of the mosquitto tools, on the same machine, in the same run, by turns, the
// median of the rounds. So a busy machine slows both. Prints a Markdown table of ratios.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <future>
#include <iostream>
#include <set>
#include <sstream>

#include "bench/figures.hpp"
#include "bench/probe_figures.hpp"
#include "rig/client.hpp"
#include "rig/events.hpp"
#include "rig/mosquitto.hpp"

using namespace rig;

namespace {

MosquittoSettings unlimited() {
  return {.lines = {"max_inflight_messages 0", "max_queued_messages 0", "max_queued_bytes 0"}};
}

void start_to_exit(Table& table, int rounds) {
  Mosquitto server;
  const std::string port = std::to_string(server.port());
  Range ours, theirs;
  const Arguments rest{"-h", "127.0.0.1", "-p", port, "-t", "t", "-m", "x", "-q", "1"};
  for (int round = 0; round < rounds * 5; ++round) {
    for (const bool our_turn : {true, false}) {
      Arguments argv{our_turn ? bin("mqfail-pub") : "mosquitto_pub"};
      argv.insert(argv.end(), rest.begin(), rest.end());
      Process process(argv);
      (our_turn ? ours : theirs).add(took(process).wall * 1000);
    }
  }
  table.row("start to exit, one message, QoS 1", "ms", ours, &theirs, false);
}

/// One load: what is sent, how, and how much of it.
struct Load {
  int qos;
  std::size_t size = 100;  // bytes a payload
  bool tls = false;
  bool limited = true;  // the publisher's server grants mosquitto's default window, 20
  std::string name() const {
    return "QoS " + std::to_string(qos) + (tls ? " over TLS, " : ", ") + std::to_string(size) +
           "-byte payloads, ";
  }
  std::string server() const { return limited ? "default server, " : "server without limits, "; }
  /// The number of messages of a long run. mosquitto_pub reuses packet identifiers above 65,535
  /// unsettled lines, so QoS 1 and 2 stay below.
  std::uint32_t many() const {
    const std::uint32_t small = qos == 0 ? 600'000 : 60'000;
    return size > 10'000 ? 6'000 : small;
  }
  std::uint32_t few() const { return many() / 6; }
  std::string line(std::uint32_t i) const {
    return size < 20 ? std::to_string(1'000'000'000 + i) : numbered_line(i, size);
  }
};

const Certificates& certificates() {
  static const Certificates made;
  return made;
}

MosquittoSettings server_for(const Load& load) {
  MosquittoSettings settings = load.limited ? MosquittoSettings{} : unlimited();
  if (load.tls) {
    settings.certificate = certificates().certificate();
    settings.key = certificates().key();
  }
  return settings;
}

/// The part of the command line that both tools understand.
Arguments to(const Mosquitto& server, const Load& load) {
  Arguments words{"-h", load.tls ? "localhost" : "127.0.0.1",
                  "-p", std::to_string(server.port()),
                  "-t", "t",
                  "-q", std::to_string(load.qos)};
  if (load.tls) words.insert(words.end(), {"--cafile", certificates().authority()});
  return words;
}

Arguments operator+(Arguments words, const Arguments& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// The processor time that a process has used so far. For a server it measures the rate that the
/// server allows, and a busy machine hardly changes it.
double cpu_seconds_of(pid_t pid) {
  std::istringstream text(read_file("/proc/" + std::to_string(pid) + "/schedstat"));
  double nanoseconds = 0;
  text >> nanoseconds;
  return nanoseconds / 1e9;
}

void publish_rate(Table& table, int rounds, const Load& load) {
  Mosquitto server(server_for(load));
  Scratch scratch;
  for (const std::uint32_t count : {load.few(), load.many()}) {
    std::ofstream out(scratch / std::to_string(count), std::ios::binary);
    for (std::uint32_t i = 1; i <= count; ++i) out << load.line(i) << '\n';
  }
  Range our_rate, their_rate, our_cpu, their_cpu, our_server, their_server;
  for (int round = 0; round < rounds; ++round) {
    for (const bool our_turn : {round % 2 == 0, round % 2 != 0}) {
      std::map<std::uint32_t, Took> result;
      double before = 0;
      for (const std::uint32_t count : {load.few(), load.many()}) {
        before = cpu_seconds_of(server.pid());
        Process process({.argv = Arguments{our_turn ? bin("mqfail-pub") : "mosquitto_pub"} +
                                 to(server, load) + Arguments{"-l"},
                         .stdin_file = (scratch / std::to_string(count)).string()});
        result[count] = took(process);
      }
      const double lines = load.many() - load.few();
      const Took &few = result[load.few()], &many = result[load.many()];
      (our_turn ? our_rate : their_rate).add(lines / (many.wall - few.wall) / 1000);
      (our_turn ? our_cpu : their_cpu).add((many.cpu - few.cpu) / lines * 1e6);
      (our_turn ? our_server : their_server)
          .add((cpu_seconds_of(server.pid()) - before) / load.many() * 1e6);
    }
  }
  table.row("publish " + load.name() + load.server() + "marginal rate", "k/s", our_rate,
            &their_rate, true, 1);
  table.row("publish " + load.name() + load.server() + "CPU a message", "µs", our_cpu, &their_cpu,
            false);
  // mosquitto_pub -q 0 ends before the server has read everything.
  if (load.qos > 0)
    table.row("publish " + load.name() + load.server() + "the server's CPU a message", "µs",
              our_server, &their_server, false);
}

/// Publishes at QoS 0 or 1 as fast as the server accepts, over plain TCP and MQTT 3.1.1, until the
/// last acknowledgement.
void blast(std::uint16_t port, const Load& load, const std::vector<std::string>& payloads) {
  Client client(port);
  std::thread drain([&client, &load, open = load.qos == 0 ? 0 : payloads.size()]() mutable {
    PacketReader reader;
    std::vector<char> chunk(65536);
    for (ssize_t n = 0; open > 0 && (n = ::read(client.fd(), chunk.data(), chunk.size())) > 0;) {
      reader.feed({chunk.data(), static_cast<std::size_t>(n)});
      while (const auto packet = reader.next()) {
        if (packet->type == Type::puback) --open;
      }
    }
  });
  std::string chunk;
  for (std::size_t i = 0; i < payloads.size(); ++i) {
    const auto id = static_cast<std::uint16_t>(load.qos == 0 ? 0 : i % 65535 + 1);
    chunk += encode(Publish{.topic = "t", .payload = payloads[i], .qos = load.qos, .id = id}, 4);
    if (chunk.size() > 60'000 || i + 1 == payloads.size()) {
      if (!write_all(client.fd(), chunk)) break;
      chunk.clear();
    }
  }
  drain.join();
}

void subscribe_rate(Table& table, int rounds, const Load& load) {
  const std::uint32_t count = load.many();
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
      Process process({.argv = Arguments{our_turn ? bin("mqfail-sub") : "mosquitto_sub"} +
                               to(server, load) +
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

/// The maximum of the resident memory of a run with payloads of 64 KiB.
void peak_memory(Table& table, int rounds) {
  const auto peak = [](Process& process) {
    long most = 0;
    while (!process.wait_exit(1ms)) most = std::max(most, process.peak_kib());
    return static_cast<double>(most) / 1024;
  };
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
      Process publisher({.argv = Arguments{ours ? bin("mqfail-pub") : "mosquitto_pub"} +
                                 to(server, load) + Arguments{"-l"},
                         .stdin_file = (scratch / "lines").string()});
      most["publish"][ours ? 0 : 1].add(peak(publisher));
      Process reader({.argv = Arguments{ours ? bin("mqfail-sub") : "mosquitto_sub"} +
                              to(server, load) + Arguments{"-i", "reader", "-C", "2000"},
                      .stdout_file = (scratch / "out").string()});
      if (!server.wait_for_subscriber("reader")) throw Broken("no subscription");
      std::thread blaster([&] { blast(server.port(), load, payloads); });
      most["subscribe"][ours ? 0 : 1].add(peak(reader));
      blaster.join();
    }
  }
  for (const char* what : {"publish", "subscribe"}) {
    table.row(what + std::string(" ") + load.name() + "server without limits, peak memory", "MiB",
              most[what][0], &most[what][1], false, 1);
  }
}

/// A server that only sends: it measures what the subscriber can read.
void firehose(Table& table, int rounds, bool json) {
  const std::uint32_t count = 1'000'000;
  std::string bytes;
  for (std::uint32_t i = 1; i <= count; ++i)
    bytes += encode(Publish{.topic = "t", .payload = numbered_line(i, 100)}, 4);
  Range our_rate, their_rate;
  for (int round = 0; round < rounds; ++round) {
    for (const bool our_turn : {round % 2 == 0, round % 2 != 0}) {
      const Fd listener = listen_on(0);
      Scratch scratch;
      Process process({.argv = {our_turn ? bin("mqfail-sub") : "mosquitto_sub", "-h", "127.0.0.1",
                                "-p", std::to_string(port_of(listener)), "-t", "t", "-V", "311",
                                "-C", std::to_string(count), "-F", json ? "%j" : "%p"},
                       .stdout_file = (scratch / "out").string()});
      pollfd wait{listener.get(), POLLIN, 0};
      ::poll(&wait, 1, 5000);
      const Fd fd(::accept(listener.get(), nullptr, nullptr));
      PacketReader reader;
      std::array<char, 4096> chunk;
      bool subscribed = false;
      while (!subscribed) {
        const ssize_t n = ::read(fd.get(), chunk.data(), chunk.size());
        if (n <= 0) throw Broken("the subscriber hung up");
        reader.feed({chunk.data(), static_cast<std::size_t>(n)});
        while (const auto packet = reader.next()) {
          if (packet->type == Type::connect) write_all(fd.get(), encode_connack(4, 0, false, {}));
          if (packet->type == Type::subscribe) {
            write_all(fd.get(), encode_suback(4, parse_subscribe(*packet, 4)->id, {0}));
            subscribed = true;
          }
        }
      }
      const Moment start = Clock::now();
      write_all(fd.get(), bytes);
      const Exit exit = finish(process);
      (our_turn ? our_rate : their_rate).add(count / seconds_between(start, exit.at) / 1000);
    }
  }
  table.row(std::string("subscribe QoS 0 to a file") + (json ? " as JSON" : "") +
                ", from a server that only sends",
            "k/s", our_rate, &their_rate, true, 0);
}

/// From kill -9 of the server in use to the first line that the next server delivered.
void failover_gap(Table& table, int kills, const std::string& standby, bool tls = false) {
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
  table.row("failover gap, kill -9 to the first line of the next server, " + standby +
                (tls ? " over TLS, " : ", ") + std::to_string(kills) + " kills",
            "ms", gap, nullptr, false, 1);
  table.row("… of it, until the kernel closes what the killed server had open", "ms", closing,
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
  table.row("failover hot, longest silence around a kill -9 beyond the publisher's, " +
                std::to_string(kills) + " kills",
            "ms", silence, nullptr, false, 1);
}

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
  table.row("frozen server (SIGSTOP) found, next one subscribed, -k 2", "ms", found, nullptr, false,
            0);
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
  table.row("connects a second, each with a subscription and a message", "1/s", rate, nullptr, true,
            0);
}

/// A server that only acknowledges, with MQTT 5, until the client ends.
void acknowledge_all(const Fd& listener) {
  pollfd wait{listener.get(), POLLIN, 0};
  ::poll(&wait, 1, 5000);
  const Fd fd(::accept(listener.get(), nullptr, nullptr));
  PacketReader reader;
  std::vector<char> chunk(65536);
  for (ssize_t n = 0; (n = ::read(fd.get(), chunk.data(), chunk.size())) > 0;) {
    reader.feed({chunk.data(), static_cast<std::size_t>(n)});
    std::string answer;
    while (const auto packet = reader.next()) {
      if (packet->type == Type::connect) answer += encode_connack(5, 0, false, {});
      if (packet->type == Type::pingreq) answer += std::string("\xd0\0", 2);
      if (packet->type != Type::publish) continue;
      if (const auto publish = parse_publish(*packet, 5))
        answer += encode_acknowledgement(Type::puback, 5, publish->id, 0);
    }
    if (!answer.empty() && !write_all(fd.get(), answer)) break;
  }
}

/// What promises and forms of the input cost mqfail-pub when no server limits the rate.
void promises(Table& table, int rounds) {
  const Load load{1};
  const std::uint32_t count = 300'000;
  Scratch scratch;
  std::ofstream lines(scratch / "lines", std::ios::binary);
  std::ofstream topics(scratch / "topics", std::ios::binary);
  std::ofstream json(scratch / "json", std::ios::binary);
  for (std::uint32_t i = 1; i <= count; ++i) {
    const std::string line = load.line(i);
    lines << line << '\n';
    topics << "t=" << line << '\n';
    json << R"({"tst":"2026-11-29T23:00:00.000000+00:00","topic":"t","qos":1,"retain":0,)"
         << R"("payloadlen":100,"mid":1,"payload":")" << line << "\"}\n";
  }
  lines.close();
  topics.close();
  json.close();
  struct Kind {
    const char* name;
    Arguments arguments;
    const char* input;
  };
  const Kind kinds[] = {{"", {"-l", "-t", "t"}, "lines"},
                        {"--sequence", {"-l", "-t", "t", "--sequence"}, "lines"},
                        {"--spool", {"-l", "-t", "t", "--spool"}, "lines"},
                        {"-l --topic-separator", {"-l", "--topic-separator", "="}, "topics"},
                        {"--json", {"--json"}, "json"}};
  std::map<std::string, Range> rate;
  for (int round = 0; round < rounds; ++round) {
    for (const Kind& kind : kinds) {
      const Fd listener = listen_on(0);
      Arguments argv{
          bin("mqfail-pub"), "-h", "127.0.0.1", "-p", std::to_string(port_of(listener)), "-q", "1",
          "--quiet"};
      argv.insert(argv.end(), kind.arguments.begin(), kind.arguments.end());
      if (argv.back() == "--spool") argv.push_back((scratch / std::to_string(round)).string());
      Process process({.argv = argv, .stdin_file = (scratch / kind.input).string()});
      acknowledge_all(listener);
      rate[kind.name].add(count / took(process).wall / 1000);
    }
  }
  for (const Kind& kind : kinds) {
    if (*kind.name == '\0') continue;
    table.row("publish QoS 1 " + std::string(kind.name) +
                  " to a server that only acknowledges (beside it: -l alone)",
              "k/s", rate[kind.name], &rate[""], true, 1);
  }
}

/// A copy through JSON, from a server without limits, with and without --ack-from and --ack-to.
void pipelines(Table& table, int rounds) {
  constexpr std::uint32_t kCount = 100'000;
  Range rate[2];
  for (int round = 0; round < rounds; ++round) {
    for (const bool acknowledged : {round % 2 == 0, round % 2 != 0}) {
      const Mosquitto from({.lines = {"max_queued_messages 0", "max_inflight_messages 0"}});
      const Mosquitto to({.lines = {"max_inflight_messages 0"}});
      Scratch scratch;
      const auto shell = [&](const std::string& line) {
        return Command{.argv = {"bash", "-c", line},
                       .environment = {{"SUB", bin("mqfail-sub") + " -s " + from.uri()},
                                       {"PUB", bin("mqfail-pub")},
                                       {"FROM", from.uri()},
                                       {"TO", to.uri()}},
                       .directory = scratch / ""};
      };
      const std::string session = "$SUB -t t -q 1 -c -i me -D connect receive-maximum 100 --quiet ";
      run(shell(session + "-E; seq " + std::to_string(kCount) +
                " | sed 's/.*/& 90 bytes of text more, so that a message has about a hundred of "
                "them, "
                "as in the other rows/' | $PUB -s $FROM -l -t t -q 1 --quiet"),
          120s);
      const auto one = [acknowledged](const std::string& option) {
        return acknowledged ? option + " acks " : std::string();
      };
      Process copy(shell(session + "--json -C " + std::to_string(kCount) + " " + one("--ack-from") +
                         "| $PUB -s $TO --json --quiet --window 100 " + one("--ack-to")));
      rate[acknowledged ? 1 : 0].add(kCount / took(copy).wall / 1000);
    }
  }
  table.row("copy QoS 1 through --json, --ack-from and --ack-to, window 100 (beside it: without)",
            "k/s", rate[1], &rate[0], true, 1);
}

double resident_mib(pid_t pid) {
  std::istringstream status(read_file("/proc/" + std::to_string(pid) + "/status"));
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::strtod(line.c_str() + 6, nullptr) / 1024;
  return 0;
}

void idle_memory(Table& table) {
  Mosquitto server;
  const std::string port = std::to_string(server.port());
  Process ours(
      Arguments{bin("mqfail-sub"), "-h", "127.0.0.1", "-p", port, "-t", "t", "-i", "ours"});
  Process theirs(
      Arguments{"mosquitto_sub", "-h", "127.0.0.1", "-p", port, "-t", "t", "-i", "theirs"});
  if (!server.wait_for_subscriber("ours") || !server.wait_for_subscriber("theirs"))
    throw Broken("not subscribed");
  Range our_memory, their_memory;
  our_memory.add(resident_mib(ours.pid()));
  their_memory.add(resident_mib(theirs.pid()));
  table.row("idle subscriber, resident", "MiB", our_memory, &their_memory, false, 1);
}

void large_document(Table& table, int rounds) {
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

// GET requests for a list of ten servers over one kept connection, one after the other.
void rest_endpoint(Table& table, int rounds) {
  Scratch scratch;
  std::string text;
  for (int i = 0; i < 10; ++i)
    text += "{\"serverId\": \"server-" + std::to_string(i) +
            "\", \"hostNameOrIpAddress\": \"host-" + std::to_string(i) +
            ".plant.example\", \"userName\": \"joe\", \"password\": \"secret\"}\n";
  write_file(scratch / "servers.json", text);
  const std::map<std::string, std::string> environment{
      {"XDG_CONFIG_HOME", (scratch / "config").string()},
      {"XDG_STATE_HOME", (scratch / "state").string()}};
  Process set({.argv = {bin("mqfail-config"), "set", "--component", "M", "-f",
                        (scratch / "servers.json").string()},
               .environment = environment});
  finish(set);
  Process serve({.argv = {bin("mqfail-config"), "serve", "--listen", "127.0.0.1:0"},
                 .environment = environment});
  const auto line = serve.wait_for_line(Stream::err, "listening on .*", 10s);
  if (!line) throw Broken("mqfail-config serve: " + serve.bytes(Stream::err));
  const auto port =
      static_cast<std::uint16_t>(std::stoi(line->text.substr(line->text.rfind(':') + 1)));
  const Fd fd = connect_to(port, 5s);
  const std::string request =
      "GET /api/v1/configuration/M/RedundantServers HTTP/1.1\r\nHost: localhost:" +
      std::to_string(port) + "\r\n\r\n";
  const auto cpu_seconds = [&] {
    std::ifstream stat("/proc/" + std::to_string(serve.pid()) + "/stat");
    std::string all((std::istreambuf_iterator<char>(stat)), {});
    std::istringstream after(all.substr(all.rfind(')') + 2));
    std::string skipped;
    for (int field = 3; field < 14; ++field) after >> skipped;
    double user = 0, system = 0;
    after >> user >> system;
    return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
  };
  constexpr int kRequests = 5000;
  Range rate, cpu;
  std::array<char, 65'536> answer{};
  for (int round = 0; round < rounds; ++round) {
    const double cpu_before = cpu_seconds();
    const Moment start = Clock::now();
    for (int i = 0; i < kRequests; ++i) {
      if (!write_all(fd.get(), request)) throw Broken("mqfail-config serve closed the connection");
      for (std::string got; !got.ends_with("\n]\n");) {
        const ssize_t bytes = ::recv(fd.get(), answer.data(), answer.size(), 0);
        if (bytes <= 0) throw Broken("mqfail-config serve did not answer");
        got.append(answer.data(), static_cast<std::size_t>(bytes));
      }
    }
    rate.add(kRequests / seconds_between(start, Clock::now()));
    cpu.add((cpu_seconds() - cpu_before) / kRequests * 1e6);
  }
  table.row("mqfail-config serve, GET of ten servers", "/s", rate, nullptr, true, 0);
  table.row("… CPU a request", "µs", cpu, nullptr, false, 0);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<Load> kLoads{{0},
                                 {1},
                                 {2},
                                 {1, 100, false, false},
                                 {2, 100, false, false},
                                 {0, 10},
                                 {1, 10},
                                 {0, 65'536},
                                 {1, 65'536},
                                 {0, 100, true},
                                 {1, 100, true},
                                 {2, 100, true}};
  int rounds = 5, kills = 100;
  std::string file;
  std::set<std::string> only;
  std::string rows;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--rounds" && i + 1 < argc)
      rounds = std::atoi(argv[++i]);
    else if (argument == "--kills" && i + 1 < argc)
      kills = std::atoi(argv[++i]);
    else if (argument == "--only" && i + 1 < argc)
      only.insert(argv[++i]);
    else if (argument == "--row" && i + 1 < argc)
      rows = argv[++i];
    else if (argument.starts_with('-') || !file.empty()) {
      std::cerr << "unknown: " << argument
                << "; the first lines of tests/bench/run.sh say what is\n";
      return 64;
    } else
      file = argument;
  }
  Table table;
  table.print(
      "| figure | mqfail: median (lowest–highest) | mosquitto's tool | ratio, above 1 is better |");
  table.print("|---|---|---|---|");
  int failed = 0;
  const auto part = [&](const std::string& name, const std::function<void()>& measure) {
    if (!only.empty() && only.count(name) == 0) return;
    try {
      measure();
    } catch (const Broken& broken) {
      std::cerr << name << ": " << broken.what() << '\n';
      ++failed;
    }
  };
  // What measures a whole process comes first, because a fork costs more when this process has
  // grown.
  part("start", [&] { start_to_exit(table, rounds); });
  part("probe", [&] { probe_figures(table, rounds); });
  part("document", [&] { large_document(table, rounds); });
  for (const auto& [name, measure] :
       {std::pair{"publish", &publish_rate}, std::pair{"subscribe", &subscribe_rate}}) {
    for (const Load& load : kLoads) {
      if (!load.limited && name == std::string("subscribe")) continue;
      if (load.name().find(rows) != std::string::npos)
        part(name, [&, run = measure] { run(table, rounds, load); });
    }
  }
  part("firehose", [&] { firehose(table, rounds, false); });
  part("firehose", [&] { firehose(table, rounds, true); });
  part("gap", [&] { failover_gap(table, kills, "cold"); });
  part("gap", [&] { failover_gap(table, 100, "warm"); });
  part("gap", [&] { failover_gap(table, 100, "cold", true); });
  part("gap", [&] { failover_gap(table, 100, "warm", true); });
  part("hot", [&] { hot_silence(table, 100); });
  part("frozen", [&] { frozen(table, rounds); });
  part("connects", [&] { connects(table, rounds); });
  part("promises", [&] { promises(table, rounds); });
  part("pipelines", [&] { pipelines(table, rounds); });
  part("memory", [&] { idle_memory(table); });
  part("memory", [&] { peak_memory(table, rounds); });
  part("rest", [&] { rest_endpoint(table, rounds); });

  if (!file.empty()) write_file(file, table.text);
  return failed == 0 ? 0 : 1;
}
