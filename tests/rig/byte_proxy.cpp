// SPDX-License-Identifier: Apache-2.0
#include "rig/byte_proxy.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace rig {
namespace {

constexpr std::size_t kFull = 256 * 1024;

void prepare(const Fd& fd) {
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

}  // namespace

ByteProxy::ByteProxy(std::uint16_t upstream, Manners down, Manners up)
    : upstream_(upstream), down_(down), up_(up), listener_(listen_on(0)) {
  port_ = port_of(listener_);
  thread_ = std::thread([this] { run(); });
}

ByteProxy::~ByteProxy() {
  waker_.wake();
  thread_.join();
}

bool ByteProxy::take(const Half& from, Half& to) {
  if (to.out.size() > kFull) return true;
  std::string chunk(65536, '\0');
  const ssize_t n = ::read(from.fd.get(), chunk.data(), chunk.size());
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  to.out.append(chunk, 0, static_cast<std::size_t>(n));
  return n > 0;
}

bool ByteProxy::give(Half& to, const Manners& manners) {
  while (!to.out.empty()) {
    if (to.sent >= manners.most) {
      to.out.clear();
      return !manners.close;
    }
    if (Clock::now() < to.next) return true;
    std::size_t size = std::min(to.out.size(), manners.most - to.sent);
    if (manners.slice != 0) size = std::min(size, manners.slice);
    const ssize_t n = ::write(to.fd.get(), to.out.data(), size);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    to.out.erase(0, static_cast<std::size_t>(n));
    to.sent += static_cast<std::size_t>(n);
    if (manners.every > 0ms) to.next = Clock::now() + manners.every;
  }
  return true;
}

void ByteProxy::run() {
  for (;;) {
    std::vector<pollfd> fds{{waker_.fd(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
    Moment next = Moment::max();
    for (Pair& pair : pairs_)
      for (const auto& [own, other] :
           {std::pair(&pair.client, &pair.server), std::pair(&pair.server, &pair.client)}) {
        const bool waits = Clock::now() < own->next;
        if (waits && !own->out.empty()) next = std::min(next, own->next);
        fds.push_back({own->fd.get(),
                       static_cast<short>((other->out.size() > kFull ? 0 : POLLIN) |
                                          (own->out.empty() || waits ? 0 : POLLOUT)),
                       0});
      }
    int patience = -1;
    if (next != Moment::max())
      patience = static_cast<int>(std::max<long>(
          0, std::chrono::duration_cast<milliseconds>(next - Clock::now()).count() + 1));
    ::poll(fds.data(), fds.size(), patience);
    if (fds[0].revents != 0) return;
    for (Pair& pair : pairs_) {
      const bool open = take(pair.server, pair.client) && take(pair.client, pair.server);
      const bool sent = give(pair.client, down_) && give(pair.server, up_);
      if (!open || !sent) pair.gone = true;
    }
    pairs_.remove_if([](const Pair& pair) { return pair.gone; });
    if (fds[1].revents == 0) continue;
    Pair pair;
    pair.client.fd = Fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    pair.server.fd = connect_to(upstream_, 1s);
    if (!pair.client.fd || !pair.server.fd) continue;
    prepare(pair.client.fd);
    prepare(pair.server.fd);
    pairs_.push_back(std::move(pair));
  }
}

}  // namespace rig
