// SPDX-License-Identifier: Apache-2.0
// What mqfail promises in a row, and whether it was kept. What a server loses, sends twice or puts
// out of order, and how long its elections take, depends on the machine: that is measured and shown
// in the table, and mqfail-sub must tell it, but it is not judged.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fault/printed.hpp"

namespace peers {

/// What may become of lines that the servers have acknowledged.
enum class Loss {
  none,
  explained,  ///< it is told, and the outages that are told explain how much it is
  told,       ///< mqfail-sub says that some may be missing; the server decides how many
  silent,     ///< the server loses some, and nobody can tell
};

/// In which order the lines of one publisher are printed.
enum class Order {
  kept,
  until_thaw,  ///< what a frozen server had received comes when it thaws, behind later lines
  any,
};

struct Promise {
  Loss loss = Loss::none;
  bool once = true;  ///< what is sent again is what was under way
  Order order = Order::kept;
  /// Seconds without a line at most, on a quiet machine. Empty: the server decides.
  std::optional<double> silence = 1;
  /// Empty: the server decides.
  std::optional<std::size_t> failovers = 1, publishers_failovers = 1;
  bool returns = true;   ///< in a mode that fails back
  std::string reason{};  ///< what the server does, if that is why less is promised
  /// Why lines are still printed again more often. Then "doubled" is no failure; the row says NOT
  /// REACHED.
  std::string today{};
};

/// What was seen in a row.
struct Measured {
  std::uint32_t lines = 0;
  fault::Printed before;  ///< the fault; its silence is the machine's
  fault::Printed printed;
  std::size_t failovers = 0, publishers_failovers = 0;
  std::size_t connections_ended = 0;  ///< live ones, of mqfail-sub and of every mqfail-pub
  double outage = 0;                  ///< seconds: of mqfail-sub and of every mqfail-pub, as told
  bool felt = false;                  ///< mqfail-sub has told that it lost a server
  bool told = false;                  ///< mqfail-sub has told that messages may be missing
  bool returned = true;               ///< in a mode that fails back
  int status = -1;                    ///< of mqfail-sub
  std::vector<int> publishers_statuses;  ///< of each mqfail-pub
  std::optional<rig::Moment> thawed;     ///< the server that was frozen
};

struct Violation {
  std::string what;
  /// A machine that stands still for a moment causes it as well: the row is run once more, and the
  /// table says so. That is never so of a loss, of damage or of an exit status.
  bool may_be_the_machine = false;
};
std::vector<Violation> violations(const Measured& measured, const Promise& promise);

}  // namespace peers
