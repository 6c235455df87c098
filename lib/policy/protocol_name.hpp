// SPDX-License-Identifier: Apache-2.0
// The name of a protocol version for people and scripts ("3.1", "3.1.1", "5"), and the words by
// which they name it.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "policy/server.hpp"

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

/// As -V and protocol= are best written.
constexpr std::string_view uri_word(Protocol protocol) {
  return protocol == Protocol::mqtt5 ? "5" : protocol == Protocol::mqtt311 ? "311" : "31";
}

/// mosquitto's spellings, then those of HiveMQ's and EMQX's tools.
constexpr std::optional<Protocol> protocol_of(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, Protocol>, 13> kSpellings = {{
      {"5", Protocol::mqtt5},
      {"mqttv5", Protocol::mqtt5},
      {"5.0", Protocol::mqtt5},
      {"v5", Protocol::mqtt5},
      {"311", Protocol::mqtt311},
      {"mqttv311", Protocol::mqtt311},
      {"3.1.1", Protocol::mqtt311},
      {"v3.1.1", Protocol::mqtt311},
      {"3", Protocol::mqtt311},
      {"4", Protocol::mqtt311},
      {"31", Protocol::mqtt31},
      {"mqttv31", Protocol::mqtt31},
      {"3.1", Protocol::mqtt31},
  }};
  for (const auto& [spelling, meaning] : kSpellings) {
    if (word == spelling) return meaning;
  }
  return std::nullopt;
}

}  // namespace mqfail
