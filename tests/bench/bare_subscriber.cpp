// SPDX-License-Identifier: Apache-2.0
#include "bench/bare_subscriber.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "rig/basics.hpp"
#include "rig/wire.hpp"

namespace rig {
namespace {

constexpr const char* kCold = "--bare-subscriber-cold";
constexpr const char* kWarm = "--bare-subscriber-warm";
constexpr int kVersion = 5;
constexpr int kRetryMs = 5;  // a server that has died comes back

struct Link {
  std::uint16_t port = 0;
  Fd fd{};
  PacketReader reader{};
  bool accepted = false, subscribed = false;
};

void tell(const std::string& event) {
  write_all(STDERR_FILENO, R"({"event":")" + event + "\"}\n");
}

void dial(Link& link) {
  link = Link{.port = link.port, .fd = connect_to(link.port, 0ms)};
  if (!link.fd) return;
  Connect connect;
  connect.version = kVersion;
  connect.keepalive = 0;
  connect.client_id = "bare-" + std::to_string(::getpid()) + "-" + std::to_string(link.port);
  write_all(link.fd.get(), encode(connect));
}

void subscribe(Link& link) {
  write_all(link.fd.get(), encode_subscribe(kVersion, 1, {{"t", 0}}));
  link.subscribed = true;
}

// What has come. False: the server has died.
bool read(Link& link, bool in_use) {
  std::array<char, 65536> chunk{};
  const ssize_t n = ::read(link.fd.get(), chunk.data(), chunk.size());
  if (n <= 0) return false;
  // The server holds its next small packet back until this one is acknowledged, by default 40 ms.
  const int on = 1;
  ::setsockopt(link.fd.get(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
  link.reader.feed({chunk.data(), static_cast<std::size_t>(n)});
  std::string lines;
  while (const auto packet = link.reader.next()) {
    if (packet->type == Type::connack) {
      link.accepted = true;
      if (in_use)
        subscribe(link);
      else
        tell("standby-ready");
    }
    if (packet->type == Type::suback) tell("subscribed");
    if (packet->type != Type::publish) continue;
    if (const auto publish = parse_publish(*packet, kVersion))
      lines += ":" + std::to_string(link.port) + " " + publish->payload + "\n";
  }
  write_all(STDOUT_FILENO, lines);
  return true;
}

[[noreturn]] void run(bool warm, std::uint16_t first, std::uint16_t second) {
  std::array<Link, 2> links{Link{.port = first}, Link{.port = second}};
  for (std::size_t used = 0;;) {
    Link& live = links[used];
    Link& other = links[1 - used];
    if (!live.fd) dial(live);
    if (warm && !other.fd) dial(other);
    std::array<pollfd, 2> waits{pollfd{live.fd.get(), POLLIN, 0},
                                pollfd{other.fd.get(), POLLIN, 0}};
    const bool missing = !live.fd || (warm && !other.fd);
    ::poll(waits.data(), waits.size(), missing ? kRetryMs : -1);
    if (waits[1].revents != 0 && !read(other, false)) other.fd.reset();
    if (waits[0].revents == 0 || read(live, true)) continue;
    live.fd.reset();
    used = 1 - used;
    if (other.accepted) subscribe(other);
  }
}

}  // namespace

std::vector<std::string> bare_subscriber(bool warm, std::uint16_t first, std::uint16_t second) {
  return {"/proc/self/exe", warm ? kWarm : kCold, std::to_string(first), std::to_string(second)};
}

void be_bare_subscriber(int argc, char** argv) {
  if (argc != 4) return;
  const std::string_view kind = argv[1];
  if (kind != kCold && kind != kWarm) return;
  const auto port = [&](int place) { return static_cast<std::uint16_t>(std::atoi(argv[place])); };
  run(kind == kWarm, port(2), port(3));
}

}  // namespace rig
