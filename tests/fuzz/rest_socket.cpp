// SPDX-License-Identifier: Apache-2.0
// The whole server of mqfail-config serve on a TCP socket, as its thread accepts and reads. The
// first byte says how long the pieces are in which the request is sent. Laws: those of
// rest_laws.hpp; a connection ends when its client has said all.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>

#include "fuzz/rest_laws.hpp"
#include "rest/listener.hpp"

using namespace mqfail;

namespace {

/// Serves until the process ends.
class Served {
 public:
  Served() {
    auto listener = listen_at({"127.0.0.1", 0, false});
    fuzz::law(static_cast<bool>(listener), "a port");
    socklen_t size = sizeof address_;
    getsockname(listener->socket.get(), reinterpret_cast<sockaddr*>(&address_), &size);
    listener->address = room.local;  // so that a seed can name it
    room.settings.end_fd = eventfd(0, EFD_CLOEXEC);
    room.settings.ended = [] { return false; };
    std::thread([this, one = std::move(*listener)]() mutable {
      std::vector<Listener> all;
      all.push_back(std::move(one));
      const auto done = serve_http(room.endpoint, std::move(all), room.settings);
      fuzz::law(false, "the server goes on", done ? "it has ended" : done.error().message);
    }).detach();
  }
  int connected() const {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    fuzz::law(connect(fd, reinterpret_cast<const sockaddr*>(&address_), sizeof address_) == 0,
              "the server accepts");
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
  }
  fuzz::RestRoom room;

 private:
  sockaddr_in address_{};
};

// Up to the end, for which nothing but the limit of the fuzzer waits.
std::string read_all(int fd) {
  std::string all;
  std::array<char, 16384> block{};
  for (ssize_t got = 0; (got = recv(fd, block.data(), block.size(), 0)) > 0;)
    all.append(block.data(), static_cast<std::size_t>(got));
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Served& served = *new Served;  // its thread never ends
  fuzz::Input input(data, size);
  const std::size_t piece = std::max<std::size_t>(std::size_t{input.byte()} * 4, 4) + size / 16;
  const std::string& bytes = input.rest();
  served.room.hear(bytes);
  const int fd = served.connected();
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const std::string_view some = std::string_view(bytes).substr(at, piece);
    send(fd, some.data(), some.size(), MSG_NOSIGNAL);
  }
  shutdown(fd, SHUT_WR);
  const std::string answers = read_all(fd);
  close(fd);
  served.room.check(bytes, answers);
  return 0;
}
