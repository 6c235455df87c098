// SPDX-License-Identifier: Apache-2.0
// Sockets on 127.0.0.1 that the tests of this folder talk to.
#pragma once

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>

#include "policy/server.hpp"

namespace mqfail::test {

/// Listens on a free port. Connections are accepted by the kernel; nobody answers unless the test
/// does. Once it is closed, connections are refused.
class Listener {
 public:
  Listener() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const where = reinterpret_cast<sockaddr*>(&address);
    if (bind(fd_, where, size) != 0 || listen(fd_, 8) != 0 || getsockname(fd_, where, &size) != 0) {
      throw std::runtime_error("no port to listen on");
    }
    port_ = ntohs(address.sin_port);
  }
  ~Listener() { close(); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  int fd() const { return fd_; }
  std::uint16_t port() const { return port_; }
  /// An entry of a server list for it.
  Server server() const {
    Server server;
    server.id = server.host = "127.0.0.1";
    server.port = port_;
    return server;
  }
  /// The next connection; the caller closes it.
  int accept() const { return ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC); }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::uint16_t port_ = 0;
};

/// A connection over TCP, with a socket at each end.
struct TcpPair {
  TcpPair() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(listener.port());
    if (connect(ours, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("no connection to ourselves");
    }
    server = listener.accept();
  }
  ~TcpPair() {
    for (const int fd : {ours, server}) close(fd);
  }
  TcpPair(const TcpPair&) = delete;
  TcpPair& operator=(const TcpPair&) = delete;

  /// What the server has sent and our TCP has not acknowledged (segments).
  unsigned unacknowledged() const {
    tcp_info info{};
    socklen_t length = sizeof info;
    getsockopt(server, IPPROTO_TCP, TCP_INFO, &info, &length);
    return info.tcpi_unacked;
  }

  Listener listener;
  int ours = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int server = -1;
};

}  // namespace mqfail::test
