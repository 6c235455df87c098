// SPDX-License-Identifier: Apache-2.0
// The bytes of one connection that wait to be sent, in order. No input or output: the wire sends
// from the front and says how much has gone.
#pragma once

#include <string.h>
#include <sys/uio.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

namespace mqfail {

class OutgoingBuffer {
 public:
  /// More memory than this is given back when the buffer is empty: one giant message must not keep
  /// it for the rest of the run (bytes).
  static constexpr std::size_t kKeptBytes = 1U << 20U;
  /// Sent bytes in front of waiting ones are removed from this size on. Not sooner, or each piece
  /// of a giant message that is sent would move all the rest.
  static constexpr std::size_t kSentBytes = 262144;

  OutgoingBuffer() = default;
  ~OutgoingBuffer() { clear(); }
  OutgoingBuffer(const OutgoingBuffer&) = delete;
  OutgoingBuffer& operator=(const OutgoingBuffer&) = delete;

  /// Copies the pieces behind what waits, without their first `skip` bytes.
  void append(const iovec* pieces, int count, std::size_t skip = 0) {
    if (secret_) reserve_for(pieces, count);
    for (int i = 0; i < count; ++i) {
      const auto* data = static_cast<const char*>(pieces[i].iov_base);
      const std::size_t left_out = std::min(skip, pieces[i].iov_len);
      skip -= left_out;
      bytes_.insert(bytes_.end(), data + left_out, data + pieces[i].iov_len);
    }
  }
  /// For a codec that writes behind what waits (websocket.hpp).
  std::vector<char>& bytes() { return bytes_; }

  std::string_view waiting() const { return {bytes_.data() + head_, size()}; }
  std::size_t size() const { return bytes_.size() - head_; }
  bool empty() const { return size() == 0; }

  /// The first `count` bytes that waited are sent.
  void sent(std::size_t count) {
    head_ += count;
    if (empty()) {
      clear();
      if (bytes_.capacity() > kKeptBytes) bytes_.shrink_to_fit();
    } else if (!secret_ && head_ > kSentBytes && head_ >= size()) {
      bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(head_));
      head_ = 0;
    }
  }
  void clear() {
    if (secret_ && !bytes_.empty()) explicit_bzero(bytes_.data(), bytes_.size());
    secret_ = false;
    bytes_.clear();
    head_ = 0;
  }

  /// What is appended from now on is overwritten once all has been sent, or at the end. Before the
  /// append of a CONNECT, which has the password in it.
  void keep_secret() { secret_ = true; }

 private:
  // The vector would leave its old memory as it is.
  void reserve_for(const iovec* pieces, int count) {
    std::size_t needed = bytes_.size();
    for (int i = 0; i < count; ++i) needed += pieces[i].iov_len;
    if (needed <= bytes_.capacity()) return;
    std::vector<char> larger;
    larger.reserve(2 * needed);
    larger.assign(bytes_.begin(), bytes_.end());
    bytes_.swap(larger);
    if (!larger.empty()) explicit_bzero(larger.data(), larger.size());
  }

  std::vector<char> bytes_;  // [head_, bytes_.size()) waits
  std::size_t head_ = 0;
  bool secret_ = false;
};

}  // namespace mqfail
