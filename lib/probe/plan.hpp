// SPDX-License-Identifier: Apache-2.0
// mqfail-probe --plan: what a roster would do. Nothing is connected: the failover engine itself is
// played on a virtual time on which every server refuses the connection.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "policy/settings.hpp"

namespace mqfail {

struct Plan {
  struct Entry {
    Server server;
    std::string origin;  ///< what it owes its place to, such as "-s" or "srv example.org"
  };
  struct Source {
    std::string name;  ///< "updatesTopic"
    std::string text;  ///< its value, and when it is read
  };
  std::vector<Entry> servers;   ///< in the order of preference, each endpoint once
  std::vector<Source> sources;  ///< from which the list may change
  FailoverSettings settings;
  std::uint64_t seed = 0;
};

/// Most passes that are shown.
inline constexpr std::size_t kShownPasses = 8;

/// The plan as lines of text. The same plan gives the same text.
std::string render_plan(const Plan& plan);

}  // namespace mqfail
