// SPDX-License-Identifier: Apache-2.0
// The WebSocket of one connection, between the packets of its Wire and the bytes of its socket: the
// upgrade first, then frames. It does no input or output; the Wire moves the bytes.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "policy/server.hpp"
#include "transport/wire/outgoing_buffer.hpp"
#include "transport/wire/websocket_frames.hpp"
#include "transport/wire/websocket_upgrade.hpp"

namespace mqfail {

/// Thread: put(), close() and take() need one lock; the rest belongs to the caller of take().
/// `out` is what waits to be sent.
class WebSocket {
 public:
  explicit WebSocket(const Server& server);
  /// With a key that is not random, so that a test can answer.
  WebSocket(const Server& server, const std::string& key);

  /// One packet as one frame. The first puts the upgrade's request before it; frames are kept here
  /// until the server has agreed, and dropped after close().
  void put(std::vector<char>& out, const iovec* pieces, int count);
  /// The Close frame of an orderly end.
  void close(std::vector<char>& out);

  /// Decodes in place; returns how many bytes of MQTT stand at the front of `bytes` now. What the
  /// server must be told goes to `out`; pings are not answered while `crowded`.
  std::size_t take(char* bytes, std::size_t size, std::vector<char>& out, bool crowded);

  /// The server has agreed.
  bool open() const { return answer_.accepted(); }
  /// There will be no more: what was decoded is the last.
  bool ended() const { return refused() || closing() || frames_.broken() != nullptr; }
  bool refused() const { return answer_.failure().has_value(); }
  /// In good order, by a Close frame.
  bool closing() const { return frames_.closing().has_value(); }
  /// In words; empty if there is nothing to say. Needs the lock.
  UpgradeFailure why_ended() const;

 private:
  void frame(std::vector<char>& out, Opcode opcode, const iovec* pieces, int count);
  void frame(std::vector<char>& out, Opcode opcode, std::string_view payload);
  Mask next_mask();

  std::string request_;
  UpgradeAnswer answer_;
  FrameReader frames_;
  bool closed_ = false;
  OutgoingBuffer early_;  // written before the server agreed
  std::array<Mask, 256> masks_{};
  std::size_t masks_left_ = 0;
};

}  // namespace mqfail
