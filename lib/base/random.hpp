// SPDX-License-Identifier: Apache-2.0
// Random numbers as a value: the same seed gives the same numbers on every machine
// (SplitMix64, Steele, Lea and Flood 2014). Not for secrets; those take OpenSSL's RAND_bytes.
#pragma once

#include <cstdint>

namespace mqfail {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  /// 64 uniform bits.
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }

  /// Uniform in [0, bound), without modulo bias; 0 if bound is 0.
  std::uint64_t below(std::uint64_t bound) {
    if (bound == 0) return 0;
    const std::uint64_t reject = (0 - bound) % bound;
    std::uint64_t draw = next();
    while (draw < reject) draw = next();
    return draw % bound;
  }

 private:
  std::uint64_t state_;
};

}  // namespace mqfail
