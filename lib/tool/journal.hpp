// SPDX-License-Identifier: Apache-2.0
// Whether a descriptor is the journal of systemd, and how a line tells it its priority
// (sd-daemon(3)).
#pragma once

#include <string_view>

#include "session/notice.hpp"

namespace mqfail {

/// Whether $JOURNAL_STREAM names the device and the inode of `fd` (systemd.exec(5)).
bool is_journal(int fd);

/// "<6>", "<4>" or "<3>": what a line begins with.
std::string_view journal_priority(Level level);

}  // namespace mqfail
