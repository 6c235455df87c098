// SPDX-License-Identifier: Apache-2.0
// "1 message", "2 messages": a number and its noun for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mqfail {

/// `noun` gets its s unless the number is 1.
inline std::string counted(std::uint64_t number, std::string_view noun) {
  return std::to_string(number) + " " + std::string(noun) + (number == 1 ? "" : "s");
}

}  // namespace mqfail
