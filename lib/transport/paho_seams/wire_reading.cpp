// SPDX-License-Identifier: Apache-2.0
// The incoming half of the wire: from the socket through TLS and WebSocket, past the gate, to Paho.
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "transport/paho_seams/real.hpp"
#include "transport/paho_seams/wire.hpp"

namespace mqfail {
namespace {

constexpr std::size_t kFirstBytes = 16;
constexpr std::size_t kLengthBytes = 4;  // more is asked for at once only of a packet's body
constexpr std::size_t kLargeBody = 16384;
constexpr std::size_t kLargeAhead = 2048;

}  // namespace

std::ptrdiff_t Wire::read(void* into, std::size_t size) {
  if (size == 0) return 0;
  // Behind a large body comes perhaps another: then little more than its head is read ahead, and
  // the body goes straight to where it is wanted.
  const bool is_body = size > kLengthBytes;
  if (ahead_size_ == 0) {
    const std::size_t most = large_ ? kLargeAhead : kReadBytes;
    if (size >= most) {
      large_ = size >= kLargeBody;
      return receive(into, size);
    }
    if (!ahead_) ahead_ = std::make_unique_for_overwrite<char[]>(kReadBytes);
    const std::ptrdiff_t got = receive(ahead_.get(), most);
    if (got <= 0) return got;
    ahead_head_ = 0;
    ahead_size_ = static_cast<std::size_t>(got);
  }
  if (is_body) large_ = size >= kLargeBody;
  const std::size_t taken = std::min(size, ahead_size_);
  std::memcpy(into, ahead_.get() + ahead_head_, taken);
  ahead_head_ += taken;
  ahead_size_ -= taken;
  return static_cast<std::ptrdiff_t>(taken);
}

std::ptrdiff_t Wire::receive_raw(void* into, std::size_t size) {
  std::ptrdiff_t got = 0;
  if (ssl_ != nullptr) {
    const TlsRead read = tls_read(*this, into, size);
    got = read.got;
    if (got == 0) note_end(WireEnd::end_of_stream, 0);
    if (read.fatal) note_end(WireEnd::error, ECONNRESET);
    // OpenSSL gives a record at a time, and a server may put each packet into one of its own. What
    // ends the loop, if not a full buffer, OpenSSL says again when it is asked next.
    tls_more_ = got > 0;
    while (tls_more_ && static_cast<std::size_t>(got) < size) {
      const auto have = static_cast<std::size_t>(got);
      const TlsRead next = tls_read(*this, static_cast<char*>(into) + have, size - have);
      tls_more_ = next.got > 0;
      if (tls_more_) got += next.got;
    }
  } else {
    got = __real_recv(fd_, into, size, 0);
    const int error = errno;
    if (got == 0) note_end(WireEnd::end_of_stream, 0);
    if (got < 0 && error != EAGAIN && error != EINTR) note_end(WireEnd::error, error);
    errno = error;
  }
  if (got > 0) {
    unconfirmed_ = true;
    last_received_ = wire_now().time_since_epoch().count();
  }
  return got;
}

// What came in frames: the MQTT in it, if any yet. A pong or a Close leaves with the next flush.
std::ptrdiff_t Wire::unwrap(char* bytes, std::size_t size) {
  const bool was_open = web_->open();
  std::size_t got = 0;
  {
    const std::lock_guard lock(out_mutex_);
    got = web_->take(bytes, size, out_, crowded_);
    backlog_ = out_.size() - out_head_;
  }
  if (!was_open && web_->open()) {
    web_since_ = wire_now().time_since_epoch().count();
    if (reached_) reached_(Phase::connack);
  }
  if (got > 0 || !web_->ended()) {
    errno = EAGAIN;
    return got > 0 ? static_cast<std::ptrdiff_t>(got) : -1;
  }
  flush();
  errno = EPROTO;
  if (web_->closing()) {
    note_end(WireEnd::end_of_stream, 0);
    return 0;
  }
  note_end(web_->refused() ? WireEnd::refused : WireEnd::nonsense, 0);
  return -1;
}

std::ptrdiff_t Wire::receive(void* into, std::size_t size) {
  auto* const bytes = static_cast<char*>(into);
  std::ptrdiff_t got = 0;
  if (web_ && web_->ended()) {
    got = unwrap(bytes, 0);
  } else {
    got = receive_raw(into, size);
    if (web_ && got > 0) got = unwrap(bytes, static_cast<std::size_t>(got));
  }
  if (got > 0 && !gate_.admit({static_cast<const char*>(into), static_cast<std::size_t>(got)})) {
    note_end(WireEnd::nonsense, 0);
    errno = EPROTO;
    return -1;
  }
  if (got > 0 && first_.size() < kFirstBytes) {
    const std::lock_guard lock(out_mutex_);
    first_.append(bytes, std::min(static_cast<std::size_t>(got), kFirstBytes - first_.size()));
  }
  return got;
}

std::size_t Wire::readable() {
  if (ahead_size_ != 0) return ahead_size_;
  if (kicked_ || (web_ && web_->ended())) return 1;
  return tls_more_ ? 1 : 0;
}

}  // namespace mqfail
