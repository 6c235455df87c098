// SPDX-License-Identifier: Apache-2.0
// The incoming half of the wire: from the socket through TLS and WebSocket, past the packet filter,
// to Paho.
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <utility>

#include "transport/wire/clock.hpp"
#include "transport/wire/wire.hpp"

namespace mqfail {
namespace {

constexpr std::size_t kFirstBytes = 16;
constexpr std::size_t kLengthBytes = 4;  // more is asked for at once only of a packet's body

}  // namespace

// Paho goes back to poll(2) when it gets less than it asked for, so all of a body that is here is
// given at once.
std::ptrdiff_t Wire::read(void* into, std::size_t size) {
  if (size == 0) return 0;
  const bool is_body = size > kLengthBytes;
  if (is_body) ahead_.expect_body(size);
  auto* const bytes = static_cast<char*>(into);
  const auto taken = static_cast<std::ptrdiff_t>(ahead_.take(bytes, size));
  if (static_cast<std::size_t>(taken) == size || (taken != 0 && !is_body)) return taken;
  const std::ptrdiff_t got = read_through(bytes + taken, size - static_cast<std::size_t>(taken));
  // An end that is no end of stream is told at once: what was read with it is not for Paho.
  if (taken == 0 || (got < 0 && end_ != WireEnd::open)) return got;
  return taken + std::max<std::ptrdiff_t>(got, 0);
}

// With nothing ahead: what is asked for, and with it what is behind it.
std::ptrdiff_t Wire::read_through(char* into, std::size_t size) {
  if (filter_.disconnect_packet() != nullptr) return nothing_more();
  if (end_ == WireEnd::nonsense) return fails_with(EPROTO);
  const std::span<char> room = ahead_.room();
  std::ptrdiff_t got = 0;
  std::size_t direct = 0;  // of these, where they are wanted
  if (ssl_ == nullptr && !web_) {
    got = receive_plain({iovec{into, size}, iovec{room.data(), room.size()}});
    direct = std::min(size, static_cast<std::size_t>(std::max<std::ptrdiff_t>(got, 0)));
  } else if (size >= room.size()) {
    got = receive_layered(into, size);
    direct = static_cast<std::size_t>(std::max<std::ptrdiff_t>(got, 0));
  } else {
    got = receive_layered(room.data(), room.size());
  }
  if (got <= 0) return got;
  const bool is_first = !std::exchange(has_read_, true);
  const std::size_t behind = static_cast<std::size_t>(got) - direct;
  const std::uint64_t ended = filter_.ended();
  const auto here = admit({into, direct});
  const auto later = admit({room.data(), behind});
  if (!here || !later) {
    const std::lock_guard lock(out_mutex_);
    if (is_first) {
      first_bytes_.assign(into, std::min(direct, kFirstBytes));
      first_bytes_.append(room.data(), std::min(behind, kFirstBytes));
    }
    end_reading_locked(WireEnd::nonsense);
    return fails_with(EPROTO);
  }
  note_life(static_cast<std::size_t>(got), filter_.ended() != ended);
  ahead_.filled(*later);
  if (*here != 0) return static_cast<std::ptrdiff_t>(*here);
  return *later != 0 ? static_cast<std::ptrdiff_t>(ahead_.take(into, size)) : nothing_more();
}

std::ptrdiff_t Wire::fails_with(int error) {
  errno = error;
  return -1;
}

// A DISCONNECT, or the beginning of one.
std::ptrdiff_t Wire::nothing_more() {
  if (filter_.disconnect_packet() == nullptr) return fails_with(EAGAIN);
  const std::lock_guard lock(out_mutex_);
  end_reading_locked(WireEnd::disconnect);
  return fails_with(ECONNRESET);
}

// An end that the server has not given to TCP. From here on poll(2) says that there is something to
// read: Paho may not see the end the first time, because its receive thread stops in between.
void Wire::end_reading_locked(WireEnd end) {
  note_end(end, 0);
  tls_more_ = false;
  if (attached_) ::shutdown(fd_, SHUT_RD);
}

std::ptrdiff_t Wire::receive_plain(const std::array<iovec, 2>& into) {
  const std::ptrdiff_t got = ::readv(fd_, into.data(), static_cast<int>(into.size()));
  const int error = errno;
  if (got > 0) note_received();
  if (got == 0) note_end(WireEnd::end_of_stream, 0);
  if (got < 0 && error != EAGAIN && error != EINTR) note_end(WireEnd::error, error);
  errno = error;
  return got;
}

TlsRead Wire::read_tls(void* into, std::size_t size) {
  const std::lock_guard lock(out_mutex_);
  if (ssl_ == nullptr) return {};
  TlsRead read = tls_read(ssl_, into, size);
  if (!read.alert.empty()) tls_failure_ = std::move(read.alert);
  return read;
}

std::ptrdiff_t Wire::receive_tls(void* into, std::size_t size) {
  const TlsRead read = read_tls(into, size);
  std::ptrdiff_t got = read.got;
  if (got == 0) note_end(WireEnd::end_of_stream, 0);
  if (read.fatal) note_end(WireEnd::error, ECONNRESET);
  // Session tickets, say: a server with Nagle's algorithm holds its CONNACK until TCP has
  // acknowledged them, which takes 40 ms by itself.
  if (read.received != 0) note_received();
  if (got <= 0 && read.received != 0) note_life(read.received, false);  // of a record
  // OpenSSL gives a record at a time, and a server may put each packet into one of its own. What
  // ends the loop, if not a full buffer, OpenSSL says again when it is asked next.
  tls_more_ = got > 0;
  while (tls_more_ && static_cast<std::size_t>(got) < size) {
    const auto have = static_cast<std::size_t>(got);
    const TlsRead next = read_tls(static_cast<char*>(into) + have, size - have);
    tls_more_ = next.got > 0;
    if (tls_more_) got += next.got;
  }
  if (got > 0) note_received();
  return got;
}

void Wire::note_received() {
  unconfirmed_ = true;
  last_received_ = wire_now();
}

// Not in note_received(): a proxy's WebSocket pings say nothing about the server behind it.
void Wire::note_life(std::size_t bytes, bool whole) {
  const std::lock_guard lock(life_mutex_);
  keepalive_.arrived(last_received_.load(), bytes, whole);
}

// What came in frames: the MQTT in it, if any yet. A pong or a Close leaves with the next flush.
std::ptrdiff_t Wire::unwrap(char* bytes, std::size_t size) {
  const bool was_open = web_->open();
  std::size_t got = 0;
  {
    const std::lock_guard lock(out_mutex_);
    if (!was_open) out_.keep_secret();  // CONNECT goes out once the server has agreed
    got = web_->take(bytes, size, out_.bytes(), crowded_);
    backlog_ = out_.size();
  }
  if (!was_open && web_->open()) {
    web_since_ = wire_now();
    if (callbacks_.reached) callbacks_.reached(Phase::connack);
  }
  if (got > 0) return static_cast<std::ptrdiff_t>(got);
  if (!web_->ended()) return fails_with(EAGAIN);
  flush();
  const std::lock_guard lock(out_mutex_);
  if (web_->closing()) {
    end_reading_locked(WireEnd::end_of_stream);
    return 0;
  }
  end_reading_locked(web_->refused() ? WireEnd::refused : WireEnd::nonsense);
  return fails_with(EPROTO);
}

// Through TLS, WebSocket or both.
std::ptrdiff_t Wire::receive_layered(char* into, std::size_t size) {
  if (web_ && web_->ended()) return unwrap(into, 0);
  const std::ptrdiff_t got =
      ssl_ != nullptr ? receive_tls(into, size) : receive_plain({iovec{into, size}, iovec{}});
  return web_ && got > 0 ? unwrap(into, static_cast<std::size_t>(got)) : got;
}

std::optional<std::size_t> Wire::admit(std::string_view bytes) {
  const auto admitted = filter_.admit(bytes);
  if (connack_.empty() && !filter_.connack().empty()) {
    const std::lock_guard lock(out_mutex_);
    connack_ = filter_.connack();
  }
  return admitted;
}

std::size_t Wire::readable() {
  if (ahead_.size() != 0) return ahead_.size();
  const bool ends = filter_.disconnect_packet() != nullptr || (web_ && web_->ended());
  return kicked_ || tls_more_ || (ends && end_ == WireEnd::open) ? 1 : 0;
}

}  // namespace mqfail
