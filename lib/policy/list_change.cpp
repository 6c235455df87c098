// SPDX-License-Identifier: Apache-2.0
// A list was read again (failover.md section 5): what becomes of the connections and attempts.
#include <algorithm>

#include "policy/failover_engine.hpp"

namespace mqfail {

void Failover::Engine::list_changed(const event::ListChanged& event) {
  const RosterChange change = roster.change(event.servers, event.source, settings.forget_learned);
  if (change.any || !change.refused.empty()) {
    out.emplace_back(
        action::TellListChanged{change.added, change.removed, event.source, change.refused});
  }
  if (state == FailoverState::idle) return;
  if (!change.any) return plan_rebalance(event.rebalance);
  pass.replan(roster.pass(settings.randomize, random));
  const std::vector<ServerIndex> wanted = priority();
  const auto is_wanted = [&](ServerIndex server) {
    return std::find(wanted.begin(), wanted.end(), server) != wanted.end();
  };
  std::erase_if(attempts, [&](const Attempt& attempt) {
    const bool pointless = returning == attempt.id && !live.empty() && !is_wanted(attempt.server);
    if (roster.contains(attempt.server) && !pointless) return false;
    abandon(attempt);
    if (returning == attempt.id) returning.reset();
    return true;
  });
  std::erase_if(standbys, [&](const Accepted& one) {
    if (roster.contains(one.attempt.server)) return false;
    out.emplace_back(action::Disconnect{one.attempt.id});
    return true;
  });
  if (probe && !is_wanted(probe->server)) abandon_probe();
  bool left_one = false;
  for (auto one = live.begin(); one != live.end();) {
    if (roster.contains(one->attempt.server)) {
      ++one;
      continue;
    }
    const Accepted gone = *one;
    one = live.erase(one);
    out.emplace_back(action::Disconnect{gone.attempt.id});
    left(gone, now);
    left_one = true;
  }
  if (left_one && live.empty()) {
    if (!may_reconnect() && standbys.empty()) {
      return give_up(ErrorKind::unavailable, last_reason, pass_bound());
    }
    begin_pass();
    lost_the_last();
    return fill();
  }
  failback.end();  // what was probed may be another server than the one to go back to now
  watch_priority();
  if (state != FailoverState::waiting || !change.added.empty()) fill();
  plan_rebalance(event.rebalance);
}

}  // namespace mqfail
