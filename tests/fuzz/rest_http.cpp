// SPDX-License-Identifier: Apache-2.0
// The bytes of requests to mqfail-config serve, through the real connection. Laws: it ends when the
// client has said all; each answer is HTTP; without the token nothing succeeds; what is logged may
// be shown, and nothing has the token.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>

#include "fuzz/rest_laws.hpp"
#include "rest/http_connection.hpp"

using namespace mqfail;

namespace {

std::string read_all(int fd) {
  std::string all;
  std::array<char, 16384> block{};
  for (ssize_t got = 0; (got = recv(fd, block.data(), block.size(), MSG_DONTWAIT)) > 0;)
    all.append(block.data(), static_cast<std::size_t>(got));
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::RestRoom room;
  // Never destroyed: the thread that makes changes would end after OpenSSL, and leave a leak.
  static HttpShared& shared = *new HttpShared{room.endpoint, room.settings};

  const std::string bytes = fuzz::text_of(data, size);
  room.hear(bytes);
  std::array<int, 2> ends{};
  fuzz::law(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0, "a pair");
  boost::asio::ip::tcp::socket socket(shared.io);
  socket.assign(boost::asio::ip::tcp::v4(), ends[0]);
  send(ends[1], bytes.data(), bytes.size(), MSG_NOSIGNAL);
  shutdown(ends[1], SHUT_WR);
  HttpConnection::begin(shared, std::move(socket), room.local);
  shared.io.restart();
  shared.io.run();
  fuzz::law(shared.connections.empty(), "a connection ends with its client");

  const std::string answers = read_all(ends[1]);
  close(ends[1]);
  room.check(bytes, answers);
  return 0;
}
