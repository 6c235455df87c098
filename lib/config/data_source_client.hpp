// SPDX-License-Identifier: Apache-2.0
// What a DataSource says about the client rather than about its server (product.md section 5); a
// list of servers cannot hold it.
#pragma once

#include <optional>
#include <string>

#include "policy/event.hpp"

namespace mqfail {

struct DataSourceClient {
  std::optional<std::string> client_id;  ///< not empty
  std::optional<Protocol> protocol;
};

}  // namespace mqfail
