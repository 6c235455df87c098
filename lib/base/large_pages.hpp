// SPDX-License-Identifier: Apache-2.0
// Large pages for a large array: on a virtual machine the page faults of a list of ten thousand
// servers took longer than reading it. Without them, or if the kernel has none, nothing changes.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mqfail {

/// reserve(), with pages of 2 MiB where the array spans whole ones.
template <class T>
void reserve_large(std::vector<T>& array, std::size_t count) {
  constexpr std::uintptr_t kLargePage = 2U << 20U;
  array.reserve(count);
  const auto begin = reinterpret_cast<std::uintptr_t>(array.data());
  const std::uintptr_t end = (begin + count * sizeof(T)) & ~(kLargePage - 1);
  const std::uintptr_t first = (begin + kLargePage - 1) & ~(kLargePage - 1);
  if (first < end) madvise(reinterpret_cast<void*>(first), end - first, MADV_HUGEPAGE);
}

}  // namespace mqfail
