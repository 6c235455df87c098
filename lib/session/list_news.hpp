// SPDX-License-Identifier: Apache-2.0
// What became of reading a list of servers while the run goes on. It comes through the mailbox.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "policy/event.hpp"
#include "policy/server.hpp"

namespace mqfail {

struct ListNews {
  ListSource source = ListSource::document;
  Result<ServerList> servers;  ///< empty: as they were; or why they stay as they are
  bool rebalance = false;      ///< as of event::ListChanged
  std::vector<std::string> warnings = {};
};

}  // namespace mqfail
