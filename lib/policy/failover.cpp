// SPDX-License-Identifier: Apache-2.0
// The engine, one function an event and one a decision; failover.md sections 2, 3, 5 and 8 are its
// law. Every attempt under way is in `attempts`, every live one in `live`: whatever names another
// id changes nothing. While none is live, the rules of the pass hold, with as many attempts side by
// side as servers are missing; while one is, each missing server waits for a back-off of its own.
// Missing beside the live ones are the standbys: they are connected like the rest and wait in
// `standbys` for their TakeOver, which makes them attempts again.
#include "policy/failover.hpp"

#include <algorithm>
#include <utility>

#include "policy/backoff.hpp"
#include "policy/failback.hpp"
#include "policy/overloaded.hpp"
#include "policy/pass.hpp"
#include "policy/roster.hpp"

namespace mqfail {
namespace {

// A bound of nothing would let a pass spin without time going by.
constexpr Duration kLeastConnectTimeout = std::chrono::milliseconds(1);

struct Attempt {
  AttemptId id;
  ServerIndex server;
  Protocol protocol;
  TimePoint deadline;
  Role role = Role::active;
  bool taking_over = false;  // a standby once, now on the way to be live
  Phase reached = Phase::dns;
};

Reason timeout_of(const Attempt& attempt) {
  return {Cause::timeout, attempt.reached, 0, false, {}};
}

struct Live {
  Attempt attempt;
  TimePoint since;
};

}  // namespace

struct Failover::Engine {
  Engine(FailoverSettings s, const ServerList& servers, Random r)
      : settings(s), roster(servers, s.backoff), random(r), backoff(s.backoff), failback(s) {}

  FailoverSettings settings;
  Roster roster;
  Random random;
  Backoff backoff;
  FailoverState state = FailoverState::idle;
  TimePoint now{};
  Actions out;

  Pass pass;
  std::vector<Attempt> attempts;
  std::vector<Live> live;
  std::vector<Live> standbys;  // connected and not live, the first is the next
  Failback failback;
  std::optional<Attempt> probe;         // of a priority server
  std::optional<AttemptId> returning;   // the attempt to a priority server beside a live secondary
  TimePoint wake{};                     // end of `waiting`
  std::optional<TimePoint> stagger_at;  // start of the next parallel attempt
  TimePoint ghosts_until{};             // an abandoned CONNECT may still take our session over

  TimePoint bad_since{};            // the start, or the loss of the last live connection
  std::optional<ServerIndex> from;  // the server of that connection
  std::uint64_t last_id = 0;
  std::uint64_t epoch = 0;
  std::uint64_t failed_passes = 0;
  std::uint64_t attempts_made = 0;
  Reason last_reason{Cause::timeout, Phase::dns, 0, false, {}};
  std::optional<Reason> ours;  // said in this pass, while another server could still prove it wrong

  void started();
  void connected(AttemptId id);
  void reached(const event::Reached& event);
  void ended(AttemptId id, const Reason& reason);
  void ticked();
  void hurried();
  void list_changed(const event::ListChanged& event);
  void stopped();

  void failed(const Attempt& attempt, const Reason& reason);
  void lost(std::vector<Live>::iterator which, const Reason& reason);
  void stand_by(const Attempt& attempt);
  void standby_lost(std::vector<Live>::iterator which, const Reason& reason);
  void take_over(std::vector<Live>::iterator which);
  void promote();
  void watch_priority();
  void look_back();
  void start_probe(ServerIndex server, Protocol protocol);
  void probed(std::optional<Reason> failure);
  void go_back(ServerIndex server);
  void returned(const Attempt& attempt);
  void lost_the_last();
  bool left(TimePoint since, ServerIndex server);
  void time_out();
  void begin_pass();
  void try_next(Role role);
  void try_one_more();
  void fill();
  void pass_failed(Duration already_waited);
  AttemptId connect(ServerIndex server, Protocol protocol, Role role);
  void stagger();
  void wait(Duration delay);
  void abandon(const Attempt& attempt);
  void abandon_all();
  void abandon_probe();
  void leave_standbys();
  Duration allowed(ServerIndex server) const;
  void give_up(ErrorKind kind, const Reason& reason);

  std::size_t missing_live() const;
  std::size_t missing() const;
  std::vector<ServerIndex> priority() const;
  std::size_t under_way(Role role) const;
  std::size_t under_way() const;
  bool is_free(ServerIndex server) const;
  std::optional<ServerIndex> pick() const;
  std::optional<ServerIndex> longest_waiting() const;
  std::optional<std::uint64_t> pass_limit() const;
  bool may_reconnect() const { return !settings.once && settings.max_passes != 0; }
  std::optional<TimePoint> bound() const;
  std::optional<TimePoint> deadline() const;
};

void Failover::Engine::started() {
  if (state != FailoverState::idle) return;
  bad_since = now;
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
  if (attempt.protocol == Protocol::mqtt311) {
    roster.remember_protocol(attempt.server, attempt.protocol);
  }
  pass.note_denied(attempt.server, false);
  if (attempt.role == Role::standby) return stand_by(attempt);
  if (returning == id) {
    returning.reset();
    if (!live.empty()) return returned(attempt);
  }
  const bool first = live.empty();
  live.push_back({attempt, now});
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
  }
  if (epoch == 0 || (use.from && *use.from != attempt.server)) ++epoch;
  use.epoch = epoch;
  out.emplace_back(use);
  if (!first) return;
  ours.reset();
  // From here on each of those that failed in this pass waits by itself.
  for (const ServerIndex server : roster.order()) {
    if (is_free(server) && pass.had_turn(server)) roster.put_off(server, now, random);
  }
  watch_priority();
  fill();
}

// Ready. If one was lost meanwhile, it is needed at once.
void Failover::Engine::stand_by(const Attempt& attempt) {
  standbys.push_back({attempt, now});
  out.emplace_back(action::TellStandbyReady{attempt.id, attempt.server});
  promote();
}

// Standbys for the live ones that are missing.
void Failover::Engine::promote() {
  const auto on_the_way = [this] {
    return static_cast<std::size_t>(
        std::count_if(attempts.begin(), attempts.end(),
                      [](const Attempt& attempt) { return attempt.taking_over; }));
  };
  while (!standbys.empty() && on_the_way() < missing_live()) take_over(standbys.begin());
}

void Failover::Engine::take_over(std::vector<Live>::iterator which) {
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
void Failover::Engine::standby_lost(std::vector<Live>::iterator which, const Reason& reason) {
  const Live gone = *which;
  const ServerIndex server = gone.attempt.server;
  standbys.erase(which);
  const Duration up = now - gone.since;
  out.emplace_back(action::TellStandbyLost{gone.attempt.id, server, reason, up});
  const Verdict what = verdict(reason, true, true);
  const bool was_stable = up >= settings.stable;
  if (was_stable) roster.settled(server);
  if (what == Verdict::cool) roster.cool(server, now, random);
  if (!was_stable || what == Verdict::taken_over) roster.put_off(server, now, random);
  fill();
}

// The servers to go back to, in the order of preference.
std::vector<ServerIndex> Failover::Engine::priority() const {
  const auto& wanted = settings.priority_servers;
  if (!settings.priority_backup || settings.width != 1) return {};
  if (wanted.empty()) return {roster.order().front()};
  std::vector<ServerIndex> found;
  for (const ServerIndex index : roster.order()) {
    const bool named = std::any_of(wanted.begin(), wanted.end(), [&](const Server& server) {
      return same_endpoint(server, roster.server(index));
    });
    if (named) found.push_back(index);
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
  const auto target = failback.target(priority());
  if (!target) return;
  if (!failback.ripe(now) && !failback.probe_due(now)) return;
  if (roster.is_cooling(*target, now)) return failback.probed(false, now);
  if (failback.ripe(now)) return go_back(*target);
  start_probe(*target, roster.protocol(*target, settings.protocol.value_or(Protocol::mqtt5)));
}

void Failover::Engine::start_probe(ServerIndex server, Protocol protocol) {
  const AttemptId id{++last_id};
  probe = Attempt{id, server, protocol, now + allowed(server), Role::probe};
  out.emplace_back(action::Connect{id, server, Role::probe, protocol});
}

void Failover::Engine::probed(std::optional<Reason> failure) {
  const Attempt done = *std::exchange(probe, std::nullopt);
  if (!failure) {
    out.emplace_back(action::Disconnect{done.id});
    if (done.protocol == Protocol::mqtt311) roster.remember_protocol(done.server, done.protocol);
    failback.probed(true, now);
    return look_back();
  }
  const bool nothing_older = settings.protocol || done.protocol != Protocol::mqtt5;
  const Verdict what = verdict(*failure, nothing_older, false);
  out.emplace_back(action::TellFailed{done.id, done.server, *failure, what, Role::probe});
  if (what == Verdict::older_protocol) return start_probe(done.server, Protocol::mqtt311);
  if (what == Verdict::cool) roster.cool(done.server, now, random);
  failback.probed(false, now);
}

// Make before break: the secondary stays live until this one is.
void Failover::Engine::go_back(ServerIndex server) {
  const auto standby = std::find_if(standbys.begin(), standbys.end(),
                                    [&](const Live& one) { return one.attempt.server == server; });
  if (standby != standbys.end()) {
    returning = standby->attempt.id;
    return take_over(standby);
  }
  // A standby on the way there will be ready soon.
  if (!is_free(server)) return failback.postpone(now);
  const Protocol preferred = settings.protocol.value_or(Protocol::mqtt5);
  returning = connect(server, roster.protocol(server, preferred), Role::active);
}

void Failover::Engine::returned(const Attempt& attempt) {
  const Live old = live.front();
  live = {{attempt, now}};
  left(old.since, old.attempt.server);
  out.emplace_back(
      action::Use{attempt.id, attempt.server, ++epoch, old.attempt.server, Duration::zero(), true});
  out.emplace_back(action::Disconnect{old.attempt.id});
  begin_pass();  // the one that was left is as good as before
  watch_priority();
  fill();
}

void Failover::Engine::reached(const event::Reached& event) {
  for (Attempt& attempt : attempts) {
    if (attempt.id == event.attempt) attempt.reached = event.phase;
  }
  if (probe && probe->id == event.attempt) probe->reached = event.phase;
}

// Failed and Lost both come here: the end of an attempt is its end, whichever word a transport that
// raced with us has chosen.
void Failover::Engine::ended(AttemptId id, const Reason& reason) {
  const auto used =
      std::find_if(live.begin(), live.end(), [&](const Live& one) { return one.attempt.id == id; });
  if (used != live.end()) return lost(used, reason);
  const auto ready = std::find_if(standbys.begin(), standbys.end(),
                                  [&](const Live& one) { return one.attempt.id == id; });
  if (ready != standbys.end()) return standby_lost(ready, reason);
  if (probe && probe->id == id) return probed(reason);
  const auto found = std::find_if(attempts.begin(), attempts.end(),
                                  [&](const Attempt& attempt) { return attempt.id == id; });
  if (found == attempts.end()) return;
  const Attempt attempt = *found;
  attempts.erase(found);
  failed(attempt, reason);
}

void Failover::Engine::ticked() {
  if (state == FailoverState::idle) return;
  if (const auto end = bound(); end && now >= *end) {
    if (!attempts.empty()) last_reason = timeout_of(attempts.back());
    return give_up(ErrorKind::unavailable, last_reason);
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
  look_back();
}

void Failover::Engine::hurried() {
  roster.hurry();
  if (state == FailoverState::waiting || state == FailoverState::online) fill();
}

void Failover::Engine::list_changed(const event::ListChanged& event) {
  const RosterChange change = roster.change(event.servers, event.source, settings.forget_learned);
  if (!change.any) return;
  out.emplace_back(action::TellListChanged{change.added, change.removed});
  if (state == FailoverState::idle) return;
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
  std::erase_if(standbys, [&](const Live& one) {
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
    const Live gone = *one;
    one = live.erase(one);
    out.emplace_back(action::Disconnect{gone.attempt.id});
    left(gone.since, gone.attempt.server);
    left_one = true;
  }
  if (left_one && live.empty()) {
    if (!may_reconnect() && standbys.empty()) {
      return give_up(ErrorKind::unavailable, last_reason);
    }
    begin_pass();
    lost_the_last();
    return fill();
  }
  failback.end();  // what was probed may be another server than the one to go back to now
  watch_priority();
  if (state != FailoverState::waiting || !change.added.empty()) fill();
}

void Failover::Engine::stopped() {
  abandon_all();
  leave_standbys();
  for (const Live& one : live) out.emplace_back(action::Disconnect{one.attempt.id});
  live.clear();
  state = FailoverState::stopped;
}

void Failover::Engine::failed(const Attempt& attempt, const Reason& reason) {
  // A standby that takes over has had its CONNACK.
  const bool nothing_older =
      settings.protocol || attempt.protocol != Protocol::mqtt5 || attempt.taking_over;
  const Verdict what = verdict(reason, nothing_older, false);
  out.emplace_back(action::TellFailed{attempt.id, attempt.server, reason, what, attempt.role});
  last_reason = reason;
  const bool was_returning = returning == attempt.id;
  if (was_returning) returning.reset();
  // A word in answer to 3.1.1 is remembered; a close may have been chance, and MQTT 5 is worth
  // more.
  const bool answered = reason.cause == Cause::connack;
  if (answered && (what == Verdict::older_protocol || attempt.protocol == Protocol::mqtt311)) {
    roster.remember_protocol(attempt.server, Protocol::mqtt311);
  }
  pass.note_denied(attempt.server, what == Verdict::auth);
  if (what == Verdict::older_protocol) {
    const Role role = live.empty() ? Role::active : attempt.role;
    const AttemptId again = connect(attempt.server, Protocol::mqtt311, role);
    if (was_returning) returning = again;
    return;
  }
  if (what == Verdict::ours) {
    if (live.empty() && attempts.empty()) return give_up(ErrorKind::unavailable, reason);
    if (live.empty()) ours = reason;
  }
  if (what == Verdict::cool) roster.cool(attempt.server, now, random);
  if (!live.empty()) roster.put_off(attempt.server, now, random);
  if (was_returning) failback.probed(false, now);
  const bool of_a_race = attempt.role == Role::active && !was_returning;
  if (live.empty() && settings.connect_stagger && of_a_race) try_one_more();
  fill();
}

void Failover::Engine::lost(std::vector<Live>::iterator which, const Reason& reason) {
  const Live gone = *which;
  const ServerIndex server = gone.attempt.server;
  const Duration up = now - gone.since;
  live.erase(which);
  last_reason = reason;
  const bool wordless = reason.cause == Cause::closed || reason.cause == Cause::reset;
  const bool maybe_twin =
      wordless && gone.attempt.protocol != Protocol::mqtt5 && up < settings.stable;
  out.emplace_back(action::TellLost{gone.attempt.id, server, reason, up, maybe_twin});

  const Verdict what = verdict(reason, true, true);
  const bool ghost = what == Verdict::taken_over && now < ghosts_until;
  const bool nothing_else = live.empty() && attempts.empty() && standbys.empty();
  if ((what == Verdict::taken_over && !ghost) ||
      (nothing_else && (what == Verdict::ours || !may_reconnect()))) {
    return give_up(ErrorKind::unavailable, reason);
  }
  roster.lost(server);
  const bool was_stable = left(gone.since, server);
  if (was_stable && may_reconnect()) begin_pass();
  if (what == Verdict::cool) roster.cool(server, now, random);
  if (what == Verdict::auth && !was_stable) pass.note_denied(server, true);

  const Duration first = settings.backoff.initial.value_or(Duration::zero());
  if (!live.empty()) {
    if (!was_stable || first > Duration::zero()) roster.put_off(server, gone.since, random);
    promote();
    return fill();
  }
  lost_the_last();
  if (!attempts.empty()) {
    state = FailoverState::connecting;
    return first <= Duration::zero() ? fill() : void();
  }
  if (!pick()) return pass_failed(up);
  if (first <= Duration::zero()) return fill();
  wait(first);
  out.emplace_back(action::TellBackoff{first, 0, false});
}

// None is live. A standby takes over at once; what went on for a failback is no part of the pass.
void Failover::Engine::lost_the_last() {
  failback.end();
  abandon_probe();
  for (const Attempt& attempt : attempts) pass.use_turn(attempt.server);
  promote();
}

// A live connection is behind us. If it proved stable, what went wrong before it is forgiven.
bool Failover::Engine::left(TimePoint since, ServerIndex server) {
  if (live.empty()) {
    from = server;
    bad_since = now;
  }
  if (now - since < settings.stable) return false;
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
    failed(attempt, timeout_of(attempt));
  }
  if (probe && now >= probe->deadline) {
    const Reason reason = timeout_of(*probe);
    out.emplace_back(action::Abandon{probe->id});
    probed(reason);
  }
}

void Failover::Engine::begin_pass() {
  pass = Pass(roster.pass(settings.randomize, random));
  for (const Attempt& attempt : attempts) pass.use_turn(attempt.server);
  ours.reset();
}

// How many more servers should be live; those on the way count as missing still.
std::size_t Failover::Engine::missing_live() const {
  const std::size_t all = roster.order().size();
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
                      [&](const Live& one) { return one.attempt.server == server; }) &&
         std::none_of(standbys.begin(), standbys.end(),
                      [&](const Live& one) { return one.attempt.server == server; }) &&
         std::none_of(attempts.begin(), attempts.end(),
                      [&](const Attempt& one) { return one.server == server; });
}

// Whom to try now. Without leave to reconnect, each server has the one turn of the first pass.
std::optional<ServerIndex> Failover::Engine::pick() const {
  if (live.empty()) return pass.next(roster, now);
  const auto server = longest_waiting();
  if (!server || roster.free_at(*server) > now) return std::nullopt;
  return server;
}

// Beside a live connection: the free server that has waited longest or will be the first to have
// waited enough, so that no server that fails time and again takes another one's place.
std::optional<ServerIndex> Failover::Engine::longest_waiting() const {
  std::optional<ServerIndex> first;
  for (const ServerIndex server : pass.plan()) {
    if (!is_free(server) || (!may_reconnect() && pass.had_turn(server))) continue;
    if (!first || roster.free_at(server) < roster.free_at(*first)) first = server;
  }
  return first;
}

void Failover::Engine::try_next(Role role) {
  const auto server = pick();
  if (!server) return;
  pass.use_turn(*server);
  const Protocol preferred = settings.protocol.value_or(Protocol::mqtt5);
  connect(*server, roster.protocol(*server, preferred), role);
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
  promote();
  while (under_way() < missing() && pick()) {
    const bool for_live = live.empty() || under_way(Role::active) < missing_live();
    try_next(for_live ? Role::active : Role::standby);
  }
  if (live.empty() && attempts.empty()) pass_failed(Duration::zero());
}

// `already_waited`: the life of a connection that cost its server's turn. It counts as waiting, so
// that a pass still takes at least its back-off but a working pipeline is not kept from working.
void Failover::Engine::pass_failed(Duration already_waited) {
  ++failed_passes;
  if (ours) return give_up(ErrorKind::unavailable, *ours);
  if (pass.denied_by_all(roster)) {
    return give_up(ErrorKind::denied, last_reason);
  }
  if (const auto limit = pass_limit(); limit && failed_passes >= *limit) {
    return give_up(ErrorKind::unavailable, last_reason);
  }
  begin_pass();
  const Duration delay = backoff.next(random) - already_waited;
  if (delay <= Duration::zero() && already_waited > Duration::zero()) return fill();
  wait(delay);
  const auto every = static_cast<std::uint64_t>(std::max<std::int64_t>(settings.warn_every, 0));
  const bool warn = every > 0 && (failed_passes == 1 || failed_passes % every == 0);
  out.emplace_back(action::TellBackoff{delay, failed_passes, warn});
}

AttemptId Failover::Engine::connect(ServerIndex server, Protocol protocol, Role role) {
  const AttemptId id{++last_id};
  ++attempts_made;
  attempts.push_back({id, server, protocol, now + allowed(server), role});
  if (live.empty()) state = FailoverState::connecting;
  stagger();
  out.emplace_back(action::Connect{id, server, role, protocol});
  return id;
}

// Another one is tried in parallel if this one is slow to answer.
void Failover::Engine::stagger() {
  stagger_at.reset();
  if (!settings.connect_stagger || missing_live() == 0) return;
  if (pick() || !standbys.empty()) stagger_at = now + *settings.connect_stagger;
}

Duration Failover::Engine::allowed(ServerIndex server) const {
  return std::max(roster.server(server).connect_timeout.value_or(settings.connect_timeout),
                  kLeastConnectTimeout);
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

// Without a ghost: its client id is nobody's.
void Failover::Engine::abandon_probe() {
  if (probe) out.emplace_back(action::Abandon{probe->id});
  probe.reset();
}

void Failover::Engine::leave_standbys() {
  for (const Live& one : standbys) out.emplace_back(action::Disconnect{one.attempt.id});
  standbys.clear();
}

void Failover::Engine::give_up(ErrorKind kind, const Reason& reason) {
  abandon_all();
  leave_standbys();
  state = FailoverState::stopped;
  out.emplace_back(action::GiveUp{kind, reason, failed_passes, attempts_made});
}

std::optional<std::uint64_t> Failover::Engine::pass_limit() const {
  if (settings.once) return 1;
  std::int64_t limit = settings.max_passes;
  if (epoch == 0) {
    if (settings.startup_unlimited) return std::nullopt;
    if (settings.startup_max_passes >= 0) limit = settings.startup_max_passes;
  }
  if (limit < 0) return std::nullopt;
  return static_cast<std::uint64_t>(std::max<std::int64_t>(limit, 1));
}

std::optional<TimePoint> Failover::Engine::bound() const {
  if (!live.empty()) return std::nullopt;
  const auto& allowed = epoch == 0 ? settings.startup_timeout : settings.give_up_after;
  if (!allowed) return std::nullopt;
  return bad_since + *allowed;
}

std::optional<TimePoint> Failover::Engine::deadline() const {
  if (state == FailoverState::idle || state == FailoverState::stopped) return std::nullopt;
  std::optional<TimePoint> first = bound();
  const auto at = [&](TimePoint point) { first = std::min(first.value_or(point), point); };
  if (state == FailoverState::waiting) at(wake);
  for (const Attempt& attempt : attempts) at(attempt.deadline);
  if (stagger_at) at(*stagger_at);
  if (!live.empty() && under_way() < missing()) {
    if (const auto server = longest_waiting()) at(roster.free_at(*server));
  }
  if (probe) at(probe->deadline);
  if (!live.empty() && failback.watching() && !probe && !returning) at(failback.due());
  if (!first) return std::nullopt;
  return std::max(*first, now);
}

Failover::Failover(FailoverSettings settings, const ServerList& servers, Random random)
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
                 [&](const event::Connected& e) { engine.connected(e.attempt); },
                 [&](const event::Failed& e) { engine.ended(e.attempt, e.reason); },
                 [&](const event::Lost& e) { engine.ended(e.attempt, e.reason); },
                 [&](const event::Ticked&) { engine.ticked(); },
                 [&](const event::Hurried&) { engine.hurried(); },
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

std::string_view name(FailoverState state) {
  switch (state) {
    case FailoverState::idle:
      return "idle";
    case FailoverState::connecting:
      return "connecting";
    case FailoverState::online:
      return "online";
    case FailoverState::waiting:
      return "waiting";
    case FailoverState::stopped:
      return "stopped";
  }
  return "";
}

}  // namespace mqfail
