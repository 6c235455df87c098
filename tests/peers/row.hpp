// SPDX-License-Identifier: Apache-2.0
// One row of the table: numbered lines go through a peer while one of its nodes has a fault. One
// mqfail-pub for each address publishes a share of the lines, one mqfail-sub prints them all.
#pragma once

#include <string>
#include <vector>

#include "fault/printed.hpp"
#include "peers/peer.hpp"

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

/// The most that is to be reached in a row.
struct Bounds {
  std::size_t lost = 0;
  std::size_t doubled = 200;  ///< a window of the publisher, and one of the server
  std::size_t reordered = 0;
  double silence = 1;  ///< seconds
  std::size_t failovers = 1, publishers_failovers = 1;
  bool returns = true;  ///< in a mode that fails back, it must
  bool told = true;     ///< if lines are lost, mqfail-sub must know that some may be missing
  /// What the server does, where a bound is looser than what mqfail promises.
  std::string reason{};
  /// Why lines are still printed again more often. Then "doubled" is no failure.
  std::string today{};
};

struct Row {
  std::string kind;
  std::string form{};  ///< of the peer, see Peer::become
  Mode mode{};
  Fault fault{};
  Bounds most{};
  std::size_t node = 0;    ///< the one that has the fault
  milliseconds away = 3s;  ///< from the kill until the node is started again
  bool named = true;       ///< servers that share sessions are named with --cluster
};

struct Outcome {
  std::uint32_t lines = 0;
  fault::Printed printed;
  std::size_t failovers = 0, publishers_failovers = 0;
  int status = -1;                       ///< of mqfail-sub
  std::vector<int> publishers_statuses;  ///< of each mqfail-pub
  std::vector<std::string> violations;   ///< of the bounds, and other faults
  std::string events;                    ///< of mqfail-sub and then of each mqfail-pub
};

/// `number` is the row's own, for its topic and client id. The peer is whole before and after.
Outcome run_row(Peer& peer, const Row& row, std::size_t number);

}  // namespace peers
