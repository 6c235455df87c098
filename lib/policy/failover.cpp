// SPDX-License-Identifier: Apache-2.0
// The engine, one function an event and one a decision; failover.md sections 2, 3, 5 and 8 are its
// law. Every attempt under way is in `attempts`, the live one in `live`: whatever names another id
// changes nothing.
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
  Engine(FailoverSettings s, ServerList servers, Random r)
      : settings(s), roster(std::move(servers), s.backoff), random(r), backoff(s.backoff) {}

  FailoverSettings settings;
  Roster roster;
  Random random;
  Backoff backoff;
  FailoverState state = FailoverState::idle;
  TimePoint now{};
  Actions out;

  Pass pass;
  std::vector<Attempt> attempts;
  std::optional<Live> live;
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

  void started();
  void connected(AttemptId id);
  void reached(const event::Reached& event);
  void ended(AttemptId id, const Reason& reason);
  void ticked();
  void hurried();
  void list_changed(const event::ListChanged& event);
  void stopped();

  void failed(const Attempt& attempt, const Reason& reason);
  void lost(const Reason& reason);
  bool left(TimePoint since, ServerIndex server);
  void time_out();
  void begin_pass() { pass = Pass(roster.pass(settings.randomize, random)); }
  void try_next();
  void pass_failed(Duration already_waited);
  void connect(ServerIndex server, Protocol protocol);
  void wait(Duration delay);
  void abandon(const Attempt& attempt);
  void abandon_all();
  void give_up(ErrorKind kind, const Reason& reason);

  bool moving() const {
    return state == FailoverState::connecting || state == FailoverState::waiting;
  }
  std::optional<ServerIndex> pick() const { return pass.next(roster, now); }
  std::optional<std::uint64_t> pass_limit() const;
  bool may_reconnect() const { return !settings.once && settings.max_passes != 0; }
  std::optional<TimePoint> bound() const;
  std::optional<TimePoint> deadline() const;
};

void Failover::Engine::started() {
  if (state != FailoverState::idle) return;
  bad_since = now;
  begin_pass();
  try_next();
}

void Failover::Engine::connected(AttemptId id) {
  const auto winner = std::find_if(attempts.begin(), attempts.end(),
                                   [&](const Attempt& attempt) { return attempt.id == id; });
  if (winner == attempts.end()) return;
  const Attempt attempt = *winner;
  attempts.erase(winner);
  // Those that lost the race were not refused: they keep their turn in this pass.
  for (const Attempt& loser : attempts) pass.give_turn_back(loser.server);
  abandon_all();
  if (attempt.protocol == Protocol::mqtt311) {
    roster.remember_protocol(attempt.server, attempt.protocol);
  }
  if (epoch == 0) failed_passes = 0;
  live = Live{attempt, now};
  state = FailoverState::online;
  const Duration outage = epoch == 0 ? Duration::zero() : now - bad_since;
  out.emplace_back(action::Use{id, attempt.server, ++epoch, from, outage});
}

void Failover::Engine::reached(const event::Reached& event) {
  for (Attempt& attempt : attempts) {
    if (attempt.id == event.attempt) attempt.reached = event.phase;
  }
}

// Failed and Lost both come here: the end of an attempt is its end, whichever word a transport that
// raced with us has chosen.
void Failover::Engine::ended(AttemptId id, const Reason& reason) {
  if (live && live->attempt.id == id) return lost(reason);
  const auto found = std::find_if(attempts.begin(), attempts.end(),
                                  [&](const Attempt& attempt) { return attempt.id == id; });
  if (found == attempts.end()) return;
  const Attempt attempt = *found;
  attempts.erase(found);
  failed(attempt, reason);
}

void Failover::Engine::ticked() {
  if (!moving()) return;
  if (const auto end = bound(); end && now >= *end) {
    if (!attempts.empty()) last_reason = timeout_of(attempts.back());
    return give_up(ErrorKind::unavailable, last_reason);
  }
  if (state == FailoverState::waiting) {
    if (now >= wake) try_next();
    return;
  }
  time_out();
  if (state == FailoverState::connecting && stagger_at && now >= *stagger_at) {
    stagger_at.reset();
    if (pick()) try_next();
  }
}

void Failover::Engine::hurried() {
  if (state == FailoverState::waiting) try_next();
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
  if (live && !roster.contains(live->attempt.server)) {
    const Live gone = *live;
    live.reset();
    out.emplace_back(action::Disconnect{gone.attempt.id});
    if (!may_reconnect()) return give_up(ErrorKind::unavailable, last_reason);
    left(gone.since, gone.attempt.server);
    begin_pass();
    try_next();
  } else if ((state == FailoverState::connecting && attempts.empty()) ||
             (state == FailoverState::waiting && !change.added.empty())) {
    try_next();
  }
}

void Failover::Engine::stopped() {
  abandon_all();
  if (live) out.emplace_back(action::Disconnect{live->attempt.id});
  live.reset();
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
  switch (what) {
    case Verdict::older_protocol:
      return connect(attempt.server, Protocol::mqtt311);
    case Verdict::ours:
      return give_up(ErrorKind::unavailable, reason);
    case Verdict::auth:
      pass.note_denied(attempt.server);
      break;
    case Verdict::cool:
      roster.cool(attempt.server, now, random);
      break;
    case Verdict::next:
    case Verdict::redirect:
    case Verdict::taken_over:
      break;
  }
  try_next();
}

void Failover::Engine::lost(const Reason& reason) {
  const Live gone = *live;
  const ServerIndex server = gone.attempt.server;
  const Duration up = now - gone.since;
  live.reset();
  last_reason = reason;
  const bool wordless = reason.cause == Cause::closed || reason.cause == Cause::reset;
  const bool maybe_twin =
      wordless && gone.attempt.protocol != Protocol::mqtt5 && up < settings.stable;
  out.emplace_back(action::TellLost{gone.attempt.id, server, reason, up, maybe_twin});

  const Verdict what = verdict(reason, true, true);
  const bool ghost = what == Verdict::taken_over && now < ghosts_until;
  if (what == Verdict::ours || (what == Verdict::taken_over && !ghost) || !may_reconnect()) {
    return give_up(ErrorKind::unavailable, reason);
  }
  roster.lost(server);
  const bool was_stable = left(gone.since, server);
  if (was_stable) begin_pass();
  if (what == Verdict::cool) roster.cool(server, now, random);
  if (what == Verdict::auth && !was_stable) pass.note_denied(server);

  if (!pick()) return pass_failed(up);
  const Duration first = settings.backoff.initial.value_or(Duration::zero());
  if (first <= Duration::zero()) return try_next();
  wait(first);
  out.emplace_back(action::TellBackoff{first, 0, false});
}

// A live connection is behind us. If it proved stable, what went wrong before it is forgiven.
bool Failover::Engine::left(TimePoint since, ServerIndex server) {
  from = server;
  bad_since = now;
  if (now - since < settings.stable) return false;
  roster.settled(server);
  backoff.reset();
  failed_passes = 0;
  attempts_made = 0;
  return true;
}

void Failover::Engine::time_out() {
  while (state == FailoverState::connecting) {
    const auto late = std::find_if(attempts.begin(), attempts.end(),
                                   [&](const Attempt& attempt) { return now >= attempt.deadline; });
    if (late == attempts.end()) return;
    const Attempt attempt = *late;
    attempts.erase(late);
    abandon(attempt);
    failed(attempt, timeout_of(attempt));
  }
}

void Failover::Engine::try_next() {
  if (const auto server = pick()) {
    pass.use_turn(*server);
    const Protocol preferred = settings.protocol.value_or(Protocol::mqtt5);
    return connect(*server, roster.protocol(*server, preferred));
  }
  if (attempts.empty()) pass_failed(Duration::zero());
}

// `already_waited`: the life of a connection that cost its server's turn. It counts as waiting, so
// that a pass still takes at least its back-off but a working pipeline is not kept from working.
void Failover::Engine::pass_failed(Duration already_waited) {
  ++failed_passes;
  if (pass.denied_by_all(roster)) {
    return give_up(ErrorKind::denied, last_reason);
  }
  if (const auto limit = pass_limit(); limit && failed_passes >= *limit) {
    return give_up(ErrorKind::unavailable, last_reason);
  }
  begin_pass();
  const Duration delay = backoff.next(random) - already_waited;
  if (delay <= Duration::zero() && already_waited > Duration::zero()) return try_next();
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
  state = FailoverState::connecting;
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
  const auto& allowed = epoch == 0 ? settings.startup_timeout : settings.give_up_after;
  if (!allowed) return std::nullopt;
  return bad_since + *allowed;
}

std::optional<TimePoint> Failover::Engine::deadline() const {
  if (!moving()) return std::nullopt;
  std::optional<TimePoint> first = bound();
  const auto at = [&](TimePoint point) { first = std::min(first.value_or(point), point); };
  if (state == FailoverState::waiting) at(wake);
  for (const Attempt& attempt : attempts) at(attempt.deadline);
  if (stagger_at) at(*stagger_at);
  return std::max(*first, now);
}

Failover::Failover(FailoverSettings settings, ServerList servers, Random random)
    : engine_(std::make_unique<Engine>(settings, std::move(servers), random)) {}
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
