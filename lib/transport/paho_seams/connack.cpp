// SPDX-License-Identifier: Apache-2.0
// Seam: a CONNACK without properties.
// Shortfall (Paho 1.3.12): a server that speaks only MQTT 3 answers an MQTT 5 CONNECT in the form
// of MQTT 3, with two bytes (seen with aedes). Paho then leaves the properties uninitialised and
// frees them: a crash, whenever the heap was used before. Mended: the missing length of the
// properties is added. Unnecessary when: Paho initialises them.
#include <array>

#include "transport/paho_seams/real.hpp"

// NOLINTNEXTLINE(bugprone-reserved-identifier): the linker chose this name.
extern "C" void* __wrap_MQTTPacket_connack(int version, unsigned char header, char* data,
                                           size_t size) {
  constexpr int kMqtt5 = 5;
  if (version < kMqtt5 || size != 2) return __real_MQTTPacket_connack(version, header, data, size);
  std::array<char, 3> whole{data[0], data[1], 0};
  return __real_MQTTPacket_connack(version, header, whole.data(), whole.size());
}
