// SPDX-License-Identifier: Apache-2.0
// The bytes of one connection that were read in one large piece and not asked for yet. No input or
// output: the wire reads into room() and says how much has come.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>

namespace mqfail {

class ReadAhead {
 public:
  static constexpr std::size_t kBytes = 65536;
  /// Of a body of this size it is likely that another one follows.
  static constexpr std::size_t kLargeBody = 16384;
  /// What is then read ahead: the head of the next packet. Its body goes straight to where it is
  /// wanted.
  static constexpr std::size_t kBesideLargeBody = 2048;

  /// The body of a packet, of this size, is asked for next.
  void expect_body(std::size_t size) { large_ = size >= kLargeBody; }
  /// The last body was large.
  bool large() const { return large_; }

  std::size_t size() const { return size_; }
  /// Moves as much as is here, at most `size` bytes, to `into`; returns how much that is.
  std::size_t take(char* into, std::size_t size) {
    const std::size_t taken = std::min(size, size_);
    if (taken == 0) return 0;
    std::memcpy(into, bytes_.get() + head_, taken);
    head_ += taken;
    size_ -= taken;
    return taken;
  }

  /// Where to read to. Only once all was taken.
  std::span<char> room() {
    if (!bytes_) bytes_ = std::make_unique_for_overwrite<char[]>(kBytes);
    head_ = 0;
    return {bytes_.get(), large_ ? kBesideLargeBody : kBytes};
  }
  /// The first `size` bytes of the room have come.
  void filled(std::size_t size) { size_ = size; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t head_ = 0, size_ = 0;
  bool large_ = false;
};

}  // namespace mqfail
