// SPDX-License-Identifier: Apache-2.0
// SipHash-2-4 with 128 bits (Aumasson, Bernstein): the digest by which messages of strangers are
// told apart. Keyed by chance in each run, so that nobody can craft two that look alike.
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

/// The digest of `bytes` alone, as the reference implementation computes it on a little-endian
/// machine.
inline Digest siphash(const SipKey& key, std::string_view bytes) {
  std::uint64_t v0 = key.first ^ 0x736f6d6570736575ULL;
  std::uint64_t v1 = key.second ^ 0x646f72616e646f6dULL ^ 0xee;
  std::uint64_t v2 = key.first ^ 0x6c7967656e657261ULL;
  std::uint64_t v3 = key.second ^ 0x7465646279746573ULL;
  const auto rounds = [&](int count) {
    for (; count > 0; --count) {
      v0 += v1;
      v1 = std::rotl(v1, 13) ^ v0;
      v0 = std::rotl(v0, 32);
      v2 += v3;
      v3 = std::rotl(v3, 16) ^ v2;
      v0 += v3;
      v3 = std::rotl(v3, 21) ^ v0;
      v2 += v1;
      v1 = std::rotl(v1, 17) ^ v2;
      v2 = std::rotl(v2, 32);
    }
  };
  const auto take = [&](std::uint64_t word) {
    v3 ^= word;
    rounds(2);
    v0 ^= word;
  };
  const std::uint64_t size = bytes.size();
  while (bytes.size() >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    take(word);
    bytes.remove_prefix(sizeof word);
  }
  std::uint64_t last = size << 56U;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    last |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  take(last);
  v2 ^= 0xee;
  rounds(4);
  const std::uint64_t first = v0 ^ v1 ^ v2 ^ v3;
  v1 ^= 0xdd;
  rounds(4);
  return {first, v0 ^ v1 ^ v2 ^ v3};
}

}  // namespace mqfail
