// SPDX-License-Identifier: Apache-2.0
// Seam: one read, many packets.
// Shortfall (Paho 1.3.12): three recv(2) and two poll(2) for each packet that comes in.
// Mended: recv() is answered from 64 KiB read at once; poll() knows of it (wakeup.cpp).
// Unnecessary when: Paho buffers its input.
#include "transport/paho_seams/in_path.hpp"
#include "transport/paho_seams/real.hpp"
#include "transport/paho_seams/registry.hpp"

// NOLINTNEXTLINE(bugprone-reserved-identifier): the linker chose this name.
extern "C" ssize_t __wrap_recv(int fd, void* into, size_t size, int flags) {
  mqfail::Wire* const wire = flags == 0 && size != 0 ? mqfail::find_wire(fd) : nullptr;
  if (wire == nullptr) return __real_recv(fd, into, size, flags);
  mqfail::in_path(mqfail::Seam::read_ahead);
  return wire->read(into, size);
}
