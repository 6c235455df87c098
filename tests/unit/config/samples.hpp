// SPDX-License-Identifier: Apache-2.0
// The documents of samples/, by their name.
#pragma once

#include <string>

#include "paths.hpp"
#include "unit/scratch.hpp"

namespace mqfail::test {

inline std::string sample(const std::string& name) {
  return contents(source_dir() + "/tests/unit/config/samples/" + name);
}

}  // namespace mqfail::test
