// SPDX-License-Identifier: Apache-2.0
// All that one round has to tell: what every format shows.
#pragma once

#include <chrono>
#include <string>

#include "probe/history.hpp"
#include "probe/limits.hpp"
#include "probe/report.hpp"
#include "probe/verdict.hpp"

namespace mqfail {

struct Outcome {
  ServerReports servers;
  CrossMatrix cross;  ///< empty: it was not asked for
  Judgement judgement;
  Limits limits;
  bool features = false;                       ///< --features: also what each server can do
  std::chrono::system_clock::time_point at{};  ///< the end of the round
  History history;                             ///< of a watch; else it has this round or nothing
  double every_seconds = 0;                    ///< of a watch, from round to round; 0: it is none
};

/// Judges the answers of a round.
Outcome outcome_of(ServerReports servers, CrossMatrix cross, const Limits& limits);

}  // namespace mqfail
