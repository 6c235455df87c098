// SPDX-License-Identifier: Apache-2.0
// Reads a file of keys or certificates. Not read_file() of base: a FIFO or a device must not block.
#pragma once

#include <string>

#include "base/secret.hpp"

namespace mqfail {

struct SmallFile {
  Secret bytes;      ///< all of it, if it could be read
  int error = 0;     ///< errno, also EISDIR
  bool fits = true;  ///< false: no regular file, or larger than 1 MiB; nothing was read
};

SmallFile read_small_file(const std::string& path);

}  // namespace mqfail
