// SPDX-License-Identifier: Apache-2.0
// How far a PINGREQ has come that waits behind all that was published before it. Over a slow line
// that may take longer than the silence that is a loss, and a server cannot answer what it has not
// got. TCP says how much has got there; a server that has stopped takes no more than its buffer
// holds. Pure: byte counts in, a verdict out.
#pragma once

#include <cstdint>
#include <utility>

namespace mqfail {

class PingProgress {
 public:
  /// A PINGREQ was appended. The other end's TCP has taken `taken` bytes of the connection so far;
  /// `waiting` bytes, the PINGREQ included, are still on our side.
  void asked(std::uint64_t taken, std::uint64_t waiting) {
    taken_ = taken;
    end_ = taken + waiting;
    moved_ = false;
  }
  /// Whether the server is not to blame for its silence yet: since the last look the PINGREQ has
  /// come nearer to it, or has got there.
  bool is_late(std::uint64_t taken) {
    if (end_ == 0) return false;
    const bool nearer = taken > std::exchange(taken_, taken);
    if (taken < end_) return moved_ = nearer;
    end_ = 0;
    return std::exchange(moved_, false);
  }

 private:
  std::uint64_t taken_ = 0;  // by the other end's TCP at the last look (bytes)
  std::uint64_t end_ = 0;    // it has the PINGREQ once it has taken so much; 0: it has it
  bool moved_ = false;       // nearer at the last look
};

}  // namespace mqfail
