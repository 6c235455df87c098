// SPDX-License-Identifier: Apache-2.0
// The bytes of requests to mqfail-config serve, through the real connection. Laws: it ends when the
// client has said all; each answer is HTTP; without the token nothing succeeds; what is logged may
// be shown, and nothing has the token.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>

#include "config/store/store.hpp"
#include "fuzz/fuzz.hpp"
#include "rest/http_connection.hpp"

using namespace mqfail;

namespace {

constexpr std::string_view kToken = "0123456789abcdef";

// Once, where it belongs: then it stays there.
bool has_token_in_its_place(std::string_view bytes) {
  const std::string field = "\r\nAuthorization: Bearer " + std::string(kToken) + "\r\n";
  return bytes.find(field) != std::string_view::npos && bytes.find(kToken) == bytes.rfind(kToken);
}

std::string read_all(int fd) {
  std::string all;
  std::array<char, 16384> block{};
  for (ssize_t got = 0; (got = recv(fd, block.data(), block.size(), MSG_DONTWAIT)) > 0;)
    all.append(block.data(), static_cast<std::size_t>(got));
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // No file can be made behind a device.
  static const ComponentStore store("/dev/null/config");
  static const Endpoint endpoint(store, {Secret(std::string(64, 'a')), {}, {}, {}},
                                 *Token::parse(Secret(kToken), "FILE"));
  static bool secret = false;
  static const HttpSettings settings{.log = [](std::string_view line) {
    fuzz::law_shown(line);
    fuzz::law(!secret || line.find(kToken) == std::string_view::npos, "the log has no token", line);
  }};
  static const ListenAddress local{"127.0.0.1", 5590, true};
  static HttpShared shared{endpoint, settings};

  const std::string bytes = fuzz::text_of(data, size);
  secret = has_token_in_its_place(bytes);
  std::array<int, 2> ends{};
  fuzz::law(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0, "a pair");
  boost::asio::ip::tcp::socket socket(shared.io);
  socket.assign(boost::asio::ip::tcp::v4(), ends[0]);
  send(ends[1], bytes.data(), bytes.size(), MSG_NOSIGNAL);
  shutdown(ends[1], SHUT_WR);
  HttpConnection::begin(shared, std::move(socket), local);
  shared.io.restart();
  shared.io.run();
  fuzz::law(shared.connections.empty(), "a connection ends with its client");

  const std::string answers = read_all(ends[1]);
  close(ends[1]);
  fuzz::law(answers.empty() || answers.starts_with("HTTP/1."), "an answer is HTTP", answers);
  // Of the first answer: what stands behind it may repeat what the client has said.
  const bool known = bytes.find(kToken) != std::string::npos;
  fuzz::law(known || !answers.starts_with("HTTP/1.1 20"), "the token is needed", bytes);
  fuzz::law(!secret || answers.find(kToken) == std::string::npos, "no answer has the token",
            answers);
  return 0;
}
