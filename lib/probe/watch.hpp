// SPDX-License-Identifier: Apache-2.0
// mqfail-probe --watch: round after round, and what changes from one to the next is told, and
// announced on a topic if that is wanted.
#pragma once

#include <functional>
#include <string>

#include "base/error.hpp"
#include "probe/round.hpp"

namespace mqfail {

struct WatchSettings {
  ProbeSettings probe;
  Duration every{};        ///< from the beginning of a round to that of the next
  std::string topic = {};  ///< to announce the servers that answer on; empty: they are not
  /// The payload for these servers; `rebalance`: one of them has come back.
  std::function<Result<std::string>(const ServerList&, bool rebalance)> payload = {};
  int signals_fd = -1;  ///< readable when goes_on() is to be asked
  int output_fd = -1;   ///< goes_on() is to be asked when nobody reads it any more
  int screen_fd = -1;   ///< readable when the listener's screen() is to be called; -1: never
  /// Whether to go on, with a new round at once.
  std::function<bool()> goes_on = {};
};

/// Hears of what happens, on the thread of watch().
struct WatchListener {
  /// The server is up, or down, and was not, or it is the first round. An error ends the watch.
  std::function<Result<Done>(const ServerReport&)> changed;
  /// A round is complete, and what has changed is told. An error ends the watch.
  std::function<Result<Done>(const Round&)> rounded = {};
  /// WatchSettings::screen_fd is readable.
  std::function<void()> screen = {};
  /// The server answers, but has not taken the list. Told once for the same reason in a row.
  std::function<void(const Server&, const Reason&)> refused;
};

/// Returns when goes_on() says no. Errors: this machine cannot try any server, what the listener
/// says, what the payload says. `servers` outlives it.
Result<Done> watch(const ServerList& servers, const WatchSettings& settings,
                   const WatchListener& listener);

}  // namespace mqfail
