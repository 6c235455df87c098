// SPDX-License-Identifier: Apache-2.0
// What a request's target names. Rule: nothing but the list of a component, or one server of it,
// has a name here, so that no target can reach anything else.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace mqfail {

struct Resource {
  std::string component;                 ///< a possible component id
  std::optional<std::string> server_id;  ///< not empty; absent: the whole list
};

/// A target as in a request line, cut in two: `http://AUTHORITY/PATH` names its host itself.
struct Target {
  std::optional<std::string_view> authority;
  std::string_view path;
};
Target split_target(std::string_view target);

/// `/api/v1/configuration/<ComponentId>/RedundantServers[/<serverId>]`, ids percent-decoded, letter
/// case of the other words aside. Errors: no_input, if the path is another one; usage, if an id
/// cannot be one or there is a query.
Result<Resource> parse_resource(std::string_view path);

}  // namespace mqfail
