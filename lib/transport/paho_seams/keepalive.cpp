// SPDX-License-Identifier: Apache-2.0
// Seam: the keepalive is ours.
// Shortfall (Paho 1.3.12): a frozen server is found after up to 2.5 keepalives plus a second, and a
// reader that pauses (back-pressure) loses its connection because PINGRESP is not read.
// Mended: Paho's own check does nothing; Wire::prepare_to_wait() does what ../wire/keepalive.hpp
// says is due.
// Unnecessary when: Paho counts any byte received as life and checks in milliseconds.
#include "transport/paho_seams/in_path.hpp"
#include "transport/paho_seams/real.hpp"
#include "transport/paho_seams/registry.hpp"

// NOLINTBEGIN(bugprone-reserved-identifier): the linker chose these names.
extern "C" {

void __wrap_MQTTProtocol_keepalive(...) {
  mqfail::in_path(mqfail::Seam::keepalive);
}

// Paho forgets a PINGRESP at once; to us it proves that the server has read what went before.
int __wrap_MQTTProtocol_handlePingresps(void* packet, int fd) {
  if (mqfail::Wire* const wire = mqfail::find_wire(fd)) wire->pong();
  return __real_MQTTProtocol_handlePingresps(packet, fd);
}
}
// NOLINTEND(bugprone-reserved-identifier)
