// SPDX-License-Identifier: Apache-2.0
// The descriptors that a command was started with: 0, 1 and 2, and those that a flag names by
// number. They are checked before a descriptor of our own is opened, so that a number never means
// one of ours.
#pragma once

#include <string>

#include "base/error.hpp"

namespace mqfail {

enum class Direction { reading, writing };

/// Opens /dev/null where 0, 1 or 2 is closed, so that no file or socket of ours gets that number
/// and is taken for standard input or output. In the wrong direction: reading from standard input
/// and writing to the other two fails with EBADF, as it does without them. First thing in main.
/// Errors: internal, if there is no /dev/null.
Result<Done> fill_standard_descriptors();

/// Whether `fd` is open, and for this direction.
bool is_open_for(int fd, Direction direction);

/// A usage error that names `flag` unless is_open_for().
Result<Done> check_descriptor(const std::string& flag, int fd, Direction direction);

}  // namespace mqfail
