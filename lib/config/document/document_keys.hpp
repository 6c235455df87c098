// SPDX-License-Identifier: Apache-2.0
// The keys of a RedundantServers document (product.md section 5), known in any letter case.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "base/text.hpp"

namespace mqfail {

/// Of an item, in the order of the AVEVA page; kKeys stands for none of them.
enum Key : std::size_t {
  kHost,
  kPort,
  kProtocol,
  kTls,
  kUser,
  kPassword,
  kThumbprint,
  kCertificatePassword,
  kValidate,
  kServerId,
  kKeys
};
inline constexpr std::array<std::string_view, kKeys> kKeyNames = {"hostNameOrIpAddress",
                                                                  "port",
                                                                  "protocol",
                                                                  "tls",
                                                                  "userName",
                                                                  "password",
                                                                  "clientCertificateThumbprint",
                                                                  "clientCertificatePassword",
                                                                  "validateServerCertificate",
                                                                  "serverId"};

inline Key find_key(std::string_view name) {
  const auto* const found = std::find_if(kKeyNames.begin(), kKeyNames.end(),
                                         [&](auto known) { return same_word(name, known); });
  return static_cast<Key>(found - kKeyNames.begin());
}

/// True for the keys that a DataSource has besides those of an item.
inline bool is_data_source_key(std::string_view name) {
  constexpr std::array<std::string_view, 6> kNames = {"clientId",       "mqttVersion",
                                                      "streamIdPrefix", "defaultStreamIdPattern",
                                                      "timeZone",       "primaryHostId"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](auto known) { return same_word(name, known); });
}

}  // namespace mqfail
