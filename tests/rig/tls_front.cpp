// SPDX-License-Identifier: Apache-2.0
#include "rig/tls_front.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace rig {

TlsFront::TlsFront(std::uint16_t upstream, const Issued& issued, int newest)
    : upstream_(upstream),
      context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free),
      listener_(listen_on(0)) {
  SSL_CTX_set_security_level(context_.get(), 0);
  if (SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION) != 1 ||
      SSL_CTX_set_max_proto_version(context_.get(), newest) != 1 ||
      SSL_CTX_use_certificate(context_.get(), issued.x509.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context_.get(), issued.pkey.get()) != 1)
    throw Broken("no TLS with " + issued.certificate);
  port_ = port_of(listener_);
  thread_ = std::thread([this] { run(); });
}

TlsFront::~TlsFront() {
  waker_.wake();
  thread_.join();
  for (std::thread& pair : pairs_) pair.join();
}

void TlsFront::run() {
  for (;;) {
    std::array<pollfd, 2> fds{pollfd{waker_.fd(), POLLIN, 0}, pollfd{listener_.get(), POLLIN, 0}};
    ::poll(fds.data(), fds.size(), -1);
    if (fds[0].revents != 0) return;
    Fd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (client)
      pairs_.emplace_back(
          [this, owned = std::make_shared<Fd>(std::move(client))] { serve(*owned); });
  }
}

void TlsFront::serve(const Fd& client) {
  const Fd server = connect_to(upstream_, 1s);
  if (!server) return;
  const std::unique_ptr<SSL, void (*)(SSL*)> ssl(SSL_new(context_.get()), SSL_free);
  SSL_set_fd(ssl.get(), client.get());
  std::array<char, 16384> bytes{};
  bool greeted = false;
  for (;;) {
    std::array<pollfd, 3> fds{pollfd{waker_.fd(), POLLIN, 0}, pollfd{client.get(), POLLIN, 0},
                              pollfd{server.get(), POLLIN, 0}};
    if (SSL_pending(ssl.get()) == 0) ::poll(fds.data(), fds.size(), -1);
    if (fds[0].revents != 0) return;
    if (!greeted) {
      // A client that stops within its handshake holds only this thread, until it closes.
      if (fds[1].revents == 0) {
        if (fds[2].revents != 0) return;
        continue;
      }
      if (SSL_accept(ssl.get()) != 1) return;
      greeted = true;
      continue;
    }
    if (fds[1].revents != 0 || SSL_pending(ssl.get()) != 0) {
      const int got = SSL_read(ssl.get(), bytes.data(), static_cast<int>(bytes.size()));
      if (got <= 0 || !write_all(server.get(), {bytes.data(), static_cast<std::size_t>(got)}))
        return;
    }
    if (fds[2].revents != 0) {
      const ssize_t got = ::read(server.get(), bytes.data(), bytes.size());
      if (got <= 0 || SSL_write(ssl.get(), bytes.data(), static_cast<int>(got)) <= 0) return;
    }
  }
}

}  // namespace rig
