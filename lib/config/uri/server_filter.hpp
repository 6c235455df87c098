// SPDX-License-Identifier: Apache-2.0
// updateClusterFilter (failover.md section 5): which servers an update may add. A list of regular
// expressions, each of which must match a server in full. RE2 matches in linear time, whatever a
// hostile update names.
#pragma once

#include <memory>
#include <string_view>

#include "base/error.hpp"
#include "policy/server.hpp"

namespace mqfail {

class ServerFilter {
 public:
  /// Reads expressions in RE2's syntax with commas between; a comma of an expression is written as
  /// \x2c. Errors (usage): one that is malformed, too large, or a glob such as *A*, for which
  /// the hint has the expression.
  static Result<ServerFilter> parse(std::string_view list);

  /// Whether an expression matches `host:port`, or with `id_counts` the server id, letter case
  /// aside. Whoever makes an update from the network chooses the ids in it. Thread-safe.
  bool admits(const Server& server, bool id_counts) const;

 private:
  struct Expressions;
  explicit ServerFilter(std::shared_ptr<const Expressions> expressions)
      : expressions_(std::move(expressions)) {}
  std::shared_ptr<const Expressions> expressions_;
};

}  // namespace mqfail
