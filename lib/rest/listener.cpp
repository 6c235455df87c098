// SPDX-License-Identifier: Apache-2.0
#include "rest/listener.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/number.hpp"
#include "base/text.hpp"

namespace mqfail {
namespace {

constexpr int kFirstInherited = 3;  // SD_LISTEN_FDS_START

// The socket API wants every address as a sockaddr.
union SocketAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
  sockaddr_storage room;
};

Error usage(std::string_view text, std::string_view why) {
  return {ErrorKind::usage, "--listen " + printable(text, 100) + " " + std::string(why),
          "give ADDRESS:PORT, as 127.0.0.1:5590 or [::1]:5590"};
}

std::optional<ListenAddress> described(const SocketAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ListenAddress result;
  if (address.any.sa_family == AF_INET) {
    inet_ntop(AF_INET, &address.v4.sin_addr, text.data(), text.size());
    result.port = ntohs(address.v4.sin_port);
    result.loopback = (ntohl(address.v4.sin_addr.s_addr) >> 24U) == 127;
  } else if (address.any.sa_family == AF_INET6) {
    inet_ntop(AF_INET6, &address.v6.sin6_addr, text.data(), text.size());
    result.port = ntohs(address.v6.sin6_port);
    result.loopback = IN6_IS_ADDR_LOOPBACK(&address.v6.sin6_addr);
  } else {
    return std::nullopt;
  }
  result.host = text.data();
  return result;
}

SocketAddress to_socket_address(const ListenAddress& address) {
  SocketAddress result{};
  if (inet_pton(AF_INET, address.host.c_str(), &result.v4.sin_addr) == 1) {
    result.v4.sin_family = AF_INET;
    result.v4.sin_port = htons(address.port);
  } else if (inet_pton(AF_INET6, address.host.c_str(), &result.v6.sin6_addr) == 1) {
    result.v6.sin6_family = AF_INET6;
    result.v6.sin6_port = htons(address.port);
  }
  return result;
}

std::optional<ListenAddress> address_of(int socket) {
  SocketAddress bound{};
  socklen_t size = sizeof bound;
  if (getsockname(socket, &bound.any, &size) != 0) return std::nullopt;
  return described(bound);
}

bool option_is(int socket, int name, int wanted) {
  int value = 0;
  socklen_t size = sizeof value;
  return getsockopt(socket, SOL_SOCKET, name, &value, &size) == 0 && value == wanted;
}

// A number in an environment variable that is removed.
std::optional<long> take_number(const char* name) {
  const char* const text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  if (text == nullptr) return std::nullopt;
  const auto number = parse_number<long>(text);
  unsetenv(name);  // NOLINT(concurrency-mt-unsafe)
  return number;
}

}  // namespace

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return usage(text, "has no port");
  std::string_view host = text.substr(0, colon);
  const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
  if (!port) return usage(text, "has a port that is not in 0..65535");
  const bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (brackets) host = host.substr(1, host.size() - 2);
  if (brackets != (host.find(':') != std::string_view::npos))
    return usage(text, "is not an address");
  if (same_word(host, "localhost")) host = "127.0.0.1";
  const SocketAddress address = to_socket_address({std::string(host), *port, false});
  auto result = described(address);
  if (!result) return usage(text, "is not an address");
  return std::move(*result);
}

Result<Listener> listen_at(const ListenAddress& address) {
  const auto failed = [&](int error) {
    return Error{
        ErrorKind::unavailable, "cannot listen on " + address.text() + ": " + std::strerror(error),
        error == EADDRINUSE ? "another program listens there, perhaps the adapter itself or "
                              "another mqfail-config serve; choose another port with --listen"
                            : "choose another address with --listen"};
  };
  const SocketAddress wanted = to_socket_address(address);
  Descriptor socket(::socket(wanted.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return failed(errno);
  const int on = 1;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (wanted.any.sa_family == AF_INET6)
    setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  const socklen_t size = wanted.any.sa_family == AF_INET ? sizeof wanted.v4 : sizeof wanted.v6;
  if (bind(socket.get(), &wanted.any, size) != 0 || listen(socket.get(), SOMAXCONN) != 0)
    return failed(errno);
  auto bound = address_of(socket.get());
  if (!bound) return failed(errno);
  return Listener{std::move(socket), std::move(*bound)};
}

Result<std::vector<Listener>> inherited_listeners() {
  std::vector<Listener> listeners;
  const auto pid = take_number("LISTEN_PID");
  const auto count = take_number("LISTEN_FDS");
  unsetenv("LISTEN_FDNAMES");  // NOLINT(concurrency-mt-unsafe)
  if (pid != static_cast<long>(getpid()) || !count) return listeners;
  for (int fd = kFirstInherited; fd - kFirstInherited < *count; ++fd) {
    auto address = address_of(fd);
    if (!address || !option_is(fd, SO_TYPE, SOCK_STREAM) || !option_is(fd, SO_ACCEPTCONN, 1)) {
      return Error{ErrorKind::unavailable,
                   "descriptor " + std::to_string(fd) + " of LISTEN_FDS is no listening TCP socket",
                   "the socket unit wants ListenStream=127.0.0.1:5590 and Accept=no"};
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    listeners.push_back({Descriptor(fd), std::move(*address)});
  }
  return listeners;
}

}  // namespace mqfail
