// SPDX-License-Identifier: Apache-2.0
// Seam: many packets, one write.
// Shortfall (Paho 1.3.12): one writev(2) a packet; what does not fit is continued only by the
// receive thread after up to a second, nothing is read meanwhile, and a QoS > 0 write that meets a
// reset frees its payload twice (upstream issues 1621, 1622).
// Mended: writev() always succeeds, into the Wire, which sends at 32 KiB or when flushed: by the
// session after a batch, before any wait (wakeup.cpp) and before the end.
// Unnecessary when: Paho collects its writes and leaves no failed message with two owners.
#include "transport/paho_seams/in_path.hpp"
#include "transport/paho_seams/lent_memory.hpp"
#include "transport/paho_seams/real.hpp"
#include "transport/paho_seams/registry.hpp"

// NOLINTNEXTLINE(bugprone-reserved-identifier): the linker chose this name.
extern "C" ssize_t __wrap_writev(int fd, const iovec* pieces, int count) {
  mqfail::Wire* const wire = mqfail::find_wire(fd);
  if (wire == nullptr) return __real_writev(fd, pieces, count);
  mqfail::in_path(mqfail::Seam::coalesce);
  ssize_t total = 0;
  for (int i = 0; i < count; ++i) total += static_cast<ssize_t>(pieces[i].iov_len);
  wire->append(pieces, count, mqfail::borrow_payload(pieces, count));
  return total;
}
