// SPDX-License-Identifier: Apache-2.0
// The engine's standbys, and the moves from a good connection to a better one: back to a priority
// server (failover.md section 4), and to the server that comes first since an update (section 5).
#include <algorithm>
#include <utility>

#include "policy/failover_engine.hpp"

namespace mqfail {

// Ready. If one was lost meanwhile, it is needed at once.
void Failover::Engine::stand_by(const Attempt& attempt) {
  standbys.push_back({attempt, now});
  out.emplace_back(action::TellStandbyReady{attempt.id, attempt.server});
  promote();
}

// Standbys for the live ones that are missing.
void Failover::Engine::promote() {
  if (making_way) return;  // the next connection is the one to the priority server
  const auto on_the_way = [this] {
    return static_cast<std::size_t>(
        std::count_if(attempts.begin(), attempts.end(),
                      [](const Attempt& attempt) { return attempt.taking_over; }));
  };
  while (!standbys.empty() && on_the_way() < missing_live()) take_over(standbys.begin());
}

void Failover::Engine::take_over(std::vector<Accepted>::iterator which) {
  Attempt attempt = which->attempt;
  standbys.erase(which);
  attempt.role = Role::active;
  attempt.taking_over = true;
  attempt.reached = Phase::subscribe;
  attempt.deadline = now + allowed(attempt.server);
  pass.use_turn(attempt.server);
  attempts.push_back(attempt);
  if (live.empty()) state = FailoverState::connecting;
  stagger();
  out.emplace_back(action::TakeOver{attempt.id, attempt.server});
}

// It disturbs nobody: the next one waits for its back-off.
void Failover::Engine::standby_lost(std::vector<Accepted>::iterator which, const Reason& reason) {
  const Accepted gone = *which;
  const ServerIndex server = gone.attempt.server;
  standbys.erase(which);
  const Duration up = now - gone.since;
  out.emplace_back(action::Abandon{gone.attempt.id});
  out.emplace_back(action::TellStandbyLost{gone.attempt.id, server, reason, up});
  const Verdict what = verdict(reason, true, true);
  const bool was_stable = up >= settings.stable;
  if (was_stable) roster.settled(server);
  if (!was_stable) learn_protocol(gone.attempt, reason);
  pass.note_denied(server, what == Verdict::auth);
  if (what == Verdict::cool) roster.cool(server, now, random);
  if (!was_stable || what == Verdict::taken_over || what == Verdict::auth) put_off(server);
  fill();
}

// The servers to go back to, in the order of preference. The connection in use is not left for one
// that cannot do the work.
std::vector<ServerIndex> Failover::Engine::priority() const {
  const auto& wanted = settings.priority_servers;
  if (!settings.priority_backup || settings.width != 1) return {};
  const auto is_fit = [this](ServerIndex server) { return !roster.is_unfit(server); };
  if (wanted.empty()) {
    const ServerIndex first = roster.order().front();
    return is_fit(first) ? std::vector{first} : std::vector<ServerIndex>();
  }
  std::vector<ServerIndex> found;
  for (const ServerIndex index : roster.order()) {
    const bool named = std::any_of(wanted.begin(), wanted.end(), [&](const Server& server) {
      return same_endpoint(server, roster.server(index));
    });
    if (named && is_fit(index)) found.push_back(index);
  }
  return found;
}

// After each change of the live server or of the list.
void Failover::Engine::watch_priority() {
  const std::vector<ServerIndex> wanted = priority();
  const bool there =
      live.empty() || wanted.empty() ||
      std::find(wanted.begin(), wanted.end(), live.front().attempt.server) != wanted.end();
  if (there) {
    failback.end();
    abandon_probe();
  } else if (!failback.watching()) {
    failback.begin(live.front().since);
  }
}

void Failover::Engine::look_back() {
  if (live.empty() || !failback.watching() || probe || returning) return;
  if (!failback.ripe(now) && !failback.probe_due(now)) return;
  const auto target = failback.target(priority());
  if (!target) return;
  if (roster.is_cooling(*target, now)) return failback.probed(false, now);
  if (failback.ripe(now)) return move_to(*target, Move::failback);
  const auto [protocol, guess] = choose_protocol(*target);
  start_probe(*target, protocol, guess);
}

void Failover::Engine::start_probe(ServerIndex server, Protocol protocol, bool guess) {
  const AttemptId id{++last_id};
  probe = Attempt{id, server, protocol, now + allowed(server), Role::probe, false, guess};
  out.emplace_back(action::Connect{id, server, Role::probe, protocol, {}, allowed(server)});
}

void Failover::Engine::probed(std::optional<Reason> failure) {
  const Attempt done = *std::exchange(probe, std::nullopt);
  if (!failure) {
    out.emplace_back(action::Disconnect{done.id});
    learn_protocol(done);
    failback.probed(true, now);
    return look_back();
  }
  const Verdict what = judge(done, *failure);
  out.emplace_back(action::TellFailed{done.id, done.server, *failure, what, Role::probe});
  learn_protocol(done, *failure);
  if (what == Verdict::older_protocol) {
    return start_probe(done.server, Protocol::mqtt311, failure->cause != Cause::connack);
  }
  if (what == Verdict::cool) roster.cool(done.server, now, random);
  failback.probed(false, now);
}

// Make before break: the connection in use stays live until this one is.
void Failover::Engine::move_to(ServerIndex server, Move why) {
  move = why;
  const auto standby = std::find_if(standbys.begin(), standbys.end(), [&](const Accepted& one) {
    return one.attempt.server == server;
  });
  if (standby != standbys.end()) {
    returning = standby->attempt.id;
    return take_over(standby);
  }
  // A standby on the way there will be ready soon.
  if (!is_free(server)) return failback.postpone(now);
  if (must_wait(server)) return make_way(server);
  returning = connect(server, Role::active);
}

void Failover::Engine::returned(const Attempt& attempt) {
  const Accepted old = live.front();
  live = {{attempt, now}};
  left(old, now);
  rebalance.reset();
  if (move == Move::failback) failback.returned(attempt.id);
  out.emplace_back(action::Use{attempt.id, attempt.server, ++epoch, old.attempt.server,
                               Duration::zero(), std::exchange(move, Move::none)});
  out.emplace_back(action::Disconnect{old.attempt.id});
  begin_pass();  // the one that was left is as good as before
  watch_priority();
  fill();
}

// After each update. All clients of a server hear of it at the same time, so each moves at a random
// moment of the spread.
void Failover::Engine::plan_rebalance(bool wanted_by_source) {
  rebalance.reset();
  if (!settings.rebalance.value_or(wanted_by_source)) return;
  if (settings.width != 1 || live.empty() || roster.order().empty()) return;
  const std::vector<ServerIndex> plan = roster.pass(settings.randomize, random);
  const ServerIndex first = plan.front();
  if (first == live.front().attempt.server || roster.is_unfit(first)) return;
  const auto spread = static_cast<std::uint64_t>(settings.rebalance_spread.count());
  rebalance = Rebalance{first, now + Duration(static_cast<std::int64_t>(random.below(spread + 1)))};
}

// One try: whether it succeeds or not, the next update decides again.
void Failover::Engine::move_if_due() {
  if (!rebalance || now < rebalance->at || live.empty() || returning) return;
  const ServerIndex target = std::exchange(rebalance, std::nullopt)->target;
  if (!roster.contains(target) || roster.is_cooling(target, now)) return;
  move_to(target, Move::rebalance);
}

// If the CONNECT of an abandoned probe arrives late, it takes over no session: its client id is
// random.
void Failover::Engine::abandon_probe() {
  if (probe) out.emplace_back(action::Abandon{probe->id});
  probe.reset();
}

// The first standby takes over what is missing: it is to be a target.
void Failover::Engine::prefer_standbys(const std::vector<ServerIndex>& targets) {
  const auto first =
      std::stable_partition(standbys.begin(), standbys.end(), [&](const Accepted& one) {
        return std::find(targets.begin(), targets.end(), one.attempt.server) != targets.end();
      });
  const bool any_free = std::any_of(targets.begin(), targets.end(),
                                    [this](ServerIndex server) { return is_free(server); });
  if (first == standbys.begin() && any_free) leave_standbys();
}

void Failover::Engine::leave_standbys() {
  for (const Accepted& one : standbys) out.emplace_back(action::Disconnect{one.attempt.id});
  standbys.clear();
}

}  // namespace mqfail
