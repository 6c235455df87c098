// SPDX-License-Identifier: Apache-2.0
// The wire's part in life and silence: does what keepalive.hpp says is due, and has TCP acknowledge
// what was read.
#include <linux/sockios.h>
#include <linux/tcp.h>  // its tcp_info is longer than that of netinet/tcp.h
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <climits>
#include <utility>

#include "transport/wire/clock.hpp"
#include "transport/wire/wire.hpp"

namespace mqfail {
namespace {

// What the other end's TCP has taken so far (bytes); 0 if it is no TCP.
std::uint64_t taken_by_peer(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
  return info.tcpi_bytes_acked;
}

// As poll(2), which the linker sends through a seam.
bool has_unread(int fd) {
  pollfd one{fd, POLLIN, 0};
  const timespec at_once{};
  return ppoll(&one, 1, &at_once, nullptr) > 0;
}

}  // namespace

void Wire::promise_keepalive(Duration server) {
  Duration period{};
  {
    const std::lock_guard lock(life_mutex_);
    keepalive_.promise(server);
    period = keepalive_.period();
  }
  bound_sending(period);
}

// While reading is paused silence is no loss; then this finds a network that takes nothing any more
// (failover.md section 3 has 1.5 x keepalive for the rest).
void Wire::bound_sending(Duration keepalive) {
  const int bound = static_cast<int>(std::min<std::int64_t>(milliseconds(2 * keepalive), INT_MAX));
  setsockopt(fd_, IPPROTO_TCP, TCP_USER_TIMEOUT, &bound, sizeof bound);
}

Wire::Wait Wire::prepare_to_wait(TimePoint now) {
  tell_news();
  release_orphans();
  flush();
  keep_alive(now);
  Wait wait{};
  {
    const std::lock_guard lock(life_mutex_);
    wait.until = keepalive_.deadline();
  }
  wait.to_read = !paused();
  wait.to_write = backlog() != 0;
  wait.large = ahead_.large();
  wait.awaited = awaited_.load(std::memory_order_relaxed);
  return wait;
}

void Wire::tell_news() {
  if (news_.load(std::memory_order_relaxed) && news_.exchange(false) && callbacks_.wake) {
    callbacks_.wake();
  }
}

void Wire::keep_alive(TimePoint now) {
  if (spoke_at_.load() == TimePoint() || end_ != WireEnd::open) return;
  Keepalive::Due due{};
  {
    const std::lock_guard lock(life_mutex_);
    due = keepalive_.due(now);
  }
  if (due == Keepalive::Due::nothing) return;
  if (due == Keepalive::Due::ping) {
    ping();
    flush();
    return;
  }
  // What is here and not read yet speaks first: we may have been stopped for longer than the server
  // was silent.
  if (has_unread(fd_)) return;
  if (ping_is_late()) {
    const std::lock_guard lock(life_mutex_);
    keepalive_.excuse(now);
    return;
  }
  note_end(WireEnd::silent, 0);
  shut();
}

TimePoint Wire::ping_if_late(TimePoint now) {
  const auto late = [this] {
    const std::lock_guard lock(life_mutex_);
    return keepalive_.overdue();
  };
  if (spoke_at_.load() == TimePoint() || end_ != WireEnd::open) return TimePoint::max();
  if (now >= late()) {
    ping();
    flush();
  }
  return late();
}

void Wire::note_ping_on_its_way() {
  const std::lock_guard lock(out_mutex_);
  if (!attached_) return;
  int queued = 0;
  ioctl(fd_, SIOCOUTQ, &queued);
  progress_.asked(taken_by_peer(fd_), static_cast<std::uint64_t>(queued) + backlog_);
}

bool Wire::ping_is_late() {
  const std::lock_guard lock(out_mutex_);
  return attached_ && progress_.is_late(taken_by_peer(fd_));
}

TimePoint Wire::last_life() const {
  const std::lock_guard lock(life_mutex_);
  return keepalive_.life();
}

// A server with Nagle's algorithm (mosquitto's default) holds its next packets until TCP has
// acknowledged the last one, which by itself takes 40 ms when there is nothing to send. Until then
// they gather there, so this is called once before each wait and not after each read: whatever the
// server had to say in between comes in one segment, which spares both sides.
void Wire::confirm_receipt() {
  if (!std::exchange(unconfirmed_, false)) return;
  if (last_sent_.load() > last_received_.load()) return;
  // Even: one acknowledgement now, and delayed ones again from then on (tcp_sock_set_quickack() in
  // Linux). An odd number would have each read acknowledge at once.
  const int now = 2;
  setsockopt(fd_, IPPROTO_TCP, TCP_QUICKACK, &now, sizeof now);
}

std::uint64_t Wire::ping() {
  static constexpr std::array<std::uint8_t, 2> kPingreq{0xC0, 0};
  const std::uint64_t ordinal = ++pings_;
  bool asks = false;
  {
    const std::lock_guard lock(life_mutex_);
    asks = keepalive_.pinged(wire_now());
  }
  append(kPingreq.data(), kPingreq.size());
  if (asks) note_ping_on_its_way();
  return ordinal;
}

void Wire::pong() {
  ++pongs_;
  {
    const std::lock_guard lock(life_mutex_);
    keepalive_.answered();
  }
  note_news();
}

void Wire::pause(bool on) {
  {
    const std::lock_guard lock(life_mutex_);
    keepalive_.pause(on, wire_now());
  }
  paused_.store(on, std::memory_order_release);
}

}  // namespace mqfail
