// SPDX-License-Identifier: Apache-2.0
#include "paths.hpp"

#include <cstdlib>

namespace mqfail::test {

std::string source_dir() {
  return MQFAIL_SOURCE_DIR;
}
std::string bin_dir() {
  // tests/run.sh --valgrind has its own commands, which start the built ones under valgrind.
  const char* const other = std::getenv("MQFAIL_TEST_BIN_DIR");
  return other != nullptr ? other : MQFAIL_BIN_DIR;
}

}  // namespace mqfail::test
