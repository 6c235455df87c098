// SPDX-License-Identifier: Apache-2.0
#include "probe/outcome.hpp"

#include <utility>

namespace mqfail {

Outcome outcome_of(ServerReports servers, CrossMatrix cross, const Limits& limits) {
  Judgement judgement = judge(servers, cross, limits);
  return {.servers = std::move(servers),
          .cross = std::move(cross),
          .judgement = std::move(judgement),
          .limits = limits};
}

}  // namespace mqfail
