// SPDX-License-Identifier: Apache-2.0
#include "bench/loads.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "rig/client.hpp"

namespace rig {

std::string Load::name() const {
  return "QoS " + std::to_string(qos) + (tls ? " over TLS, " : ", ") + std::to_string(size) +
         "-byte payloads, ";
}

std::uint32_t Load::count() const {
  const std::uint32_t small = qos == 0 ? 600'000 : 60'000;
  return size > 10'000 ? 6'000 : small;
}

std::string Load::line(std::uint32_t i) const {
  return size < 20 ? std::to_string(1'000'000'000 + i) : numbered_line(i, size);
}

MosquittoSettings unlimited() {
  return {.lines = {"max_inflight_messages 0", "max_queued_messages 0", "max_queued_bytes 0"}};
}

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

Arguments to(const Mosquitto& server, const Load& load) {
  Arguments words{"-h", load.tls ? "localhost" : "127.0.0.1",
                  "-p", std::to_string(server.port()),
                  "-t", "t",
                  "-q", std::to_string(load.qos)};
  if (load.tls) words.insert(words.end(), {"--cafile", certificates().authority()});
  return words;
}

std::string tool(bool ours, const std::string& kind) {
  return ours ? bin("mqfail-" + kind) : "mosquitto_" + kind;
}

void blast(std::uint16_t port, const Load& load, const std::vector<std::string>& payloads) {
  Client client(port);
  std::thread drain([&client, open = load.qos == 0 ? 0 : payloads.size()]() mutable {
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

OutputPipe::OutputPipe(const std::string& path) {
  if (::mkfifo(path.c_str(), 0600) != 0) throw Broken("mkfifo " + path);
  fd_ = Fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
}

Moment OutputPipe::next_line() {
  std::array<char, 4096> chunk;
  for (;;) {
    pollfd wait{fd_.get(), POLLIN, 0};
    if (::poll(&wait, 1, 10'000) <= 0) throw Broken("no line comes");
    const ssize_t got = ::read(fd_.get(), chunk.data(), chunk.size());
    const Moment at = Clock::now();
    if (got <= 0) throw Broken("the output has ended");
    rest_.append(chunk.data(), static_cast<std::size_t>(got));
    const std::size_t end = rest_.find('\n');
    if (end == std::string::npos) continue;
    rest_.erase(0, end + 1);
    return at;
  }
}

}  // namespace rig
