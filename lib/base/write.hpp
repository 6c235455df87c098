// SPDX-License-Identifier: Apache-2.0
// All bytes to a descriptor that may be waited for, or the reason why not.
#pragma once

#include <chrono>
#include <string_view>

namespace mqfail {

/// 0 once everything is written, else errno; part of it may be written then.
int write_all(int fd, std::string_view bytes);

/// Whether a SIGINT or SIGTERM that is blocked waits to be taken: the process is to end.
bool end_waits();

/// As write_all(), for a thread with these signals blocked: nobody may read what it writes to. Also
/// EINTR, once nothing can be written and end_waits(); EAGAIN, once nothing could be written for
/// `longest_stall`.
int write_unless_ended(int fd, std::string_view bytes,
                       std::chrono::milliseconds longest_stall = std::chrono::milliseconds::max());

}  // namespace mqfail
