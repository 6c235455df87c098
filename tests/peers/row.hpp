// SPDX-License-Identifier: Apache-2.0
// One row of the table: numbered lines go through a peer while one of its nodes has a fault. One
// mqfail-pub for each address publishes a share of the lines, one mqfail-sub prints them all.
#pragma once

#include <string>
#include <vector>

#include "peers/peer.hpp"
#include "peers/promise.hpp"

namespace peers {

enum class Mode {
  cold,
  warm,
  hot,
  failback,
  persistent,           ///< cold, with a session that lasts
  persistent_failback,  ///< failback, with a session that lasts
};
enum class Fault {
  kill9,      ///< and the node comes back
  terminate,  ///< and the node comes back
  freeze,     ///< SIGSTOP for 8 s
};
std::string name_of(Mode mode);
std::string name_of(Fault fault);

struct Row {
  std::string kind;
  std::string form{};  ///< of the peer, see Peer::become
  Mode mode{};
  Fault fault{};
  Promise promise{};
  std::size_t node = 0;    ///< the one that has the fault
  milliseconds away = 3s;  ///< from the kill until the node is started again
  bool named = true;       ///< servers that share sessions are named with --cluster
};

struct Outcome {
  Measured measured;
  std::vector<Violation> violations;
  std::string events;  ///< of mqfail-sub and then of each mqfail-pub
};

/// `number` is the row's own, for its topic and client id. The peer is whole before and after.
Outcome run_row(Peer& peer, const Row& row, std::size_t number);

}  // namespace peers
