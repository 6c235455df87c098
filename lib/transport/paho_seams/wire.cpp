// SPDX-License-Identifier: Apache-2.0
#include "transport/paho_seams/wire.hpp"

#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "transport/paho_seams/real.hpp"
#include "transport/paho_seams/registry.hpp"
#include "transport/paho_seams/run_thread.hpp"

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

}  // namespace

TimePoint wire_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return TimePoint(std::chrono::duration_cast<Duration>(std::chrono::seconds(now.tv_sec) +
                                                        std::chrono::nanoseconds(now.tv_nsec)));
}

Wire::Wire(int fd, Duration keepalive, bool hold, std::function<void()> stir,
           std::function<void(Phase)> reached, std::unique_ptr<WebSocket> web)
    : fd_(fd),
      made_at_(wire_now()),
      hold_(hold),
      stir_(std::move(stir)),
      reached_(std::move(reached)),
      web_(std::move(web)),
      keepalive_(keepalive, made_at_) {
  const auto now = made_at_.time_since_epoch().count();
  last_received_ = now;
  last_sent_ = now;
  bound_sending(keepalive);
}

Wire::~Wire() = default;

void Wire::append(const iovec* pieces, int count) {
  std::size_t total = 0;
  for (int i = 0; i < count; ++i) total += pieces[i].iov_len;
  if (total == 0) return;
  const auto first = *static_cast<const std::uint8_t*>(pieces[0].iov_base);
  bool begins = false;
  {
    const std::lock_guard lock(out_mutex_);
    if (broken_) return;
    if (hold_ && held_.take(pieces, count, total)) return;
    if (first == kConnect && !spoke_) {
      spoke_at_ = wire_now().time_since_epoch().count();
      spoke_ = true;
      begins = true;
    }
    if (first == kSubscribe || first == kUnsubscribe) {
      filter_.expect_answer_to(joined(pieces, count));
    }
    if (first == kPingreq) filter_.expect_pingresp();
    append_locked(pieces, count, total);
  }
  if (begins && reached_) reached_(web_ ? Phase::ws : Phase::connack);
}

void Wire::append_locked(const iovec* pieces, int count, std::size_t total) {
  if (web_) {
    web_->put(out_, pieces, count);
    return appended_locked();
  }
  std::size_t taken = 0;
  // A large packet goes straight to the kernel when nothing is queued before it.
  if (total >= kFlushBytes && out_head_ == out_.size() && ssl_ == nullptr && attached_) {
    const TimePoint before = wire_now();
    const ssize_t sent = __real_writev(fd_, pieces, count);
    if (sent > 0) {
      taken = static_cast<std::size_t>(sent);
      note_sent(before);
    } else if (sent < 0 && errno != EAGAIN && errno != EINTR) {
      broken_locked(errno);
      return;
    }
  }
  for (int i = 0; i < count; ++i) {
    const auto* data = static_cast<const char*>(pieces[i].iov_base);
    const std::size_t skip = std::min(taken, pieces[i].iov_len);
    taken -= skip;
    out_.insert(out_.end(), data + skip, data + pieces[i].iov_len);
  }
  appended_locked();
}

void Wire::appended_locked() {
  backlog_ = out_.size() - out_head_;
  // An incomplete write waits for POLLOUT; trying again at each append would only cost.
  if (backlog_ >= kFlushBytes && !crowded_) send_locked();
  if (backlog_ > kBacklogBytes) crowded_ = true;
}

void Wire::flush() {
  bool room = false;
  {
    const std::lock_guard lock(out_mutex_);
    if (out_head_ != out_.size()) send_locked();
    if (crowded_ && backlog_ < kBacklogBytes / 2) {
      crowded_ = false;
      room = true;
    }
    if (finish_ && out_head_ == out_.size() && attached_) {
      finish_ = false;
      ::shutdown(fd_, SHUT_WR);
    }
  }
  if (room && stir_) stir_();
}

// The time of sending is that before it: by the time that send(2) is back, the answer may have been
// read, and confirm_receipt() would take it for acknowledged.
void Wire::send_locked() {
  const TimePoint before = wire_now();
  bool sent_some = false;
  while (attached_ && !broken_ && out_head_ < out_.size()) {
    const char* data = out_.data() + out_head_;
    const std::size_t size = out_.size() - out_head_;
    std::ptrdiff_t sent = 0;
    if (ssl_ != nullptr) {
      ERR_clear_error();
      sent = __real_SSL_write(ssl_, data, static_cast<int>(std::min<std::size_t>(size, 1U << 30U)));
      if (sent <= 0) {
        const int error = __real_SSL_get_error(ssl_, static_cast<int>(sent));
        ERR_clear_error();
        if (error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ) break;
        broken_locked(EPIPE);
        break;
      }
    } else {
      sent = ::send(fd_, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0) {
        if (errno == EINTR) continue;
        if (errno != EAGAIN) broken_locked(errno);
        break;
      }
    }
    sent_some = true;
    out_head_ += static_cast<std::size_t>(sent);
  }
  if (out_head_ == out_.size()) {
    out_.clear();
    out_head_ = 0;
    // One giant message must not keep its memory for the rest of the run.
    if (out_.capacity() > 4 * kBacklogBytes) out_.shrink_to_fit();
  } else if (out_head_ > kBacklogBytes && out_head_ >= out_.size() / 2) {
    // Not sooner, or each piece that goes of a giant message would move all the rest.
    out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(out_head_));
    out_head_ = 0;
  }
  backlog_ = out_.size() - out_head_;
  if (sent_some) note_sent(before);
  // The receive thread waits for room, but not in the poll(2) that it began before there was none.
  const bool full = backlog_ != 0;
  if (full && !std::exchange(full_, full) && !is_receiver()) wake_receiver();
  full_ = full;
}

void Wire::note_sent(TimePoint at) {
  last_sent_ = at.time_since_epoch().count();
  const std::lock_guard lock(life_mutex_);
  keepalive_.sent(at);
}

// The reading side will see the reason; Paho must not, for a failed QoS > 0 write makes it free the
// payload twice (upstream issues 1621 and 1622).
void Wire::broken_locked(int error) {
  broken_ = true;
  errno_ = error;
  out_.clear();
  out_head_ = 0;
  backlog_ = 0;
  if (attached_) ::shutdown(fd_, SHUT_RDWR);
}

void Wire::put_ack_locked(HeldAcknowledgements::Packet packet) {
  const iovec piece{packet.data(), packet.size()};
  if (!broken_) append_locked(&piece, 1, packet.size());
}

void Wire::claim(std::uint16_t packet_id) {
  const std::lock_guard lock(out_mutex_);
  held_.claim(packet_id);
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

std::string Wire::connack() const {
  const std::lock_guard lock(out_mutex_);
  return connack_;
}

std::string Wire::refused_bytes() const {
  const std::lock_guard lock(out_mutex_);
  return refused_;
}

UpgradeFailure Wire::web_end() const {
  if (!web_) return {};
  const std::lock_guard lock(out_mutex_);
  return web_->why_ended();
}

void Wire::note_end(WireEnd end, int error) {
  WireEnd expected = WireEnd::open;
  if (end_.compare_exchange_strong(expected, end) && error != 0) errno_ = error;
}

void Wire::tell_news() {
  if (news_.load(std::memory_order_relaxed) && news_.exchange(false) && stir_) stir_();
}

void Wire::shut() {
  const std::lock_guard lock(out_mutex_);
  note_end(WireEnd::shut, 0);
  if (attached_) ::shutdown(fd_, SHUT_RDWR);
}

void Wire::finish_writing() {
  if (web_) {
    const std::lock_guard lock(out_mutex_);
    web_->close(out_);
    backlog_ = out_.size() - out_head_;
  }
  finish_ = true;
  flush();
}

void Wire::detach() {
  const std::lock_guard lock(out_mutex_);
  attached_ = false;
  ssl_ = nullptr;
  out_.clear();
  out_head_ = 0;
  backlog_ = 0;
}

void Wire::attach_tls(SSL* ssl) {
  const std::lock_guard lock(out_mutex_);
  ssl_ = ssl;
}

void Wire::detach_tls() {
  attach_tls(nullptr);
}

void Wire::set_tls_failure(std::string text) {
  const std::lock_guard lock(out_mutex_);
  tls_failure_ = std::move(text);
}

std::string Wire::tls_failure() const {
  const std::lock_guard lock(out_mutex_);
  return tls_failure_;
}

void Wire::set_tls_facts(std::string version, std::string not_after, bool resumed) {
  tls_resumed_ = resumed;
  const std::lock_guard lock(out_mutex_);
  tls_version_ = std::move(version);
  tls_not_after_ = std::move(not_after);
}

std::string Wire::tls_version() const {
  const std::lock_guard lock(out_mutex_);
  return tls_version_;
}

std::string Wire::tls_not_after() const {
  const std::lock_guard lock(out_mutex_);
  return tls_not_after_;
}

}  // namespace mqfail
