// SPDX-License-Identifier: Apache-2.0
#include "rig/recording_proxy.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace rig {
namespace {
constexpr std::size_t full = 256 * 1024;
}

RecordingProxy::RecordingProxy(std::uint16_t upstream)
    : upstream_(upstream), listener_(listen_on(0)) {
  port_ = port_of(listener_);
  thread_ = std::thread([this] { run(); });
}

RecordingProxy::~RecordingProxy() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  waker_.wake();
  thread_.join();
}

void RecordingProxy::on_publish(std::function<Do(std::size_t)> decide) {
  const std::lock_guard lock(mutex_);
  on_publish_ = std::move(decide);
}

void RecordingProxy::on_acknowledgement(std::function<Do(std::size_t)> decide) {
  const std::lock_guard lock(mutex_);
  on_acknowledgement_ = std::move(decide);
}

void RecordingProxy::die() {
  const std::lock_guard lock(mutex_);
  die_locked();
  waker_.wake();
}

void RecordingProxy::die_locked() {
  stop_listening(listener_);
  for (Pair& pair : pairs_) {
    pair.gone = true;
    if (pair.client.fd) reset_connection(pair.client.fd);
    pair.server.fd.reset();
  }
}

void RecordingProxy::finish_locked() {
  stop_listening(listener_);
  for (Pair& pair : pairs_) {
    pair.finished = true;
    if (pair.client.fd) ::shutdown(pair.client.fd.get(), SHUT_WR);
    pair.server.fd.reset();
  }
}

void RecordingProxy::rise() {
  const std::lock_guard lock(mutex_);
  if (!listener_) listener_ = listen_on(port_);
  waker_.wake();
}

void RecordingProxy::stall(bool stalled) {
  const std::lock_guard lock(mutex_);
  stalled_ = stalled;
  waker_.wake();
}

std::vector<Passed> RecordingProxy::passed() {
  const std::lock_guard lock(mutex_);
  return passed_;
}

std::size_t RecordingProxy::published() {
  const std::lock_guard lock(mutex_);
  return passed_.size();
}

std::size_t RecordingProxy::acknowledged() {
  const std::lock_guard lock(mutex_);
  return acknowledged_;
}

int RecordingProxy::connections() {
  const std::lock_guard lock(mutex_);
  return last_number_;
}

bool RecordingProxy::dead() {
  const std::lock_guard lock(mutex_);
  return !listener_;
}

void RecordingProxy::accept_waiting() {
  while (listener_) {
    Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) return;
    Fd server = connect_to(upstream_, 0ms);
    if (!server) {
      reset_connection(fd);
      continue;
    }
    ::fcntl(server.get(), F_SETFL, ::fcntl(server.get(), F_GETFL) | O_NONBLOCK);
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    Pair& pair = pairs_.emplace_back();
    pair.number = ++last_number_;
    pair.client.fd = std::move(fd);
    pair.server.fd = std::move(server);
  }
}

bool RecordingProxy::pump(Pair& pair, bool from_client) {
  Half& from = from_client ? pair.client : pair.server;
  Half& to = from_client ? pair.server : pair.client;
  if (to.out.size() > full) return true;
  std::string chunk(65536, '\0');
  const ssize_t n = ::read(from.fd.get(), chunk.data(), chunk.size());
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (n <= 0) return false;
  if (pair.finished || pair.swallowed) return true;
  from.reader.feed(std::string_view(chunk).substr(0, static_cast<std::size_t>(n)));
  while (const auto packet = from.reader.next()) {
    Do decision = Do::forward;
    if (from_client) {
      if (packet->type == Type::connect) {
        if (const auto connect = parse_connect(*packet)) pair.version = connect->version;
      } else if (packet->type == Type::publish) {
        if (const auto publish = parse_publish(*packet, pair.version)) {
          if (publish->qos > 0) pair.in_flight[publish->id] = passed_.size();
          passed_.push_back({pair.number, publish->payload, publish->dup, Clock::now(), false});
          if (on_publish_) decision = on_publish_(passed_.size());
        }
      }
    } else if (packet->type == Type::puback || packet->type == Type::pubcomp) {
      if (const auto ack = parse_acknowledgement(*packet, pair.version)) {
        const auto found = pair.in_flight.find(ack->id);
        if (found != pair.in_flight.end() && ack->code < 0x80) {
          passed_[found->second].acknowledged = true;
          pair.in_flight.erase(found);
          ++acknowledged_;
          if (on_acknowledgement_) decision = on_acknowledgement_(acknowledged_);
        }
      }
    }
    if (decision == Do::die) {
      die_locked();
      return false;
    }
    if (decision == Do::finish) {
      finish_locked();
      return true;
    }
    if (decision == Do::swallow) {
      pair.swallowed = true;
      return true;
    }
    if (decision == Do::drop) continue;
    const std::string bytes = encode(packet->type, packet->flags, packet->body);
    if (decision == Do::swap) {
      to.held += bytes;
    } else {
      to.out += bytes + std::exchange(to.held, {});
    }
  }
  return true;
}

bool RecordingProxy::flush(Half& half) {
  while (!half.out.empty()) {
    const ssize_t n = ::write(half.fd.get(), half.out.data(), half.out.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno == EAGAIN;
    half.out.erase(0, static_cast<std::size_t>(n));
  }
  return true;
}

void RecordingProxy::run() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    std::vector<pollfd> fds{{waker_.fd(), POLLIN, 0}};
    if (!stalled_) {
      if (listener_) fds.push_back({listener_.get(), POLLIN, 0});
      for (const Pair& pair : pairs_) {
        const auto events = [](const Half& own, const Half& other) {
          return static_cast<short>((other.out.size() > full ? 0 : POLLIN) |
                                    (own.out.empty() ? 0 : POLLOUT));
        };
        fds.push_back({pair.client.fd.get(), events(pair.client, pair.server), 0});
        fds.push_back({pair.server.fd.get(), events(pair.server, pair.client), 0});
      }
    }
    lock.unlock();
    ::poll(fds.data(), fds.size(), -1);
    lock.lock();
    waker_.drain();
    if (!stalled_) {
      accept_waiting();
      for (Pair& pair : pairs_) {
        if (pair.gone) continue;
        // The bytes of the server first: an acknowledgement that it sent before it died counts.
        const bool server_alive = pair.finished || pump(pair, false);
        const bool client_alive = !pair.gone && pump(pair, true);
        if (pair.gone) continue;
        const bool sent_to_client = pair.finished || flush(pair.client);
        const bool sent_to_server = pair.finished || flush(pair.server);
        if (!server_alive || !client_alive || !sent_to_client || !sent_to_server) pair.gone = true;
      }
    }
    pairs_.remove_if([](const Pair& pair) { return pair.gone; });
  }
}

}  // namespace rig
