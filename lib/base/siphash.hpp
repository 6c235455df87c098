// SPDX-License-Identifier: Apache-2.0
// SipHash-2-4 with 128 bits (Aumasson, Bernstein): the digest that tells messages of other parties
// apart. Each run has a random key, so that no sender can craft two messages with one digest.
#pragma once

#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace mqfail {

struct Digest {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  friend auto operator<=>(const Digest&, const Digest&) = default;
};

struct SipKey {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};

/// SipHash of a message that is given in pieces: words first, the rest at the end.
class SipHash {
 public:
  explicit SipHash(const SipKey& key)
      : v0_(key.first ^ 0x736f6d6570736575ULL),
        v1_(key.second ^ 0x646f72616e646f6dULL ^ 0xee),
        v2_(key.first ^ 0x6c7967656e657261ULL),
        v3_(key.second ^ 0x7465646279746573ULL) {}

  void take(std::uint64_t word) {
    v3_ ^= word;
    rounds(2);
    v0_ ^= word;
  }
  /// `size` of the whole message in bytes; only its lowest byte counts.
  Digest end(std::string_view rest, std::uint64_t size) {
    while (rest.size() >= sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, rest.data(), sizeof word);
      take(word);
      rest.remove_prefix(sizeof word);
    }
    std::uint64_t last = size << 56U;
    for (std::size_t i = 0; i < rest.size(); ++i) {
      last |= static_cast<std::uint64_t>(static_cast<unsigned char>(rest[i])) << (8 * i);
    }
    take(last);
    v2_ ^= 0xee;
    rounds(4);
    const std::uint64_t first = v0_ ^ v1_ ^ v2_ ^ v3_;
    v1_ ^= 0xdd;
    rounds(4);
    return {first, v0_ ^ v1_ ^ v2_ ^ v3_};
  }

 private:
  void rounds(int count) {
    for (; count > 0; --count) {
      v0_ += v1_;
      v1_ = std::rotl(v1_, 13) ^ v0_;
      v0_ = std::rotl(v0_, 32);
      v2_ += v3_;
      v3_ = std::rotl(v3_, 16) ^ v2_;
      v0_ += v3_;
      v3_ = std::rotl(v3_, 21) ^ v0_;
      v2_ += v1_;
      v1_ = std::rotl(v1_, 17) ^ v2_;
      v2_ = std::rotl(v2_, 32);
    }
  }

  std::uint64_t v0_, v1_, v2_, v3_;
};

/// The digest of `bytes` alone, as the reference implementation computes it on a little-endian
/// machine.
inline Digest siphash(const SipKey& key, std::string_view bytes) {
  return SipHash(key).end(bytes, bytes.size());
}

}  // namespace mqfail
