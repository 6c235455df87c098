// SPDX-License-Identifier: Apache-2.0
// One line, one write(2): whoever reads stderr never sees half an event between two others.
#pragma once

#include <string_view>

namespace mqfail {

/// Writes `line` (which ends in a newline) with one call; only what the kernel did not take follows
/// in further ones. What cannot be written is dropped: nobody is left to be told.
void write_line(int fd, std::string_view line);

}  // namespace mqfail
