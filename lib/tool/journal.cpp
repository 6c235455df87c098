// SPDX-License-Identifier: Apache-2.0
#include "tool/journal.hpp"

#include <sys/stat.h>

#include <cstdlib>
#include <string>

namespace mqfail {

bool is_journal(int fd) {
  const char* const stream = std::getenv("JOURNAL_STREAM");  // NOLINT(concurrency-mt-unsafe)
  struct stat status {};
  if (stream == nullptr || fstat(fd, &status) != 0) return false;
  return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) == stream;
}

std::string_view journal_priority(Level level) {
  switch (level) {
    case Level::info:
      return "<6>";
    case Level::warning:
      return "<4>";
    case Level::error:
      return "<3>";
  }
  return "<6>";
}

}  // namespace mqfail
