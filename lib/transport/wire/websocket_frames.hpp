// SPDX-License-Identifier: Apache-2.0
// WebSocket frames (RFC 6455 section 5) as bytes in and bytes out: no socket, no clock, no dice.
//
// Why not Boost.Beast's websocket::stream, which the upgrade's parser comes from: it owns the
// reading and writing, so over the Wire it would need an executor on Paho's receive thread; its
// synchronous calls take "would block" for the end of the connection; and it sends a message a
// write, where the Wire puts many packets into one. Its codec by itself is not public.
//
// One MQTT packet is one frame, although the standard allows any cut (MQTT 5 section 6): there are
// servers that read only the first packet of a frame (NanoMQ, issue 1844), and drop what is behind
// it. One system call for many packets has many frames in it.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mqfail {

enum class Opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10
};

using Mask = std::array<std::uint8_t, 4>;

/// Appends one whole frame that holds the pieces, masked as a client must. Control frames hold 125
/// bytes at most.
void append_frame(std::vector<char>& out, Opcode opcode, const iovec* pieces, int count, Mask mask);

/// What a server said with its Close frame; `text` is untrusted.
struct Closing {
  int code = 0;  ///< 0: it gave none
  std::string text;
};

/// The name of a close code of section 7.4.1 or of the registry; empty for others.
const char* close_code_name(int code);

/// Takes frames of a server apart, however the bytes are cut. Keeps no payload of data.
class FrameReader {
 public:
  /// Longer frames are refused: sixteen of MQTT's largest packets.
  static constexpr std::uint64_t kLongest = std::uint64_t{1} << 32U;

  /// Decodes in place: the payload of binary messages moves to the front of `bytes`; returns how
  /// much that is. Fragments are joined and control frames between them taken out. Once closing()
  /// or broken(), the rest is ignored.
  std::size_t take(char* bytes, std::size_t size);

  /// The payload of the newest ping not yet asked for: only that one needs an answer (5.5.3).
  std::optional<std::string> take_ping();
  const std::optional<Closing>& closing() const { return closing_; }
  /// What the server did against the standard; null while it is well.
  const char* broken() const { return broken_; }

 private:
  std::size_t header_size() const;
  void begin_frame();
  void end_frame();
  void refuse(const char* why) { broken_ = why; }

  std::array<std::uint8_t, 14> header_{};
  std::size_t have_ = 0;    // bytes of the header
  std::uint64_t left_ = 0;  // of the payload
  bool in_payload_ = false, in_message_ = false;
  std::string control_;
  std::optional<std::string> ping_;
  std::optional<Closing> closing_;
  const char* broken_ = nullptr;
};

}  // namespace mqfail
