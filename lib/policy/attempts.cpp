// SPDX-License-Identifier: Apache-2.0
// Whom the engine tries, how many at a time, when it waits and when it gives up (failover.md
// section 2).
#include <algorithm>

#include "policy/failover_engine.hpp"

namespace mqfail {
namespace {

// A bound of nothing would let a pass spin without time going by.
constexpr Duration kLeastConnectTimeout = std::chrono::milliseconds(1);

}  // namespace

void Failover::Engine::begin_pass() {
  pass = Pass(roster.pass(settings.randomize, random));
  for (const Attempt& attempt : attempts) pass.use_turn(attempt.server);
  ours.reset();
  redirects = 0;
}

// How many more servers should be live; those on the way count as missing still.
std::size_t Failover::Engine::missing_live() const {
  // A message that two nodes of one cluster have acknowledged is in one store.
  const std::size_t all = settings.width > 1 ? roster.stores() : roster.order().size();
  const auto width = static_cast<std::size_t>(std::max<std::int64_t>(settings.width, 0));
  const std::size_t wanted = width == 0 ? all : std::min(width, all);
  return wanted - std::min(wanted, live.size());
}

// The same with the standbys, which are looked for only beside a live one.
std::size_t Failover::Engine::missing() const {
  const std::size_t to_be_live = missing_live();
  if (live.empty()) return to_be_live;
  const std::size_t rest = roster.order().size() - live.size() - to_be_live;
  const auto pool = static_cast<std::size_t>(std::max<std::int64_t>(settings.standbys, 0));
  const std::size_t wanted = std::min(pool, rest);
  return to_be_live + wanted - std::min(wanted, standbys.size());
}

// With none live a standby on the way delays nothing either.
std::size_t Failover::Engine::under_way() const {
  return under_way(Role::active) + (live.empty() ? 0 : under_way(Role::standby));
}

bool Failover::Engine::is_free(ServerIndex server) const {
  return std::none_of(live.begin(), live.end(),
                      [&](const Accepted& one) { return one.attempt.server == server; }) &&
         std::none_of(standbys.begin(), standbys.end(),
                      [&](const Accepted& one) { return one.attempt.server == server; }) &&
         std::none_of(attempts.begin(), attempts.end(),
                      [&](const Attempt& one) { return one.server == server; });
}

// Whom to try now. Without leave to reconnect, each server has the one turn of the first pass.
std::optional<ServerIndex> Failover::Engine::pick() const {
  if (live.empty()) {
    return pass.next(roster, now, [this](ServerIndex server) { return !must_wait(server); });
  }
  const auto server = longest_waiting();
  if (!server || roster.free_at(*server) > now) return std::nullopt;
  return server;
}

// Beside a live connection: the free server that has waited longest or will be the first to have
// waited enough, so that no server that fails time and again takes another one's place.
std::optional<ServerIndex> Failover::Engine::longest_waiting() const {
  return pass.first_free(roster, [this](ServerIndex server) {
    return is_free(server) && !must_wait(server) && (may_reconnect() || !pass.had_turn(server));
  });
}

void Failover::Engine::try_next(Role role) {
  const auto server = pick();
  if (!server) return;
  pass.use_turn(*server);
  connect(*server, role);
}

// A standby is further on than any new attempt.
void Failover::Engine::try_one_more() {
  if (missing_live() > 0 && !standbys.empty()) return take_over(standbys.begin());
  try_next(Role::active);
}

// An attempt for a failback is not counted: it delays nothing.
std::size_t Failover::Engine::under_way(Role role) const {
  return static_cast<std::size_t>(std::count_if(
      attempts.begin(), attempts.end(),
      [&](const Attempt& attempt) { return attempt.role == role && attempt.id != returning; }));
}

// As many attempts as servers are missing; a pass in which nobody is left to try has failed.
void Failover::Engine::fill() {
  if (making_way) return;
  promote();
  while (under_way() < missing() && pick()) {
    const bool for_live = live.empty() || under_way(Role::active) < missing_live();
    try_next(for_live ? Role::active : Role::standby);
  }
  if (live.empty() && attempts.empty()) pass_failed();
}

void Failover::Engine::pass_failed() {
  // Nobody was tried: a discovery has found no server so far. Its first list begins a pass.
  if (roster.order().empty()) {
    last_reason = {Cause::dns, Phase::dns, 0, false, "no server is known so far"};
    return wait(in_time(settings.backoff.cap));
  }
  ++failed_passes;
  patience.pass_failed();
  if (ours) return give_up(ErrorKind::unavailable, *ours);
  const auto& order = roster.order();
  if (std::all_of(order.begin(), order.end(),
                  [this](ServerIndex server) { return is_hopeless(server); })) {
    const bool denied = pass.denied_by_all(roster);
    return give_up(denied ? ErrorKind::denied : ErrorKind::unavailable, last_reason);
  }
  if (passes_are_used_up()) return give_up(ErrorKind::unavailable, last_reason, pass_bound());
  begin_pass();
  const Duration delay = in_time(backoff.next(random));
  wait(delay);
  const auto every = static_cast<std::uint64_t>(std::max<std::int64_t>(settings.warn_every, 0));
  const bool warn = every > 0 && (failed_passes == 1 || failed_passes % every == 0);
  out.emplace_back(action::TellBackoff{delay, failed_passes, warn});
}

AttemptId Failover::Engine::connect(ServerIndex server, Role role) {
  const auto [protocol, guess] = choose_protocol(server);
  return connect(server, role, protocol, guess);
}

Failover::Engine::Choice Failover::Engine::choose_protocol(ServerIndex server) const {
  if (const auto fixed = fixed_protocol(server)) return {*fixed, false};
  return {roster.protocol(server, Protocol::mqtt5), roster.guesses_older(server)};
}

std::optional<Protocol> Failover::Engine::fixed_protocol(ServerIndex server) const {
  return mqfail::fixed_protocol(roster.server(server), settings.protocol);
}

AttemptId Failover::Engine::connect(ServerIndex server, Role role, Protocol protocol, bool guess) {
  const AttemptId id{++last_id};
  ++attempts_made;
  attempts.push_back({.id = id,
                      .server = server,
                      .protocol = protocol,
                      .deadline = now + allowed(server),
                      .role = role,
                      .guess = guess,
                      .client_id = client_id_for(server),
                      .begun = now});
  if (live.empty()) state = FailoverState::connecting;
  stagger();
  out.emplace_back(action::Connect{id, server, role, protocol, attempts.back().client_id,
                                   allowed_behind_tcp(server)});
  return id;
}

// Another one is tried in parallel if this one is slow to answer.
void Failover::Engine::stagger() {
  stagger_at.reset();
  if (!settings.connect_stagger || missing_live() == 0) return;
  if (pick() || !standbys.empty()) stagger_at = now + *settings.connect_stagger;
}

// Another try will come to nothing, as long as the server stays as it is.
bool Failover::Engine::is_hopeless(ServerIndex server) const {
  return roster.is_unfit(server) || pass.denied_by(server);
}

// Beside a live connection: not before a back-off of its own. Who denies us is asked again only
// after the longest one, because accounts get locked.
void Failover::Engine::put_off(ServerIndex server) {
  roster.put_off(server, now, random);
  if (is_hopeless(server)) roster.put_off_until(server, now + settings.backoff.cap);
}

Duration Failover::Engine::allowed(ServerIndex server) const {
  return std::max(roster.server(server).connect_timeout.value_or(settings.connect_timeout),
                  kLeastConnectTimeout);
}

Duration Failover::Engine::allowed_behind_tcp(ServerIndex server) const {
  return patience.bound(allowed(server));
}

// A server that comes back shortly before the end is to be found: no delay takes more than half of
// the time that is left.
Duration Failover::Engine::in_time(Duration delay) const {
  constexpr Duration kLeast = std::chrono::milliseconds(100);
  const auto limit = time_bound();
  const TimePoint end = std::min(ends_by, limit ? limit->end : TimePoint::max());
  return end == TimePoint::max() ? delay : std::min(delay, std::max(kLeast, (end - now) / 2));
}

void Failover::Engine::wait(Duration delay) {
  state = FailoverState::waiting;
  stagger_at.reset();
  wake = now + delay;
}

void Failover::Engine::abandon(const Attempt& attempt) {
  ghosts_until = now + settings.stable;
  out.emplace_back(action::Abandon{attempt.id});
}

void Failover::Engine::abandon_all() {
  for (const Attempt& attempt : attempts) abandon(attempt);
  attempts.clear();
  stagger_at.reset();
  returning.reset();
  abandon_probe();
}

void Failover::Engine::give_up(ErrorKind kind, const Reason& reason, Bound bound) {
  abandon_all();
  leave_standbys();
  state = FailoverState::stopped;
  out.emplace_back(
      action::GiveUp{kind, reason, failed_passes, attempts_made, bound, now - alone_since});
}

// Which of the bounds on passes holds. --once wins; until the first success the start has its own,
// if it was given.
Bound Failover::Engine::pass_bound() const {
  if (settings.once) return Bound::once;
  if (epoch == 0 && settings.startup_max_passes >= 0) return Bound::startup_passes;
  return Bound::passes;
}

// Below 0: without end.
std::int64_t Failover::Engine::most_passes() const {
  if (pass_bound() == Bound::once) return 1;
  return pass_bound() == Bound::startup_passes ? settings.startup_max_passes : settings.max_passes;
}

bool Failover::Engine::passes_are_used_up() const {
  const std::int64_t limit = most_passes();
  if (limit < 0) return false;
  return failed_passes >= static_cast<std::uint64_t>(std::max<std::int64_t>(limit, 1));
}

// The first bound of time to run out while none is live. giveUpAfter holds at any time.
std::optional<Failover::Engine::TimeBound> Failover::Engine::time_bound() const {
  if (!live.empty()) return std::nullopt;
  std::optional<Duration> startup;
  if (epoch == 0) startup = settings.startup_timeout;
  const std::optional<Duration>& later = settings.give_up_after;
  // A bound on passes says nothing of the time before the first.
  const bool before_first_pass = roster.order().empty() && !later && most_passes() >= 0;
  if (epoch == 0 && (!settings.bounded || before_first_pass) && !startup) startup = kStartupTimeout;
  if (startup && (!later || *startup <= *later)) {
    return TimeBound{alone_since + *startup, Bound::startup_timeout};
  }
  if (later) return TimeBound{alone_since + *later, Bound::give_up_after};
  return std::nullopt;
}

}  // namespace mqfail
