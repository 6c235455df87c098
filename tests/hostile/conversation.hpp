// SPDX-License-Identifier: Apache-2.0
// Holds one conversation: a command with a hostile server first and a good one behind it, and a
// third that no list names. One thread, one poll loop.
#pragma once

#include <string>

#include "hostile/peer.hpp"
#include "hostile/plan.hpp"

namespace hostile {

/// What came of it, for the laws.
struct Outcome {
  Ledger ledger;
  int status = -1;  ///< exit status, 128 + signal
  bool hung = false;
  double seconds = 0;
  long peak_kib = 0;
  std::string out, err;
  unsigned strangers = 0;  ///< connections to the server that is in no list
};

/// Servers in a conversation, as the ledger knows them.
inline constexpr int kHostile = 0, kGood = 1;

Outcome converse(const Plan& plan, const std::string& bin_dir);

}  // namespace hostile
