// SPDX-License-Identifier: Apache-2.0
// What stands in the memory of a running program, as a debugger or a core file would see it.
#pragma once

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include "rig/basics.hpp"

namespace rig {

/// How often `word` stands in the memory that the process can write to; nothing if we may not look.
inline std::optional<int> copies_in_memory(pid_t pid, std::string_view word) {
  const std::string proc = "/proc/" + std::to_string(pid);
  const Fd memory(::open((proc + "/mem").c_str(), O_RDONLY | O_CLOEXEC));
  std::ifstream maps(proc + "/maps");
  if (!memory || !maps) return std::nullopt;
  int count = 0;
  std::string bytes;
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0, end = 0;
    char rights[5]{};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, rights) != 3) continue;
    if (std::string_view(rights, 2) != "rw") continue;
    bytes.resize(end - begin);
    const ssize_t got =
        ::pread(memory.get(), bytes.data(), bytes.size(), static_cast<off_t>(begin));
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    for (std::size_t at = bytes.find(word); at != std::string::npos; at = bytes.find(word, at + 1))
      ++count;
  }
  return count;
}

}  // namespace rig
