// SPDX-License-Identifier: Apache-2.0
#include "transport/direct/direct_transport.hpp"

#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "transport/wire/clock.hpp"

namespace mqfail {
namespace {

// What the poll set calls the two descriptors that belong to no attempt.
constexpr std::uint64_t kNames = UINT64_MAX, kInterrupt = UINT64_MAX - 1;

void add(int poll_set, int fd, std::uint64_t name, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = name;
  if (epoll_ctl(poll_set, EPOLL_CTL_ADD, fd, &event) != 0 && errno == EEXIST)
    epoll_ctl(poll_set, EPOLL_CTL_MOD, fd, &event);
}

std::uint32_t epoll_events(short events) {
  return ((events & POLLIN) != 0 ? EPOLLIN : 0U) | ((events & POLLOUT) != 0 ? EPOLLOUT : 0U);
}

}  // namespace

Result<std::unique_ptr<DirectTransport>> DirectTransport::make() {
  Descriptor poll_set(epoll_create1(EPOLL_CLOEXEC));
  int error = errno;
  if (poll_set) {
    std::unique_ptr<DirectTransport> made(new DirectTransport(std::move(poll_set)));
    error = made->ground_.names.error();
    if (error == 0) {
      add(made->poll_set_.get(), made->ground_.names.fd(), kNames, EPOLLIN);
      return made;
    }
  }
  return Error{ErrorKind::internal, std::string("no descriptor to wait with: ") + strerror(error),
               "raise the limit of open files (ulimit -n)"};
}

void DirectTransport::touch(AttemptId attempt, Held& held) {
  if (!std::exchange(held.touched, true)) touched_.push_back(attempt);
}

void DirectTransport::prepare(const ServerList& servers) {
  const TlsSettings* last = nullptr;  // mostly they are the same for all
  for (const Server& server : servers) {
    if (!is_tls(server.scheme) || (last != nullptr && *last == server.tls)) continue;
    ground_.tls.prepare(server.tls);
    last = &server.tls;
  }
}

void DirectTransport::connect(AttemptId attempt, const Server& server,
                              const ConnectSettings& settings, Protocol protocol) {
  const auto at = held_.try_emplace(
      attempt, std::make_unique<DirectConnection>(attempt, server, settings, protocol, ground_));
  touch(attempt, at.first->second);
}

void DirectTransport::subscribe(AttemptId attempt, const std::vector<std::string>& filters,
                                int qos) {
  const auto found = held_.find(attempt);
  if (found == held_.end()) return;
  found->second.connection->subscribe(filters, qos);
  touch(attempt, found->second);
}

void DirectTransport::ping(AttemptId attempt) {
  const auto found = held_.find(attempt);
  if (found == held_.end()) return;
  found->second.connection->ping();
  touch(attempt, found->second);
}

std::uint16_t DirectTransport::publish(AttemptId attempt, const Message& message) {
  const auto found = held_.find(attempt);
  if (found == held_.end()) return 0;
  touch(attempt, found->second);
  return found->second.connection->publish(message);
}

void DirectTransport::leave(AttemptId attempt) {
  const auto found = held_.find(attempt);
  if (found == held_.end()) return;
  found->second.connection->leave();
  held_.erase(found);
  std::erase_if(ground_.events, [&](const DirectEvent& one) { return one.attempt == attempt; });
}

// A descriptor that was closed has left the poll set by itself.
void DirectTransport::watch(AttemptId attempt, Held& held) {
  const auto& wanted = held.connection->wanted();
  if (!held.connection->has_new_descriptors() && wanted == held.watched) return;
  for (const auto& [fd, events] : wanted)
    add(poll_set_.get(), fd, static_cast<std::uint64_t>(attempt), epoll_events(events));
  held.watched = wanted;
}

// Before a wait: everything that was touched says what it waits for.
void DirectTransport::settle(TimePoint now) {
  for (const AttemptId attempt : std::exchange(touched_, {})) {
    const auto found = held_.find(attempt);
    if (found == held_.end()) continue;
    found->second.touched = false;
    found->second.connection->before_wait(now);
    watch(attempt, found->second);
  }
}

TimePoint DirectTransport::next_deadline() const {
  TimePoint next = TimePoint::max();
  for (const auto& [attempt, held] : held_) next = std::min(next, held.connection->deadline());
  return next;
}

bool DirectTransport::turn(TimePoint until, int interrupt_fd) {
  if (std::exchange(interrupt_fd_, interrupt_fd) != interrupt_fd && interrupt_fd >= 0)
    add(poll_set_.get(), interrupt_fd, kInterrupt, EPOLLIN);
  settle(wire_now());
  std::array<epoll_event, 256> ready{};
  int wait_ms = 0;
  if (ground_.events.empty()) {
    const Duration left = std::min(until, next_deadline()) - wire_now();
    const auto ms = left > Duration::zero() ? milliseconds(left) + 1 : 0;
    wait_ms = static_cast<int>(std::min<std::int64_t>(ms, 3'600'000));
  }
  const int count =
      epoll_wait(poll_set_.get(), ready.data(), static_cast<int>(ready.size()), wait_ms);
  const TimePoint now = wire_now();
  bool interrupted = false, resolved = false;
  for (int i = 0; i < count; ++i) {
    const std::uint64_t name = ready[static_cast<std::size_t>(i)].data.u64;
    interrupted = interrupted || name == kInterrupt;
    resolved = resolved || name == kNames;
    const auto found = held_.find(static_cast<AttemptId>(name));
    if (found == held_.end()) continue;
    found->second.connection->advance(now);
    touch(found->first, found->second);
  }
  if (resolved) ground_.names.drain();
  for (auto& [attempt, held] : held_) {
    if (held.connection->deadline() > now && !(resolved && held.connection->looks_up())) continue;
    held.connection->advance(now);
    touch(attempt, held);
  }
  return !interrupted;
}

std::vector<DirectEvent> DirectTransport::take_events() {
  return std::exchange(ground_.events, {});
}

}  // namespace mqfail
