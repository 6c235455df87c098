// SPDX-License-Identifier: Apache-2.0
#include "rig/websocket_front.hpp"

#include <openssl/evp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

namespace rig {
namespace {

std::string accept_of(const std::string& key) {
  const std::string salted = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{}, text{};
  unsigned size = 0;
  ::EVP_Digest(salted.data(), salted.size(), digest.data(), &size, ::EVP_sha1(), nullptr);
  ::EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(size));
  return reinterpret_cast<const char*>(text.data());
}

std::string header_of(const std::string& head, const std::string& name) {
  const std::size_t at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

}  // namespace

std::string web_frame(int first_byte, std::string_view payload) {
  std::string out(1, static_cast<char>(first_byte));
  const std::uint64_t size = payload.size();
  int more = size <= 125 ? 0 : size <= 0xFFFF ? 2 : 8;
  out += static_cast<char>(more == 0 ? size : more == 2 ? 126 : 127);
  while (more-- > 0) out += static_cast<char>(size >> (8 * more));
  return out.append(payload);
}

std::string web_close(int code, std::string_view text) {
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code)};
  return web_frame(0x88, payload.append(text));
}

WebSocketFront::WebSocketFront(std::uint16_t upstream, WebScript script)
    : upstream_(upstream), script_(std::move(script)), listener_(listen_on(0)) {
  port_ = port_of(listener_);
  thread_ = std::thread([this] { run(); });
}

WebSocketFront::~WebSocketFront() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  waker_.wake();
  thread_.join();
}

void WebSocketFront::send(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  for (const Pair& pair : pairs_)
    if (pair.open) send(pair, bytes);
}

void WebSocketFront::stop_reading(bool stopped) {
  const std::lock_guard lock(mutex_);
  reading_ = !stopped;
  waker_.wake();
}

std::string WebSocketFront::request() {
  const std::lock_guard lock(mutex_);
  return request_;
}

std::vector<WebFrame> WebSocketFront::frames() {
  const std::lock_guard lock(mutex_);
  return frames_;
}

std::string WebSocketFront::fault() {
  const std::lock_guard lock(mutex_);
  return fault_;
}

std::size_t WebSocketFront::connections() {
  const std::lock_guard lock(mutex_);
  return accepted_;
}

bool WebSocketFront::wait_for_frame(int opcode, std::size_t count, milliseconds patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [&] {
    return static_cast<std::size_t>(std::count_if(
               frames_.begin(), frames_.end(),
               [opcode](const WebFrame& one) { return one.opcode == opcode; })) >= count;
  });
}

void WebSocketFront::run() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    std::vector<pollfd> fds{{waker_.fd(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
    for (const Pair& pair : pairs_) {
      const short events = reading_ ? POLLIN : 0;
      fds.push_back({pair.client.get(), events, 0});
      fds.push_back({pair.server.get(), events, 0});
    }
    lock.unlock();
    ::poll(fds.data(), fds.size(), -1);
    lock.lock();
    if (fds[0].revents != 0) waker_.drain();
    std::size_t i = 2;
    for (Pair& pair : pairs_) {
      if (fds[i++].revents != 0) take_client(pair);
      if (fds[i++].revents != 0 && pair.client && pair.server) take_server(pair);
    }
    pairs_.remove_if([](const Pair& pair) { return !pair.client; });
    if (fds[1].revents != 0) {
      ++accepted_;
      pairs_.push_back({Fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)),
                        connect_to(upstream_, 1s),
                        {},
                        false});
      if (!pairs_.back().server) pairs_.back().client.reset();
    }
    changed_.notify_all();
  }
}

void WebSocketFront::take_client(Pair& pair) {
  std::array<char, 65536> bytes{};
  const ssize_t got = ::recv(pair.client.get(), bytes.data(), bytes.size(), 0);
  if (got <= 0) {
    pair.client.reset();
    return;
  }
  pair.in.append(bytes.data(), static_cast<std::size_t>(got));
  if (!pair.open) begin(pair);
  while (pair.open && pair.client && take_frame(pair)) {
  }
}

void WebSocketFront::begin(Pair& pair) {
  const std::size_t end = pair.in.find("\r\n\r\n");
  if (end == std::string::npos || script_.answer_nothing) return;
  request_ = pair.in.substr(0, end + 2);
  pair.in.erase(0, end + 4);
  if (!pair.in.empty()) fault_ = "frames before the agreement";
  if (!script_.answer.empty()) {
    send(pair, script_.answer);
    ::shutdown(pair.client.get(), SHUT_WR);
    return;
  }
  std::string accept = accept_of(header_of(request_, "Sec-WebSocket-Key"));
  if (script_.bad_accept) accept[0] = accept[0] == 'A' ? 'B' : 'A';
  std::string answer =
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\n"
      "connection: keep-alive, Upgrade\r\nsec-websocket-accept: " +
      accept + "\r\n";
  if (!script_.subprotocol.empty())
    answer += "Sec-WebSocket-Protocol: " + script_.subprotocol + "\r\n";
  pair.open = true;
  send(pair, answer + "\r\n" + script_.greeting);
}

bool WebSocketFront::take_frame(Pair& pair) {
  const auto byte = [&pair](std::size_t at) {
    return static_cast<std::uint64_t>(static_cast<unsigned char>(pair.in[at]));
  };
  if (pair.in.size() < 2) return false;
  const int more = byte(1) == 0xFE ? 2 : byte(1) == 0xFF ? 8 : 0;
  const std::size_t header = 2 + static_cast<std::size_t>(more) + 4;
  if (pair.in.size() < header) return false;
  std::uint64_t size = byte(1) & 0x7F;
  if (more != 0) size = 0;
  for (std::size_t i = 2; i < header - 4; ++i) size = size << 8 | byte(i);
  if (pair.in.size() - header < size) return false;
  if ((byte(1) & 0x80) == 0) fault_ = "a frame that is not masked";
  if ((byte(0) & 0xF0) != 0x80) fault_ = "a frame that is not whole, or has reserved bits";
  if ((more == 2 && size < 126) || (more == 8 && size <= 0xFFFF)) fault_ = "a length too long";
  WebFrame frame{static_cast<int>(byte(0) & 0x0F), pair.in.substr(header, size)};
  for (std::size_t i = 0; i < size; ++i)
    frame.payload[i] = static_cast<char>(frame.payload[i] ^ pair.in[header - 4 + i % 4]);
  pair.in.erase(0, header + size);
  if (frame.opcode == 2) write_all(pair.server.get(), frame.payload);
  if (frame.opcode == 8) {
    send(pair, web_frame(0x88, frame.payload));
    pair.client.reset();
  }
  frames_.push_back(std::move(frame));
  return true;
}

void WebSocketFront::take_server(Pair& pair) {
  std::array<char, 65536> bytes{};
  const ssize_t got = ::recv(pair.server.get(), bytes.data(), bytes.size(), 0);
  if (got <= 0) {
    pair.client.reset();
    return;
  }
  std::string_view rest(bytes.data(), static_cast<std::size_t>(got));
  if (script_.fragment == 0) return send(pair, web_frame(0x82, rest));
  int first = 0x02;
  while (!rest.empty()) {
    const std::string_view piece = rest.substr(0, script_.fragment);
    rest.remove_prefix(piece.size());
    send(pair, web_frame(0x89, "are you there?"));
    send(pair, web_frame(rest.empty() ? first | 0x80 : first, piece));
    first = 0;
  }
}

void WebSocketFront::send(const Pair& pair, std::string_view bytes) const {
  if (!script_.slices) {
    write_all(pair.client.get(), bytes);
    return;
  }
  for (const char& byte : bytes) write_all(pair.client.get(), {&byte, 1});
}

}  // namespace rig
