// SPDX-License-Identifier: Apache-2.0
// What the machine does at best: the same bytes in the same batches as mqfail moves them, without
// MQTT. The end of the table says how many times these limits the figures of mqfail are.
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <ctime>
#include <functional>
#include <thread>

#include "bench/parts.hpp"
#include "rig/wire.hpp"

namespace rig {
namespace {

// lib/transport/wire: sends from 32 KiB on, reads up to 64 KiB.
constexpr std::size_t kSent = 32'768, kRead = 65'536;

double thread_cpu() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

struct Pair {
  Fd here, there;  // a connection over loopback
  Pair() {
    const Fd listener = listen_on(0);
    here = connect_to(port_of(listener), 5s);
    there = Fd(::accept(listener.get(), nullptr, nullptr));
    if (!here || !there) throw Broken("no connection over loopback");
  }
};

void read_all(int fd, std::size_t bytes) {
  std::vector<char> room(262'144);
  for (std::size_t left = bytes; left > 0;) {
    const ssize_t got = ::read(fd, room.data(), std::min(left, room.size()));
    if (got <= 0) throw Broken("the other end has closed");
    left -= static_cast<std::size_t>(got);
  }
}

void writev_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
    const ssize_t sent = ::writev(fd, &piece, 1);
    if (sent <= 0) throw Broken("writev");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

/// Messages in batches, each answered by `answer` bytes a message if that is not 0.
struct Traffic {
  int qos;
  std::size_t size;   // bytes a payload
  std::size_t batch;  // messages
  std::size_t count;  // messages in all, a multiple of `batch`
  std::size_t packet() const {
    return encode(Publish{.topic = "t", .payload = std::string(size, 'x'), .qos = qos, .id = 1}, 5)
        .size();
  }
  std::size_t answer() const { return qos == 1 ? 4 : 0; }
  std::size_t batches() const { return count / batch; }
};

// CPU of the sending side, µs a message.
double publishing(const Traffic& traffic) {
  const Pair pair;
  const std::string bytes(traffic.packet() * traffic.batch, 'x');
  const std::string answers(traffic.answer() * traffic.batch, 'x');
  std::thread server([&] {
    for (std::size_t i = 0; i < traffic.batches(); ++i) {
      read_all(pair.there.get(), bytes.size());
      write_all(pair.there.get(), answers);
    }
  });
  const double before = thread_cpu();
  for (std::size_t i = 0; i < traffic.batches(); ++i) {
    writev_all(pair.here.get(), bytes);
    if (!answers.empty()) read_all(pair.here.get(), answers.size());
  }
  const double cpu = thread_cpu() - before;
  server.join();
  return cpu * 1e6 / static_cast<double>(traffic.count);
}

// CPU of the receiving side, which writes the payloads and line feeds to a file.
double subscribing(const Traffic& traffic) {
  const Pair pair;
  const std::string bytes(traffic.packet() * traffic.batch, 'x');
  const std::string answers(traffic.answer() * traffic.batch, 'x');
  const std::string lines((traffic.size + 1) * traffic.batch, 'x');
  Scratch scratch;
  const std::string name = (scratch / "out").string();
  std::FILE* const file = std::fopen(name.c_str(), "we");
  if (file == nullptr) throw Broken("cannot write " + name);
  std::thread server([&] {
    for (std::size_t i = 0; i < traffic.batches(); ++i) {
      write_all(pair.there.get(), bytes);
      if (!answers.empty()) read_all(pair.there.get(), answers.size());
    }
  });
  std::vector<char> room(kRead);
  const double before = thread_cpu();
  for (std::size_t i = 0; i < traffic.batches(); ++i) {
    for (std::size_t left = bytes.size(); left > 0;) {
      const ssize_t got = ::recv(pair.here.get(), room.data(), std::min(left, room.size()), 0);
      if (got <= 0) throw Broken("the other end has closed");
      left -= static_cast<std::size_t>(got);
    }
    if (!write_all(::fileno(file), lines)) throw Broken("cannot write " + name);
    write_all(pair.here.get(), answers);
  }
  const double cpu = thread_cpu() - before;
  server.join();
  std::fclose(file);
  return cpu * 1e6 / static_cast<double>(traffic.count);
}

// memcpy(3) of payloads that are in no cache, µs a message.
double copying(std::size_t size) {
  constexpr std::size_t kArea = 256U << 20U;
  std::vector<char> from(kArea, 'x'), into(kArea, 'y');
  const double before = thread_cpu();
  for (std::size_t at = 0; at + size <= kArea; at += size)
    std::memcpy(into.data() + at, from.data() + at, size);
  const double cpu = thread_cpu() - before;
  if (into[kArea / 2] != 'x') throw Broken("memcpy");
  const std::size_t copies = kArea / size;
  return cpu * 1e6 / static_cast<double>(copies);
}

// A byte to a thread that waits in poll(2) and answers through a pipe, µs each, with pauses as
// between lone messages.
Range poll_round_trips(int count) {
  const Pair pair;
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw Broken("pipe");
  const Fd out(ends[0]);
  Fd in(ends[1]);
  const auto wait_and_read = [](int fd) {
    pollfd wait{fd, POLLIN, 0};
    ::poll(&wait, 1, 10'000);
    char byte = 0;
    return ::read(fd, &byte, 1) == 1;
  };
  std::thread other([&] {
    while (wait_and_read(pair.there.get())) write_all(in.get(), "x");
  });
  Range range;
  for (int i = 0; i < count; ++i) {
    const Moment start = Clock::now();
    write_all(pair.here.get(), "x");
    if (!wait_and_read(out.get())) break;
    range.add(seconds_between(start, Clock::now()) * 1e6);
    std::this_thread::sleep_for(5ms);
  }
  ::shutdown(pair.here.get(), SHUT_RDWR);
  other.join();
  return range;
}

Range repeated(int rounds, const std::function<double()>& measure) {
  Range range;
  for (int round = 0; round < rounds; ++round) range.add(measure());
  return range;
}

std::string small(const std::string& verb, int qos, const std::string& server) {
  return verb + " QoS " + std::to_string(qos) + ", 100-byte payloads, bare server " + server;
}

}  // namespace

void physical_limits(Table& table, int rounds) {
  const std::string cpu = ", CPU a message";
  const auto traffic = [&](const std::string& what, bool publishes, const Traffic& load,
                           const std::string& beside) {
    table.limit(what + cpu, "µs",
                repeated(rounds, [&] { return publishes ? publishing(load) : subscribing(load); }));
    table.beside_limit(beside, what + cpu);
  };
  // Whole messages, as many as make mqfail send or fill a read.
  const std::size_t sent = kSent / Traffic{0, 100, 1, 1}.packet() + 1;
  const std::size_t read = kRead / Traffic{0, 100, 1, 1}.packet();
  traffic("writev(2) of 100-byte payloads, 32 KiB at a time", true, {0, 100, sent, 2'000 * sent},
          small("publish", 0, "without limits" + cpu));
  traffic("writev(2) of 20 100-byte payloads, read(2) of 20 answers", true, {1, 100, 20, 400'000},
          small("publish", 1, "with 20 under way" + cpu));
  traffic("writev(2) of 100 100-byte payloads, read(2) of 100 answers", true,
          {1, 100, 100, 600'000}, small("publish", 1, "without limits" + cpu));
  traffic("recv(2) of 100-byte payloads, 64 KiB at a time, write(2) to a file", false,
          {0, 100, read, 1'000 * read}, small("subscribe", 0, "without limits, to a file" + cpu));
  traffic("recv(2) of 20 100-byte payloads, write(2) to a file, send(2) of 20 answers", false,
          {1, 100, 20, 400'000}, small("subscribe", 1, "with 20 under way, to a file" + cpu));
  traffic("recv(2) of 100 100-byte payloads, write(2) to a file, send(2) of 100 answers", false,
          {1, 100, 100, 600'000}, small("subscribe", 1, "without limits, to a file" + cpu));
  traffic("writev(2) of a 65536-byte payload", true, {0, 65'536, 1, 6'000},
          "publish QoS 0, 65536-byte payloads, default server" + cpu);
  traffic(
      "recv(2) of a 65536-byte payload, write(2) to a file", false, {0, 65'536, 1, 6'000},
      "subscribe QoS 0, 65536-byte payloads, to a file, default server but for its queue" + cpu);
  struct Copy {
    std::size_t size;
    std::string limit, published, received;
  };
  const std::string behind = "s, to a file, default server but for its queue" + cpu;
  for (const Copy& copy :
       {Copy{100, "memcpy(3) of a 100-byte payload", "publish QoS 0, 100-byte payloads",
             "subscribe QoS 0, 100-byte payload"},
        Copy{65'536, "memcpy(3) of a 65536-byte payload", "publish QoS 0, 65536-byte payloads",
             "subscribe QoS 0, 65536-byte payload"}}) {
    const std::string limit = copy.limit + cpu;
    table.limit(limit, "µs", repeated(rounds, [&] { return copying(copy.size); }), 3);
    table.beside_limit(copy.published + ", default server" + cpu, limit);
    table.beside_limit(copy.received + behind, limit);
  }
  const std::string round_trip = "one round trip through poll(2), p50";
  table.limit(round_trip, "µs", poll_round_trips(rounds * 100), 0);
  for (const char* way : {"subscriber", "publisher"})
    for (const char* qos : {"0", "1"})
      table.beside_limit(
          std::string("lone message through a ") + way + ", QoS " + qos + ", bare server, p50",
          round_trip);
  table.limit("start to exit of /bin/true", "ms", repeated(rounds * 5, [] {
                Process process({"/bin/true"});
                return took(process).wall * 1000;
              }));
  table.beside_limit("start to exit, one message, QoS 1, default server",
                     "start to exit of /bin/true");
}

}  // namespace rig
