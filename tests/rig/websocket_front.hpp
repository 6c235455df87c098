// SPDX-License-Identifier: Apache-2.0
// A WebSocket server in front of a plain MQTT server, written independently from RFC 6455. It is
// strict with the client, records each of its frames, and does what a real server does not do on
// demand.
#pragma once

#include <list>
#include <thread>
#include <vector>

#include "rig/basics.hpp"

namespace rig {

struct WebScript {
  std::string answer;  ///< sent in place of the agreement, then FIN
  bool answer_nothing = false;
  bool bad_accept = false;
  std::string subprotocol = "mqtt";  ///< empty: none is named
  std::size_t fragment = 0;  ///< messages go in fragments of so many bytes, a ping before each
  std::string greeting;      ///< frames sent right behind the agreement, in the same write
  bool slices = false;       ///< sends a byte at a time
};

/// A frame of the client, unmasked.
struct WebFrame {
  int opcode = 0;
  std::string payload;
};

class WebSocketFront {
 public:
  explicit WebSocketFront(std::uint16_t upstream, WebScript script = {});
  ~WebSocketFront();
  WebSocketFront(const WebSocketFront&) = delete;
  WebSocketFront& operator=(const WebSocketFront&) = delete;

  std::uint16_t port() const { return port_; }
  std::string uri() const { return "ws://127.0.0.1:" + std::to_string(port_); }

  /// Sends the bytes unchanged on every WebSocket connection.
  void send(std::string_view bytes);
  void stop_reading(bool stopped);

  std::string request();  ///< the head of the last upgrade
  std::vector<WebFrame> frames();
  /// What the client did against the standard; empty if nothing.
  std::string fault();
  bool wait_for_frame(int opcode, std::size_t count = 1, milliseconds patience = 10s);
  std::size_t connections();  ///< accepted so far

 private:
  struct Pair {
    Fd client, server;
    std::string in;  ///< of the client, not yet whole
    bool open = false;
  };
  void run();
  void begin(Pair& pair);
  void take_client(Pair& pair);
  void take_server(Pair& pair);
  bool take_frame(Pair& pair);
  void send(const Pair& pair, std::string_view bytes) const;

  std::uint16_t port_ = 0, upstream_;
  const WebScript script_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Fd listener_;
  std::list<Pair> pairs_;
  std::vector<WebFrame> frames_;
  std::string request_, fault_;
  std::size_t accepted_ = 0;
  bool reading_ = true, stop_ = false;
  Waker waker_;
  std::thread thread_;
};

/// A frame in the form that a server sends.
std::string web_frame(int first_byte, std::string_view payload);
/// A Close frame.
std::string web_close(int code, std::string_view text = {});

}  // namespace rig
