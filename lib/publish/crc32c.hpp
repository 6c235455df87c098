// SPDX-License-Identifier: Apache-2.0
// CRC-32C (Castagnoli), a byte a step: finds what a disk has damaged.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mqfail {

/// `start`: a number that is checked together with the bytes.
inline std::uint32_t crc32c(std::string_view bytes, std::uint64_t start = 0) {
  static constexpr auto kTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit)
        value = (value >> 1U) ^ ((value & 1U) != 0 ? 0x82F63B78U : 0U);
      table[i] = value;
    }
    return table;
  }();
  std::uint32_t crc = ~static_cast<std::uint32_t>(start);
  for (const char byte : bytes)
    crc = (crc >> 8U) ^ kTable[(crc ^ static_cast<std::uint8_t>(byte)) & 0xFFU];
  return ~crc;
}

}  // namespace mqfail
