// SPDX-License-Identifier: Apache-2.0
// The engine's face, and what each event means to it.
#include "policy/failover.hpp"

#include <algorithm>
#include <utility>

#include "policy/failover_engine.hpp"
#include "policy/overloaded.hpp"

namespace mqfail {
namespace {

// Losses in a row, sooner than `stable`, from which on a twin is likely (failover.md section 3).
constexpr int kTwinLosses = 3;

Reason timeout_of(Phase reached) {
  return {Cause::timeout, reached, 0, false, {}};
}

}  // namespace

void Failover::Engine::started() {
  if (state != FailoverState::idle) return;
  bad_since = alone_since = now;
  begin_pass();
  fill();
}

void Failover::Engine::connected(AttemptId id) {
  if (probe && probe->id == id) return probed(std::nullopt);
  const auto winner = std::find_if(attempts.begin(), attempts.end(),
                                   [&](const Attempt& attempt) { return attempt.id == id; });
  if (winner == attempts.end()) return;
  const Attempt attempt = *winner;
  attempts.erase(winner);
  learn_protocol(attempt);
  pass.note_denied(attempt.server, false);
  if (attempt.role == Role::standby) return stand_by(attempt);
  if (returning == id) {
    returning.reset();
    if (!live.empty()) return returned(attempt);
  }
  const bool is_way_back = std::exchange(way_back, std::nullopt) == id;
  const bool first = live.empty();
  live.push_back({attempt, now});
  patience.connected();
  roster.note_unfit(attempt.server, false);  // until the work says so
  if (missing_live() == 0) {
    // Those that lost the race were not refused: they keep their turn in this pass.
    std::erase_if(attempts, [&](const Attempt& loser) {
      if (loser.role != Role::active) return false;
      pass.give_turn_back(loser.server);
      abandon(loser);
      return true;
    });
    stagger_at.reset();
    returning.reset();
  }
  state = FailoverState::online;
  action::Use use{id, attempt.server, epoch, std::nullopt, Duration::zero()};
  if (first && epoch == 0) failed_passes = 0;
  if (first && epoch > 0) {
    use.from = from;
    use.outage = now - bad_since;
    if (is_way_back) use.move = std::exchange(move, Move::none);
    if (use.move == Move::failback) failback.returned(id);
  }
  if (epoch == 0 || (use.from && *use.from != attempt.server)) ++epoch;
  use.epoch = epoch;
  out.emplace_back(use);
  if (!first) return;
  ours.reset();
  // From here on each of those that failed in this pass waits by itself.
  for (const ServerIndex server : roster.order()) {
    if (is_free(server) && pass.had_turn(server)) put_off(server);
  }
  watch_priority();
  fill();
}

void Failover::Engine::reached(const event::Reached& event) {
  for (Attempt& attempt : attempts) {
    if (attempt.id != event.attempt) continue;
    attempt.reached = event.phase;
    if (event.phase > Phase::tcp)
      attempt.deadline =
          std::max(attempt.deadline, attempt.begun + allowed_behind_tcp(attempt.server));
    if (event.phase == Phase::subscribe) learn_protocol(attempt);  // behind an accepted CONNACK
  }
  if (probe && probe->id == event.attempt) probe->reached = event.phase;
}

void Failover::Engine::accepted(const event::Accepted& event) {
  for (Attempt& attempt : attempts) {
    if (attempt.id != event.attempt) continue;
    attempt.reached = Phase::subscribe;
    attempt.patience = event.patience;
    attempt.late = event.cause;
    attempt.deadline = now + event.patience;
    learn_protocol(attempt);
  }
}

// Failed and Lost both come here: the end of an attempt is its end, whichever word a transport that
// raced with us has chosen.
void Failover::Engine::ended(AttemptId id, const Reason& reason, Duration silent) {
  const auto used = std::find_if(live.begin(), live.end(),
                                 [&](const Accepted& one) { return one.attempt.id == id; });
  if (used != live.end()) return lost(used, reason, silent);
  const auto ready = std::find_if(standbys.begin(), standbys.end(),
                                  [&](const Accepted& one) { return one.attempt.id == id; });
  if (ready != standbys.end()) return standby_lost(ready, reason);
  const bool of_probe = probe && probe->id == id;
  const auto found = std::find_if(attempts.begin(), attempts.end(),
                                  [&](const Attempt& attempt) { return attempt.id == id; });
  if (!of_probe && found == attempts.end()) return;
  out.emplace_back(action::Abandon{id});
  if (of_probe) return probed(reason);
  const Attempt attempt = *found;
  attempts.erase(found);
  failed(attempt, reason);
}

void Failover::Engine::ticked() {
  if (state == FailoverState::idle) return;
  if (making_way && now >= making_way->deadline) way_made(making_way->attempt);
  if (const auto limit = time_bound(); limit && now >= limit->end) {
    if (!attempts.empty()) last_reason = timeout_of(attempts.back().reached);
    return give_up(ErrorKind::unavailable, last_reason, limit->bound);
  }
  if (state == FailoverState::waiting) {
    if (now >= wake) fill();
    return;
  }
  time_out();
  if (state == FailoverState::waiting || state == FailoverState::stopped) return;
  if (stagger_at && now >= *stagger_at) {
    stagger_at.reset();
    try_one_more();
  }
  if (state == FailoverState::online) fill();
  move_if_due();
  look_back();
}

void Failover::Engine::hurried() {
  roster.hurry();
  if (state == FailoverState::waiting || state == FailoverState::online) fill();
}

void Failover::Engine::ends_in(Duration left) {
  ends_by = left == Duration::max() ? TimePoint::max() : now + left;
  if (state == FailoverState::waiting) wake = std::min(wake, now + in_time(wake - now));
}

void Failover::Engine::stopped() {
  abandon_all();
  leave_standbys();
  for (const Accepted& one : live) out.emplace_back(action::Disconnect{one.attempt.id});
  live.clear();
  state = FailoverState::stopped;
}

void Failover::Engine::failed(const Attempt& attempt, const Reason& reason) {
  const Verdict what = judge(attempt, reason);
  out.emplace_back(action::TellFailed{attempt.id, attempt.server, reason, what, attempt.role});
  last_reason = reason;
  const bool was_returning = returning == attempt.id;
  if (was_returning) returning.reset();
  learn_protocol(attempt, reason);
  pass.note_denied(attempt.server, what == Verdict::auth);
  if (what == Verdict::redirect && missing_live() > 0) redirected(attempt.server, reason);
  if (what == Verdict::older_protocol) {
    const Role role = live.empty() ? Role::active : attempt.role;
    const bool guess = reason.cause != Cause::connack;
    const AttemptId again = connect(attempt.server, role, Protocol::mqtt311, guess);
    if (was_returning) returning = again;
    if (way_back == attempt.id) way_back = again;
    return;
  }
  // Another server was in use a moment ago, and takes us back.
  const bool was_way_back = way_back == attempt.id;
  if (was_way_back) {
    way_back.reset();
    if (std::exchange(move, Move::none) == Move::failback) failback.refused();
  }
  if (live.empty()) patience.failed(reason);
  if (what == Verdict::ours && !was_way_back) {
    if (live.empty() && attempts.empty() && !making_way)
      return give_up(ErrorKind::unavailable, reason);
    if (live.empty()) ours = reason;
  }
  if (what == Verdict::cool) roster.cool(attempt.server, now, random);
  if (!live.empty()) put_off(attempt.server);
  if (was_returning) failback.probed(false, now);
  const bool of_a_race = attempt.role == Role::active && !was_returning;
  if (live.empty() && settings.connect_stagger && of_a_race) try_one_more();
  fill();
}

void Failover::Engine::lost(std::vector<Accepted>::iterator which, const Reason& reason,
                            Duration silent) {
  const Accepted gone = *which;
  const ServerIndex server = gone.attempt.server;
  const Duration up = now - gone.since;
  live.erase(which);
  last_reason = reason;
  note_apart(gone);
  const Attempt* const thief = rival(gone.attempt, reason);
  if (thief != nullptr) {
    const bool is_way_back = returning == thief->id;
    note_shared(server, thief->server, reason);
    if (is_way_back) return give_way(gone);
  }
  const bool wordless = reason.cause == Cause::closed || reason.cause == Cause::reset;
  const bool is_stable = up >= settings.stable;
  early_losses = wordless && !is_stable ? early_losses + 1 : 0;
  const bool id_given = settings.client_id_given || roster.server(server).client_id;
  const bool maybe_twin = id_given && early_losses >= kTwinLosses;
  const std::optional<Duration> failback_hold = failback.lost(gone.attempt.id, is_stable);
  out.emplace_back(
      action::TellLost{gone.attempt.id, server, reason, up, maybe_twin, failback_hold});
  out.emplace_back(action::Retire{gone.attempt.id});

  Verdict what = verdict(reason, true, true);
  // Malformed packet, protocol error: it may be one message, and publish/poison finds out which.
  if (settings.publishes && (reason.code == 0x81 || reason.code == 0x82) && what == Verdict::ours)
    what = Verdict::next;
  const bool ghost = what == Verdict::taken_over && (now < ghosts_until || thief != nullptr);
  const bool nothing_else = live.empty() && attempts.empty() && standbys.empty();
  if ((what == Verdict::taken_over && !ghost) || (nothing_else && what == Verdict::ours)) {
    return give_up(ErrorKind::unavailable, reason);
  }
  if (nothing_else && !may_reconnect()) {
    return give_up(ErrorKind::unavailable, reason, pass_bound());
  }
  roster.lost(server);
  const bool was_stable = left(gone, std::max(gone.since, now - silent));
  if (!was_stable) learn_protocol(gone.attempt, reason);
  if (was_stable && may_reconnect()) begin_pass();
  if (what == Verdict::redirect && missing_live() > 0) redirected(server, reason);
  if (what == Verdict::cool) roster.cool(server, now, random);
  if (what == Verdict::auth && !was_stable) pass.note_denied(server, true);
  roster.note_unfit(server, reason.cause == Cause::unfit);

  const Duration first = settings.backoff.initial.value_or(Duration::zero());
  if (!live.empty()) {
    if (!was_stable || first > Duration::zero()) put_off(server);
    promote();
    return fill();
  }
  lost_the_last();
  if (!attempts.empty()) {
    state = FailoverState::connecting;
    return first <= Duration::zero() ? fill() : void();
  }
  if (!pick()) return pass_failed();
  if (first <= Duration::zero()) return fill();
  const Duration delay = in_time(first);
  wait(delay);
  out.emplace_back(action::TellBackoff{delay, 0, false});
}

// None is live. A standby takes over at once; what went on for a failback is no part of the pass.
void Failover::Engine::lost_the_last() {
  failback.end();
  rebalance.reset();
  abandon_probe();
  for (const Attempt& attempt : attempts) pass.use_turn(attempt.server);
  promote();
}

// A live connection is behind us. If it proved stable, what went wrong before it is forgiven.
// `last_sign`: of its life.
bool Failover::Engine::left(const Accepted& gone, TimePoint last_sign) {
  const ServerIndex server = gone.attempt.server;
  if (live.empty()) {
    from = server;
    bad_since = last_sign;
    alone_since = now;
  }
  if (now - gone.since < settings.stable) return false;
  roster.settled(server);
  backoff.reset();
  failed_passes = 0;
  attempts_made = 0;
  return true;
}

void Failover::Engine::time_out() {
  while (state != FailoverState::stopped) {
    const auto late = std::find_if(attempts.begin(), attempts.end(),
                                   [&](const Attempt& attempt) { return now >= attempt.deadline; });
    if (late == attempts.end()) break;
    const Attempt attempt = *late;
    attempts.erase(late);
    abandon(attempt);
    Reason reason = timeout_of(attempt.reached);
    reason.cause = attempt.late;
    if (attempt.late != Cause::timeout)
      reason.code = static_cast<int>(milliseconds(attempt.patience));
    failed(attempt, reason);
  }
  if (probe && now >= probe->deadline) {
    const Reason reason = timeout_of(probe->reached);
    out.emplace_back(action::Abandon{probe->id});
    probed(reason);
  }
}

std::optional<TimePoint> Failover::Engine::deadline() const {
  if (state == FailoverState::idle || state == FailoverState::stopped) return std::nullopt;
  std::optional<TimePoint> first;
  const auto at = [&](TimePoint point) { first = std::min(first.value_or(point), point); };
  if (const auto limit = time_bound()) at(limit->end);
  if (state == FailoverState::waiting) at(wake);
  if (making_way) at(making_way->deadline);
  for (const Attempt& attempt : attempts) at(attempt.deadline);
  if (stagger_at) at(*stagger_at);
  if (!live.empty() && under_way() < missing()) {
    if (const auto server = longest_waiting()) at(roster.free_at(*server));
  }
  if (probe) at(probe->deadline);
  if (!live.empty() && failback.watching() && !probe && !returning) at(failback.due());
  if (!live.empty() && rebalance && !returning) at(rebalance->at);
  if (!first) return std::nullopt;
  return std::max(*first, now);
}

Failover::Failover(const FailoverSettings& settings, const ServerList& servers, Random random)
    : engine_(std::make_unique<Engine>(settings, servers, random)) {}
Failover::~Failover() = default;
Failover::Failover(Failover&&) noexcept = default;

Actions Failover::step(const Event& event, TimePoint now) {
  Engine& engine = *engine_;
  if (engine.state == FailoverState::stopped) return {};
  engine.now = std::max(engine.now, now);
  std::visit(Overloaded{
                 [&](const event::Started&) { engine.started(); },
                 [&](const event::Reached& e) { engine.reached(e); },
                 [&](const event::Accepted& e) { engine.accepted(e); },
                 [&](const event::Connected& e) { engine.connected(e.attempt); },
                 [&](const event::Failed& e) { engine.ended(e.attempt, e.reason, {}); },
                 [&](const event::Lost& e) { engine.ended(e.attempt, e.reason, e.silent); },
                 [&](const event::Left& e) { engine.way_made(e.attempt); },
                 [&](const event::Ticked&) { engine.ticked(); },
                 [&](const event::Hurried&) { engine.hurried(); },
                 [&](const event::EndsIn& e) { engine.ends_in(e.left); },
                 [&](const event::ListChanged& e) { engine.list_changed(e); },
                 [&](const event::Stopped&) { engine.stopped(); },
             },
             event);
  return std::exchange(engine.out, {});
}

std::optional<TimePoint> Failover::deadline() const {
  return engine_->deadline();
}
FailoverState Failover::state() const {
  return engine_->state;
}
const Server& Failover::server(ServerIndex index) const {
  return engine_->roster.server(index);
}
std::vector<ServerIndex> Failover::roster() const {
  return engine_->roster.order();
}

}  // namespace mqfail
