// SPDX-License-Identifier: Apache-2.0
// The digest by which messages of strangers are told apart, of any length and cheap for long ones:
// each whole KiB is first compressed to 16 bytes by NH, the universal hash of UMAC (RFC 4418
// section 5.2; here two rows over one key, shifted), and SipHash takes what is left. Who does not
// know the key finds two long messages that look alike with a chance of 2^-64 a try, as proven for
// NH, and short ones as for SipHash. SipHash alone was 63 % of what mqfail-sub did for a payload of
// 64 KiB. XXH3 (libxxhash) takes 0.2 to 0.8 of the time, but promises nothing against
// somebody who looks for two messages that look alike, and one of them would not be printed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/siphash.hpp"

namespace mqfail {

/// Makes digests under one key; copies make the same ones. const members are thread-safe.
class Digester {
 public:
  explicit Digester(const SipKey& key) : key_(key) {
    for (std::size_t i = 0; i < kPad; i += 2) {
      const std::uint64_t count = i;
      const Digest chance =
          siphash(key, {reinterpret_cast<const char*>(&count), sizeof count});  // NOLINT
      left_[i] = static_cast<std::uint32_t>(chance.first);
      left_[i + 1] = static_cast<std::uint32_t>(chance.first >> 32U);
      right_[i] = static_cast<std::uint32_t>(chance.second);
      right_[i + 1] = static_cast<std::uint32_t>(chance.second >> 32U);
    }
  }

  Digest operator()(std::string_view bytes) const {
    if (bytes.size() < kBlock) return siphash(key_, bytes);
    const std::uint64_t size = bytes.size();
    SipHash hash(key_);
    hash.take(size);
    for (; bytes.size() >= kBlock; bytes.remove_prefix(kBlock)) compress(bytes.data(), hash);
    return hash.end(bytes, size);
  }

 private:
  static constexpr std::size_t kBlock = 1024;
  static constexpr std::size_t kPairs = kBlock / 8;  // of 32-bit words
  static constexpr std::size_t kShift = 4;           // of the second row
  static constexpr std::size_t kPad = kPairs + kShift;

  // The pairs are (i, i + kPairs), so that the loop works on vectors.
  void compress(const char* block, SipHash& hash) const {
    std::array<std::uint32_t, 2 * kPairs> words;  // NOLINT(cppcoreguidelines-pro-type-member-init)
    std::memcpy(words.data(), block, kBlock);
    std::uint64_t first = 0, second = 0;
    for (std::size_t i = 0; i < kPairs; ++i) {
      const std::uint32_t left = words[i], right = words[i + kPairs];
      first += static_cast<std::uint64_t>(left + left_[i]) * (right + right_[i]);
      second += static_cast<std::uint64_t>(left + left_[i + kShift]) * (right + right_[i + kShift]);
    }
    hash.take(first);
    hash.take(second);
  }

  SipKey key_;
  std::array<std::uint32_t, kPad> left_{}, right_{};
};

}  // namespace mqfail
