// SPDX-License-Identifier: Apache-2.0
// Whether Paho really goes through the seams. If the linker leaves one out, this shows only as lost
// time or lost messages. So each seam reports that it is called, and each connection that opens
// asks which seams have not reported.
#pragma once

#include <atomic>
#include <string>

namespace mqfail {

enum class Seam {
  tracing_off,
  descriptor,
  coalesce,
  read_ahead,
  wakeup,
  run_thread,
  keepalive,
  tls
};

inline std::atomic<unsigned> g_seams_used{0};

/// Any thread; after the first call it costs a load.
inline void in_path(Seam seam) {
  const unsigned bit = 1U << static_cast<unsigned>(seam);
  if ((g_seams_used.load(std::memory_order_relaxed) & bit) == 0) g_seams_used |= bit;
}

/// The file names, without ending, of the seams that an open connection (over TLS if `tls`) must
/// have gone through and has not; empty if all is well.
std::string seams_not_in_path(bool tls);

}  // namespace mqfail
