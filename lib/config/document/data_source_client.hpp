// SPDX-License-Identifier: Apache-2.0
// What a DataSource says about the client and not about its server (product.md section 5). A list
// of servers alone has no keys for it.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/document/json_tree.hpp"
#include "config/document/problem.hpp"
#include "policy/event.hpp"

namespace mqfail {

struct DataSourceClient {
  std::optional<std::string> client_id;  ///< not empty
  std::optional<Protocol> protocol;
  bool says_anything() const { return client_id || protocol; }
};

/// Reads the keys of a DataSource that concern the client. `pointer` is its JSON pointer; errors
/// and warnings are appended.
DataSourceClient read_client(const JsonValue& source, const std::string& pointer,
                             std::vector<Problem>& problems);

/// The words of mqttVersion, and their meanings in the same order.
inline constexpr std::array<std::string_view, 3> kVersionWords = {"3.1.0", "3.1.1", "5.0.0"};
inline constexpr std::array kVersions = {Protocol::mqtt31, Protocol::mqtt311, Protocol::mqtt5};
inline std::string_view version_word(Protocol protocol) {
  return kVersionWords[static_cast<std::size_t>(protocol) - static_cast<std::size_t>(kVersions[0])];
}

}  // namespace mqfail
