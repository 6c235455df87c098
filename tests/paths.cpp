// SPDX-License-Identifier: Apache-2.0
#include "paths.hpp"

namespace mqfail::test {

std::string source_dir() {
  return MQFAIL_SOURCE_DIR;
}
std::string bin_dir() {
  return MQFAIL_BIN_DIR;
}

}  // namespace mqfail::test
