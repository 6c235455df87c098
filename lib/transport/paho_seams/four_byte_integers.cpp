// SPDX-License-Identifier: Apache-2.0
// Seam: integers of four bytes.
// Shortfall (Paho 1.3.12): its writer (writeInt4) divides a signed int, so that each number from
// 2^31 on goes out as another one: a session that never ends (0xFFFFFFFF) as one of 255 s. It is
// the form of Session Expiry, Message Expiry, Will Delay and Maximum Packet Size (MQTT 5, section
// 2.2.2.2). Mended: the four bytes as they are, the highest first (section 1.5.3). Paho's reader
// gives back all 32 bits. Unnecessary when: writeInt4 takes an unsigned number.
#include <cstdint>
#include <initializer_list>

// NOLINTNEXTLINE(bugprone-reserved-identifier): the linker chose this name.
extern "C" void __wrap_writeInt4(char** at, int number) {
  const auto bits = static_cast<std::uint32_t>(number);
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    **at = static_cast<char>(bits >> shift & 0xFFU);
    ++*at;
  }
}
