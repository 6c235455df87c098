// SPDX-License-Identifier: Apache-2.0
// A number that nobody can foresee, from the kernel. std::random_device asks the processor first
// what it can do (CPUID), which a virtual machine answers by leaving it: 30 us of a start.
#pragma once

#include <cstdint>

namespace mqfail {

std::uint64_t throw_dice();

}  // namespace mqfail
