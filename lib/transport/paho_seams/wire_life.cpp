// SPDX-License-Identifier: Apache-2.0
// The wire's part in life and silence: does what keepalive.hpp says is due, and has TCP acknowledge
// what was read.
#include <linux/sockios.h>
#include <linux/tcp.h>  // its tcp_info is longer than that of netinet/tcp.h
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <climits>
#include <utility>

#include "transport/paho_seams/real.hpp"
#include "transport/paho_seams/wire.hpp"

namespace mqfail {
namespace {

// What the other end's TCP has taken so far (bytes); 0 if it is no TCP.
std::uint64_t taken_by_peer(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
  return info.tcpi_bytes_acked;
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

TimePoint Wire::next_look() const {
  const std::lock_guard lock(life_mutex_);
  return keepalive_.deadline();
}

void Wire::keep_alive(TimePoint now) {
  if (!spoke_ || end_ != WireEnd::open) return;
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
  pollfd unread{fd_, POLLIN, 0};
  if (__real_poll(&unread, 1, 0) > 0) return;
  if (question_is_late()) {
    const std::lock_guard lock(life_mutex_);
    keepalive_.excuse(now);
    return;
  }
  note_end(WireEnd::silent, 0);
  shut();
}

// A PINGREQ waits behind all that was published before it. Over a slow line that may take longer
// than the silence that is a loss, and a server cannot answer what it has not got. TCP says how
// much has got there; a server that has stopped takes no more than its buffer holds.
void Wire::note_question() {
  const std::lock_guard lock(out_mutex_);
  if (!attached_) return;
  int queued = 0;
  ioctl(fd_, SIOCOUTQ, &queued);
  taken_ = taken_by_peer(fd_);
  question_ends_ = taken_ + static_cast<std::uint64_t>(queued) + backlog_;
  question_late_ = false;
}

// Either it has come nearer to the server since the last look, or it has got there since then.
bool Wire::question_is_late() {
  const std::lock_guard lock(out_mutex_);
  if (!attached_ || question_ends_ == 0) return false;
  const std::uint64_t taken = taken_by_peer(fd_);
  const bool nearer = taken > std::exchange(taken_, taken);
  if (taken < question_ends_) return question_late_ = nearer;
  question_ends_ = 0;
  return std::exchange(question_late_, false);
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
  if (asks) note_question();
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
