// SPDX-License-Identifier: Apache-2.0
// The engine, one function an event and one a decision; failover.md sections 2, 3, 5 and 8 are its
// law. Every attempt under way is in `attempts`, every live one in `live`: whatever names another
// id changes nothing. While none is live, the rules of the pass hold, with as many attempts side by
// side as servers are missing; while one is, each missing server waits for a back-off of its own.
#include "policy/failover.hpp"

#include <algorithm>
#include <utility>

#include "policy/backoff.hpp"
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
      : settings(s), roster(servers, s.backoff), random(r), backoff(s.backoff) {}

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
  bool left(TimePoint since, ServerIndex server);
  void time_out();
  void begin_pass();
  void try_next();
  void fill();
  void pass_failed(Duration already_waited);
  void connect(ServerIndex server, Protocol protocol);
  void wait(Duration delay);
  void abandon(const Attempt& attempt);
  void abandon_all();
  void give_up(ErrorKind kind, const Reason& reason);

  std::size_t missing() const;
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
  const auto winner = std::find_if(attempts.begin(), attempts.end(),
                                   [&](const Attempt& attempt) { return attempt.id == id; });
  if (winner == attempts.end()) return;
  const Attempt attempt = *winner;
  attempts.erase(winner);
  const bool first = live.empty();
  live.push_back({attempt, now});
  if (missing() == 0) {
    // Those that lost the race were not refused: they keep their turn in this pass.
    for (const Attempt& loser : attempts) pass.give_turn_back(loser.server);
    abandon_all();
  }
  if (attempt.protocol == Protocol::mqtt311) {
    roster.remember_protocol(attempt.server, attempt.protocol);
  }
  pass.note_denied(attempt.server, false);
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
  fill();
}

void Failover::Engine::reached(const event::Reached& event) {
  for (Attempt& attempt : attempts) {
    if (attempt.id == event.attempt) attempt.reached = event.phase;
  }
}

// Failed and Lost both come here: the end of an attempt is its end, whichever word a transport that
// raced with us has chosen.
void Failover::Engine::ended(AttemptId id, const Reason& reason) {
  const auto used =
      std::find_if(live.begin(), live.end(), [&](const Live& one) { return one.attempt.id == id; });
  if (used != live.end()) return lost(used, reason);
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
    try_next();
  }
  if (state == FailoverState::online) fill();
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
  std::erase_if(attempts, [&](const Attempt& attempt) {
    if (roster.contains(attempt.server)) return false;
    abandon(attempt);
    return true;
  });
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
    if (!may_reconnect()) return give_up(ErrorKind::unavailable, last_reason);
    begin_pass();
    return fill();
  }
  if (state != FailoverState::waiting || !change.added.empty()) fill();
}

void Failover::Engine::stopped() {
  abandon_all();
  for (const Live& one : live) out.emplace_back(action::Disconnect{one.attempt.id});
  live.clear();
  state = FailoverState::stopped;
}

void Failover::Engine::failed(const Attempt& attempt, const Reason& reason) {
  const bool nothing_older = settings.protocol || attempt.protocol != Protocol::mqtt5;
  const Verdict what = verdict(reason, nothing_older, false);
  out.emplace_back(action::TellFailed{attempt.id, attempt.server, reason, what});
  last_reason = reason;
  // A word in answer to 3.1.1 is remembered; a close may have been chance, and MQTT 5 is worth
  // more.
  const bool answered = reason.cause == Cause::connack;
  if (answered && (what == Verdict::older_protocol || attempt.protocol == Protocol::mqtt311)) {
    roster.remember_protocol(attempt.server, Protocol::mqtt311);
  }
  pass.note_denied(attempt.server, what == Verdict::auth);
  if (what == Verdict::older_protocol) return connect(attempt.server, Protocol::mqtt311);
  if (what == Verdict::ours) {
    if (live.empty() && attempts.empty()) return give_up(ErrorKind::unavailable, reason);
    if (live.empty()) ours = reason;
  }
  if (what == Verdict::cool) roster.cool(attempt.server, now, random);
  if (!live.empty()) roster.put_off(attempt.server, now, random);
  try_next();
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
  const bool nothing_else = live.empty() && attempts.empty();
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
    return fill();
  }
  if (!attempts.empty()) {
    state = FailoverState::connecting;
    return first <= Duration::zero() ? fill() : void();
  }
  if (!pick()) return pass_failed(up);
  if (first <= Duration::zero()) return fill();
  wait(first);
  out.emplace_back(action::TellBackoff{first, 0, false});
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
    if (late == attempts.end()) return;
    const Attempt attempt = *late;
    attempts.erase(late);
    abandon(attempt);
    failed(attempt, timeout_of(attempt));
  }
}

void Failover::Engine::begin_pass() {
  pass = Pass(roster.pass(settings.randomize, random));
  for (const Attempt& attempt : attempts) pass.use_turn(attempt.server);
  ours.reset();
}

// How many more servers should be live; those on the way count as missing still.
std::size_t Failover::Engine::missing() const {
  const std::size_t all = roster.order().size();
  const auto width = static_cast<std::size_t>(std::max<std::int64_t>(settings.width, 0));
  const std::size_t wanted = width == 0 ? all : std::min(width, all);
  return wanted - std::min(wanted, live.size());
}

bool Failover::Engine::is_free(ServerIndex server) const {
  return std::none_of(live.begin(), live.end(),
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

void Failover::Engine::try_next() {
  const auto server = pick();
  if (!server) return;
  pass.use_turn(*server);
  const Protocol preferred = settings.protocol.value_or(Protocol::mqtt5);
  connect(*server, roster.protocol(*server, preferred));
}

// As many attempts as servers are missing; a pass in which nobody is left to try has failed.
void Failover::Engine::fill() {
  while (attempts.size() < missing() && pick()) try_next();
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

void Failover::Engine::connect(ServerIndex server, Protocol protocol) {
  const Duration allowed =
      std::max(roster.server(server).connect_timeout.value_or(settings.connect_timeout),
               kLeastConnectTimeout);
  const AttemptId id{++last_id};
  ++attempts_made;
  attempts.push_back({id, server, protocol, now + allowed});
  if (live.empty()) state = FailoverState::connecting;
  stagger_at.reset();
  if (settings.connect_stagger && pick()) stagger_at = now + *settings.connect_stagger;
  out.emplace_back(action::Connect{id, server, Role::active, protocol});
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
}

void Failover::Engine::give_up(ErrorKind kind, const Reason& reason) {
  abandon_all();
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
  if (!live.empty() && attempts.size() < missing()) {
    if (const auto server = longest_waiting()) at(roster.free_at(*server));
  }
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
