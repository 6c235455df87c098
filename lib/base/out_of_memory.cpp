// SPDX-License-Identifier: Apache-2.0
#include "base/out_of_memory.h"

#include <unistd.h>

#include <string_view>

#include "base/error.hpp"
#include "base/write.hpp"

void mqfail_out_of_memory() {
  (void)mqfail::write_all(STDERR_FILENO,
                          "mqfail: out of memory; raise the limit (ulimit -v, MemoryMax=)\n");
  ::_exit(static_cast<int>(mqfail::ErrorKind::internal));
}
