// SPDX-License-Identifier: Apache-2.0
// The bytes of one connection that wait to be sent, in order. No input or output: the wire sends
// from the front and says how much has gone.
#pragma once

#include <string.h>
#include <sys/uio.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>
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

  /// Copies the pieces behind what waits, without their first `skip` bytes. With a `lent` the last
  /// piece stays as it is until that is destroyed: it is sent from there, and not copied.
  void append(const iovec* pieces, int count, std::size_t skip = 0,
              std::shared_ptr<const void> lent = {}) {
    if (secret_) reserve_for(pieces, count);
    for (int i = 0; i < count; ++i) {
      const auto* data = static_cast<const char*>(pieces[i].iov_base);
      const std::size_t left_out = std::min(skip, pieces[i].iov_len);
      skip -= left_out;
      const std::string_view piece(data + left_out, pieces[i].iov_len - left_out);
      if (i == count - 1 && lent != nullptr && lent_ == nullptr && !piece.empty()) {
        lent_ = std::move(lent);
        lent_piece_ = piece;
        lent_at_ = bytes_.size();
      } else {
        bytes_.insert(bytes_.end(), piece.begin(), piece.end());
      }
    }
  }
  /// For a codec that writes behind what waits (websocket.hpp), where nothing is lent.
  std::vector<char>& bytes() { return bytes_; }

  /// Of what waits, the first bytes that lie together; empty only if nothing waits.
  std::string_view waiting() const {
    if (lent_ == nullptr) return {bytes_.data() + head_, bytes_.size() - head_};
    if (head_ < lent_at_) return {bytes_.data() + head_, lent_at_ - head_};
    return lent_piece_;
  }
  std::size_t size() const { return bytes_.size() - head_ + lent_piece_.size(); }
  bool empty() const { return size() == 0; }

  /// The first `count` bytes of waiting() are sent.
  void sent(std::size_t count) {
    if (lent_ != nullptr && head_ == lent_at_) {
      lent_piece_.remove_prefix(count);
      if (lent_piece_.empty()) lent_.reset();
    } else {
      head_ += count;
    }
    if (empty()) {
      clear();
      if (bytes_.capacity() > kKeptBytes) bytes_.shrink_to_fit();
    } else if (!secret_ && lent_ == nullptr && head_ > kSentBytes && head_ >= size()) {
      bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(head_));
      head_ = 0;
    }
  }
  void clear() {
    if (secret_ && !bytes_.empty()) explicit_bzero(bytes_.data(), bytes_.size());
    secret_ = false;
    bytes_.clear();
    head_ = 0;
    lent_piece_ = {};
    lent_.reset();
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
  // What is left of a piece that is sent between bytes_[lent_at_ - 1] and bytes_[lent_at_].
  std::shared_ptr<const void> lent_;
  std::string_view lent_piece_;
  std::size_t lent_at_ = 0;
  bool secret_ = false;
};

}  // namespace mqfail
