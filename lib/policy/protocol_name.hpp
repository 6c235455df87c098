// SPDX-License-Identifier: Apache-2.0
// The name of a protocol version for people and scripts: "3.1", "3.1.1", "5".
#pragma once

#include <string_view>

#include "policy/event.hpp"

namespace mqfail {

constexpr std::string_view name(Protocol protocol) {
  switch (protocol) {
    case Protocol::mqtt31:
      return "3.1";
    case Protocol::mqtt311:
      return "3.1.1";
    case Protocol::mqtt5:
      return "5";
  }
  return "5";
}

}  // namespace mqfail
