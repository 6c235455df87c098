// SPDX-License-Identifier: Apache-2.0
// Compares what a server grants with what was asked for. A server that grants less causes one
// warning. With --strict it is not used.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "policy/server.hpp"
#include "session/notice.hpp"
#include "transport/transport.hpp"

namespace mqfail {

class Grants {
 public:
  /// The announcer outlives it.
  Grants(std::vector<Subscription> asked, bool strict, Announcer& announcer)
      : asked_(std::move(asked)), strict_(strict), announcer_(announcer) {}

  /// `server` has granted every filter, as `facts` say. A reason: it is not to be used.
  std::optional<Reason> check(const Server& server, const ConnectionFacts& facts);

 private:
  const std::vector<Subscription> asked_;
  const bool strict_;
  Announcer& announcer_;
  std::set<std::string> told_;  // ids of servers
};

}  // namespace mqfail
