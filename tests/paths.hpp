// SPDX-License-Identifier: Apache-2.0
// Where the tests find the source tree and the commands. Only paths.cpp knows the build's folders,
// so a compiler cache serves every checkout.
#pragma once

#include <string>

namespace mqfail::test {

std::string source_dir();
std::string bin_dir();

}  // namespace mqfail::test
