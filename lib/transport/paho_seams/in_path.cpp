// SPDX-License-Identifier: Apache-2.0
#include "transport/paho_seams/in_path.hpp"

#include <iterator>

namespace mqfail {

std::string seams_not_in_path(bool tls) {
  constexpr const char* kNames[] = {"tracing_off", "descriptor", "coalesce",  "read_ahead",
                                    "wakeup",      "run_thread", "keepalive", "tls"};
  std::string missing;
  for (unsigned i = 0; i < std::size(kNames); ++i) {
    if (static_cast<Seam>(i) == Seam::tls && !tls) continue;
    if ((g_seams_used & 1U << i) == 0) missing.append(missing.empty() ? "" : " ").append(kNames[i]);
  }
  return missing;
}

}  // namespace mqfail

// For the seam that is written in C.
extern "C" void mqfail_tracing_off_in_path() {
  mqfail::in_path(mqfail::Seam::tracing_off);
}
