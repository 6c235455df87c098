// SPDX-License-Identifier: Apache-2.0
// mqfail-probe --plan: what a roster would do. Nothing is connected: the failover engine itself is
// played on a virtual time on which every server refuses the connection.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
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

/// The passes that follow if every server refuses the connection. The same plan gives the same.
struct PlannedPasses {
  struct Pass {
    Duration at{};                     ///< from the start
    std::vector<std::string> servers;  ///< ids, in the order in which they are tried
  };
  std::vector<Pass> passes;
  std::optional<Duration> gives_up;  ///< when; empty: there are more passes than are shown
  std::string bound;                 ///< the option that says so; empty: none does
};
PlannedPasses play(const Plan& plan);

/// The plan as lines of text.
std::string render_plan(const Plan& plan);
/// One JSON object on one line; keys are only ever added.
std::string render_plan_json(const Plan& plan);

}  // namespace mqfail
