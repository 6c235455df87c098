// SPDX-License-Identifier: Apache-2.0
#include "base/out_of_memory.h"

#include <unistd.h>

#include <atomic>

#include "base/error.hpp"
#include "base/write.hpp"

namespace {
std::atomic<void (*)()> way{mqfail_say_out_of_memory};
}

void mqfail_say_out_of_memory() {
  (void)mqfail::write_all(STDERR_FILENO,
                          "mqfail: out of memory; raise the limit (ulimit -v, MemoryMax=)\n");
}

void mqfail_say_out_of_memory_by(void (*say)()) {
  way = say;
}

void mqfail_out_of_memory() {
  way.load()();
  ::_exit(static_cast<int>(mqfail::ErrorKind::internal));
}
