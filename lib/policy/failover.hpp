// SPDX-License-Identifier: Apache-2.0
// Decides which server to use and when to try again (failover.md, mqfail(7)).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/random.hpp"
#include "policy/event.hpp"
#include "policy/settings.hpp"

namespace mqfail {

/// The states of the engine; each sentence says what is true in it.
enum class FailoverState {
  idle,        ///< nothing was started
  connecting,  ///< at least one attempt is under way, none is live
  online,      ///< at least one attempt is live, and as many more as `width` asks for are sought
  waiting,     ///< between two passes; only deadline(), Hurried or Stopped end it
  stopped,     ///< gave up or was told to stop: no Connect ever again
};
std::string_view name(FailoverState state);

/// Entirely passive: it owns no socket, thread, clock or dice of its own. Tell it what happened and
/// what time it is; it answers with what to do. The same seed and the same calls give the same
/// answers, so that a story from the field can be replayed as a test (`--trace`).
/// Not thread-safe; one owner.
class Failover {
 public:
  /// `servers` is not empty. Ids are unique (lib/config sees to both).
  Failover(const FailoverSettings& settings, const ServerList& servers, Random random);
  ~Failover();
  Failover(Failover&&) noexcept;

  /// Takes one event and appends nothing but what the caller must now do, in order.
  /// Events of an attempt that is not current change nothing. `now` never goes backwards.
  Actions step(const Event& event, TimePoint now);

  /// When step(Ticked) is next due; empty if only an event can wake us. Never before the last
  /// `now`.
  std::optional<TimePoint> deadline() const;

  FailoverState state() const;
  /// Valid for every index that an action has carried or will carry.
  const Server& server(ServerIndex index) const;
  /// All servers of the roster in their present order of preference.
  std::vector<ServerIndex> roster() const;

 private:
  struct Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace mqfail
