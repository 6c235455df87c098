// SPDX-License-Identifier: Apache-2.0
#include "publish/spool_state.hpp"

#include <array>
#include <cstdio>

#include "publish/crc32c.hpp"

namespace mqfail {

std::string SpoolState::text() const {
  std::array<char, kSize + 1> line{};
  std::snprintf(line.data(), line.size(), "mqfail spool 1 %s %020llu %020llu", publisher_id.c_str(),
                static_cast<unsigned long long>(last), static_cast<unsigned long long>(settled));
  std::snprintf(line.data() + kChecked, line.size() - kChecked, " %08x\n",
                crc32c({line.data(), kChecked}));
  return {line.data(), kSize};
}

std::optional<SpoolState> SpoolState::parse(const std::string& text) {
  std::array<char, 33> id{};
  unsigned long long last = 0;
  unsigned long long settled = 0;
  if (std::sscanf(text.c_str(), "mqfail spool 1 %32s %llu %llu", id.data(), &last, &settled) != 3)
    return std::nullopt;
  SpoolState state{id.data(), last, settled};
  if (state.text() != text) return std::nullopt;
  return state;
}

}  // namespace mqfail
