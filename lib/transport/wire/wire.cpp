// SPDX-License-Identifier: Apache-2.0
// The outgoing half of the wire, and its end.
#include "transport/wire/wire.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "transport/wire/clock.hpp"

namespace mqfail {
namespace {

constexpr std::uint8_t kConnect = 0x10;
constexpr std::uint8_t kSubscribe = 0x82;
constexpr std::uint8_t kUnsubscribe = 0xA2;
constexpr std::uint8_t kPingreq = 0xC0;

std::string joined(const iovec* pieces, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) {
    all.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
  }
  return all;
}

// As writev(2), which the linker sends through a seam.
std::ptrdiff_t send_pieces(int fd, const iovec* pieces, int count) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces);
  message.msg_iovlen = static_cast<std::size_t>(count);
  return ::sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace

Wire::Wire(int fd, Duration keepalive, bool hold, WireCallbacks callbacks,
           std::unique_ptr<WebSocket> web)
    : fd_(fd),
      made_at_(wire_now()),
      hold_(hold),
      callbacks_(std::move(callbacks)),
      web_(std::move(web)),
      keepalive_(keepalive, made_at_),
      last_received_(made_at_),
      last_sent_(made_at_) {
  bound_sending(keepalive);
}

Wire::~Wire() = default;

void Wire::append(const iovec* pieces, int count, std::shared_ptr<const void> lent) {
  std::size_t total = 0;
  for (int i = 0; i < count; ++i) total += pieces[i].iov_len;
  if (total == 0) return;
  const auto first = *static_cast<const std::uint8_t*>(pieces[0].iov_base);
  bool begins = false;
  {
    const std::lock_guard lock(out_mutex_);
    if (broken_) return;
    if (hold_ && held_.take(pieces, count, total)) return;
    if (first == kConnect && spoke_at_.load() == TimePoint()) {
      spoke_at_ = wire_now();
      out_.keep_secret();
      begins = true;
    }
    if (first == kSubscribe || first == kUnsubscribe) {
      filter_.expect_answer_to(joined(pieces, count));
    }
    if (first == kPingreq) filter_.expect_pingresp();
    append_locked(pieces, count, total, std::move(lent));
  }
  if (begins && callbacks_.reached) callbacks_.reached(web_ ? Phase::ws : Phase::connack);
}

void Wire::append_locked(const iovec* pieces, int count, std::size_t total,
                         std::shared_ptr<const void> lent) {
  if (web_) {
    web_->put(out_.bytes(), pieces, count);
    return appended_locked();
  }
  std::size_t taken = 0;
  // A large packet goes straight to the kernel when nothing is queued before it.
  if (total >= kFlushBytes && out_.empty() && ssl_ == nullptr && attached_) {
    const TimePoint before = wire_now();
    const std::ptrdiff_t sent = send_pieces(fd_, pieces, count);
    if (sent > 0) {
      taken = static_cast<std::size_t>(sent);
      note_sent(before);
    } else if (sent < 0 && errno != EAGAIN && errno != EINTR) {
      broken_locked(errno);
      return;
    }
  }
  out_.append(pieces, count, taken, std::move(lent));
  appended_locked();
}

void Wire::appended_locked() {
  backlog_ = out_.size();
  // An incomplete write waits for POLLOUT; trying again at each append would only cost.
  if (backlog_ >= kFlushBytes && !crowded_) send_locked();
  if (backlog_ > kBacklogBytes) crowded_ = true;
}

void Wire::flush() {
  bool room = false;
  {
    const std::lock_guard lock(out_mutex_);
    if (!out_.empty()) send_locked();
    if (crowded_ && backlog_ < kBacklogBytes / 2) {
      crowded_ = false;
      room = true;
    }
    if (finish_ && out_.empty() && attached_) {
      finish_ = false;
      ::shutdown(fd_, SHUT_WR);
    }
  }
  if (room && callbacks_.wake) callbacks_.wake();
}

// The time of sending is that before it: by the time that send(2) is back, the answer may have been
// read, and confirm_receipt() would take it for acknowledged.
void Wire::send_locked() {
  const TimePoint before = wire_now();
  bool sent_some = false;
  while (attached_ && !broken_ && !out_.empty()) {
    const std::string_view waiting = out_.waiting();
    std::ptrdiff_t sent = 0;
    if (ssl_ != nullptr) {
      sent = tls_write(ssl_, waiting.data(), waiting.size());
      if (sent < 0) broken_locked(EPIPE);
    } else {
      sent = ::send(fd_, waiting.data(), waiting.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0 && errno != EAGAIN) broken_locked(errno);
    }
    if (sent <= 0) break;
    sent_some = true;
    out_.sent(static_cast<std::size_t>(sent));
  }
  backlog_ = out_.size();
  if (sent_some) note_sent(before);
  const bool full = backlog_ != 0;
  if (full && !std::exchange(full_, full) && callbacks_.full) callbacks_.full();
  full_ = full;
}

void Wire::note_sent(TimePoint at) {
  last_sent_ = at;
  const std::lock_guard lock(life_mutex_);
  keepalive_.sent(at);
}

// The reading side will see the reason; Paho must not, for a failed QoS > 0 write makes it free the
// payload twice (upstream issues 1621 and 1622).
void Wire::broken_locked(int error) {
  broken_ = true;
  errno_ = error;
  out_.clear();
  backlog_ = 0;
  if (attached_) ::shutdown(fd_, SHUT_RDWR);
}

void Wire::put_ack_locked(HeldAcknowledgements::Packet packet) {
  const iovec piece{packet.data(), packet.size()};
  // A server that keeps to Receive Maximum never waits for so many.
  if (!broken_ && backlog_ > kMostAcknowledgements) {
    note_end(WireEnd::error, EOVERFLOW);
    broken_locked(EOVERFLOW);
  }
  if (!broken_) append_locked(&piece, 1, packet.size());
}

void Wire::repeat_pubrec(std::uint16_t packet_id) {
  const std::lock_guard lock(out_mutex_);
  if (held_.holds(packet_id)) return;
  put_ack_locked({0x50, 2, static_cast<std::uint8_t>(packet_id >> 8U),
                  static_cast<std::uint8_t>(packet_id & 0xFFU)});
}

void Wire::claim(std::uint16_t packet_id) {
  const std::lock_guard lock(out_mutex_);
  held_.claim(packet_id);
}

void Wire::pass(std::uint16_t packet_id) {
  const std::lock_guard lock(out_mutex_);
  held_.pass(packet_id, [this](const auto& packet) { put_ack_locked(packet); });
}

void Wire::release(std::span<const std::uint16_t> packet_ids) {
  const std::lock_guard lock(out_mutex_);
  for (const std::uint16_t id : packet_ids) {
    held_.release(id, [this](const auto& packet) { put_ack_locked(packet); });
  }
}

void Wire::release_orphans() {
  if (!hold_) return;
  const std::lock_guard lock(out_mutex_);
  held_.release_orphans([this](const auto& packet) { put_ack_locked(packet); });
}

void Wire::finish_writing() {
  if (web_) {
    const std::lock_guard lock(out_mutex_);
    web_->close(out_.bytes());
    backlog_ = out_.size();
  }
  finish_ = true;
  flush();
}

void Wire::note_end(WireEnd end, int error) {
  WireEnd expected = WireEnd::open;
  if (end_.compare_exchange_strong(expected, end) && error != 0) errno_ = error;
}

void Wire::shut() {
  const std::lock_guard lock(out_mutex_);
  note_end(WireEnd::shut, 0);
  if (attached_) ::shutdown(fd_, SHUT_RDWR);
}

void Wire::detach() {
  const std::lock_guard lock(out_mutex_);
  attached_ = false;
  ssl_ = nullptr;
  out_.clear();
  backlog_ = 0;
}

void Wire::attach_tls(ssl_st* ssl, TlsFacts facts) {
  const std::lock_guard lock(out_mutex_);
  ssl_ = ssl;
  tls_ = std::move(facts);
}

// What waits, such as a DISCONNECT, leaves through TLS or not at all.
void Wire::detach_tls() {
  const std::lock_guard lock(out_mutex_);
  if (ssl_ != nullptr && end_ == WireEnd::open) send_locked();
  ssl_ = nullptr;
  broken_ = true;
  out_.clear();
  backlog_ = 0;
}

void Wire::set_tls_failure(std::string text) {
  const std::lock_guard lock(out_mutex_);
  tls_failure_ = std::move(text);
}

std::string Wire::tls_failure() const {
  const std::lock_guard lock(out_mutex_);
  return tls_failure_;
}

// What the packet filter has found does not change any more once the end tells of it.
WireFacts Wire::facts() const {
  WireFacts facts;
  facts.end = end_;
  facts.error = errno_;
  facts.made = made_at_;
  facts.spoke = spoke_at_;
  facts.web = web_since_;
  if (facts.end == WireEnd::nonsense) facts.flaw = filter_.flaw();
  if (facts.end == WireEnd::disconnect) facts.disconnect_packet = *filter_.disconnect_packet();
  const std::lock_guard lock(out_mutex_);
  facts.tls = tls_;
  facts.tls_failure = tls_failure_;
  facts.connack = connack_;
  facts.first_bytes = first_bytes_;
  if (web_) facts.web_failure = web_->why_ended();
  return facts;
}

}  // namespace mqfail
