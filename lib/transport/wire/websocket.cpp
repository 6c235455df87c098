// SPDX-License-Identifier: Apache-2.0
#include "transport/wire/websocket.hpp"

#include <sys/random.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace mqfail {
namespace {

// Not to be guessed by those whose data is sent (RFC 6455 section 10.3). A kernel that gives
// nothing leaves zeros, which the standard forbids and no server minds; it does not happen after
// boot.
template <class Bytes>
Bytes random_bytes() {
  Bytes bytes{};
  auto* at = reinterpret_cast<unsigned char*>(bytes.data());
  std::size_t left = sizeof bytes;
  while (left > 0) {
    const ssize_t got = getrandom(at, left, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    at += got;
    left -= static_cast<std::size_t>(got);
  }
  return bytes;
}

std::string new_key() {
  return upgrade_key(random_bytes<std::array<std::uint8_t, 16>>());
}

}  // namespace

WebSocket::WebSocket(const Server& server) : WebSocket(server, new_key()) {}

WebSocket::WebSocket(const Server& server, const std::string& key)
    : request_(upgrade_request(server, key)), answer_(key) {}

void WebSocket::put(std::vector<char>& out, const iovec* pieces, int count) {
  if (!request_.empty()) {
    out.insert(out.end(), request_.begin(), request_.end());
    request_.clear();
  }
  if (closed_) return;
  if (!open()) early_.keep_secret();  // CONNECT is in it
  frame(open() ? out : early_.bytes(), Opcode::binary, pieces, count);
}

void WebSocket::close(std::vector<char>& out) {
  constexpr std::string_view kNormal("\x03\xE8", 2);
  if (open() && !std::exchange(closed_, true)) frame(out, Opcode::close, kNormal);
}

std::size_t WebSocket::take(char* bytes, std::size_t size, std::vector<char>& out, bool crowded) {
  if (ended()) return 0;
  std::size_t used = 0;
  if (!open()) {
    used = answer_.take({bytes, size});
    if (!open()) return 0;
    const std::string_view early = early_.waiting();
    out.insert(out.end(), early.begin(), early.end());
    early_.sent(early.size());
  }
  const std::size_t got = frames_.take(bytes + used, size - used);
  if (used != 0) std::memmove(bytes, bytes + used, got);
  const auto ping = frames_.take_ping();
  if (ping && !crowded && !closed_) frame(out, Opcode::pong, *ping);
  if (closing()) close(out);
  return got;
}

UpgradeFailure WebSocket::why_ended() const {
  if (refused()) return *answer_.failure();
  if (frames_.broken() != nullptr) {
    return {0, std::string("the server sent something that is not WebSocket: ") + frames_.broken()};
  }
  if (!closing() || frames_.closing()->code == 0) return {};
  std::string text = "WebSocket close " + std::to_string(frames_.closing()->code);
  if (const std::string name = close_code_name(frames_.closing()->code); !name.empty()) {
    text += " (" + name + ")";
  }
  if (!frames_.closing()->text.empty()) text += ": " + frames_.closing()->text;
  return {0, std::move(text)};
}

void WebSocket::frame(std::vector<char>& out, Opcode opcode, const iovec* pieces, int count) {
  append_frame(out, opcode, pieces, count, next_mask());
}

void WebSocket::frame(std::vector<char>& out, Opcode opcode, std::string_view payload) {
  const iovec piece{const_cast<char*>(payload.data()), payload.size()};
  frame(out, opcode, &piece, 1);
}

// One system call for many frames.
Mask WebSocket::next_mask() {
  if (masks_left_ == 0) {
    masks_ = random_bytes<decltype(masks_)>();
    masks_left_ = masks_.size();
  }
  return masks_[--masks_left_];
}

}  // namespace mqfail
