// SPDX-License-Identifier: Apache-2.0
// What the engine knows, and its functions by room: failover.cpp has one function an event,
// attempts.cpp whom to try and when, standby.cpp the standbys and the way back, cluster.cpp client
// ids and what shares sessions, redirection.cpp what a server says of others, list_change.cpp a
// list that was read again. failover.md sections 2, 3, 5 and 8 are its law. Every attempt under way
// is in `attempts`, every live one in `live`: whatever names another id changes nothing. While none
// is live, the rules of the pass hold, with as many attempts side by side as servers are missing;
// while one is, each missing server waits for a back-off of its own. Missing beside the live ones
// are the standbys: they are connected like the rest and wait in `standbys` for their TakeOver,
// which makes them attempts again.
#pragma once

#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "policy/backoff.hpp"
#include "policy/failback.hpp"
#include "policy/failover.hpp"
#include "policy/pass.hpp"
#include "policy/patience.hpp"
#include "policy/roster.hpp"

namespace mqfail {

struct Failover::Engine {
  struct Attempt {
    AttemptId id;
    ServerIndex server;
    Protocol protocol;
    TimePoint deadline;
    Role role = Role::active;
    bool taking_over = false;  // a standby once, now on the way to be live
    bool guess = false;        // 3.1.1 only because MQTT 5 was answered by a close
    Phase reached = Phase::dns;
    ClientId client_id = {};
    TimePoint begun = {};
    Duration patience = {};  // Accepted: the deadline is this long behind it
    Cause late = Cause::timeout;
  };
  struct Accepted {  // by its server: a live one or a standby
    Attempt attempt;
    TimePoint since;
  };

  Engine(const FailoverSettings& s, const ServerList& servers, Random r)
      : settings(s), roster(servers, s.backoff), random(r), backoff(s.backoff), failback(s) {}

  FailoverSettings settings;
  Roster roster;
  Random random;
  Backoff backoff;
  FailoverState state = FailoverState::idle;
  TimePoint now{};
  Actions out;

  Pass pass;
  Patience patience;
  std::vector<Attempt> attempts;
  std::vector<Accepted> live;
  std::vector<Accepted> standbys;  // connected and not live, the first is the next
  Failback failback;
  std::optional<Attempt> probe;        // of a priority server
  std::optional<AttemptId> returning;  // the attempt to a better server beside a live one
  std::optional<AttemptId> way_back;   // the same, after the secondary has made way for it
  struct MakingWay {
    AttemptId attempt;  // whose session the connection to `target` takes over
    ServerIndex target;
    TimePoint deadline;
  };
  std::optional<MakingWay> making_way;
  struct Rebalance {
    ServerIndex target;
    TimePoint at;
  };
  std::optional<Rebalance> rebalance;  // the move that an update has asked for
  Move move = Move::none;              // why `returning`, `way_back` or `making_way` is on its way
  std::int64_t redirects = 0;          // followed in this pass
  // Pairs of servers. suspected: the connection to the first one ended when we connected to the
  // second one. sharing: there is enough evidence that they share sessions. apart: they certainly
  // do not.
  std::set<std::pair<ServerIndex, ServerIndex>> suspected, sharing, apart;
  TimePoint wake{};                     // end of `waiting`
  std::optional<TimePoint> stagger_at;  // start of the next parallel attempt
  TimePoint ghosts_until{};             // an abandoned CONNECT may still take our session over

  TimePoint ends_by = TimePoint::max();  // the end of the run, if it is known
  TimePoint alone_since{};               // the start, or when the last live connection was lost
  TimePoint bad_since{};                 // the same, or the last sign of life of that connection
  std::optional<ServerIndex> from;       // the server of that connection
  std::uint64_t last_id = 0;
  std::uint64_t epoch = 0;
  std::uint64_t failed_passes = 0;
  int early_losses = 0;  // in a row, without a word, sooner than `stable`
  std::uint64_t attempts_made = 0;
  Reason last_reason{Cause::timeout, Phase::dns, 0, false, {}};
  std::optional<Reason> ours;  // said in this pass, while another server could still prove it wrong

  // failover.cpp
  void started();
  void connected(AttemptId id);
  void reached(const event::Reached& event);
  void accepted(const event::Accepted& event);
  void ended(AttemptId id, const Reason& reason, Duration silent);
  void ticked();
  void hurried();
  void ends_in(Duration left);
  void stopped();
  void failed(const Attempt& attempt, const Reason& reason);
  void lost(std::vector<Accepted>::iterator which, const Reason& reason, Duration silent);
  Verdict judge(const Attempt& attempt, const Reason& reason) const;
  void learn_protocol(const Attempt& attempt);
  void learn_protocol(const Attempt& attempt, const Reason& reason);
  void lost_the_last();
  bool left(const Accepted& gone, TimePoint last_sign);
  void time_out();
  std::optional<TimePoint> deadline() const;

  // list_change.cpp
  void list_changed(const event::ListChanged& event);

  // cluster.cpp
  template <class Such>
  bool any_beside(ServerIndex server, const Such& such) const;
  bool have_one_id(ServerIndex one, ServerIndex other) const;
  ClientId client_id_for(ServerIndex server) const;
  bool must_wait(ServerIndex server) const;
  const Attempt* rival(const Attempt& gone, const Reason& reason) const;
  void note_apart(const Accepted& gone);
  void note_shared(ServerIndex gone, ServerIndex thief, const Reason& reason);
  bool share_sessions(ServerIndex one, ServerIndex other) const;
  void make_way(ServerIndex target);
  void way_made(AttemptId id);
  void give_way(const Accepted& gone);
  void out_of_the_way(const Accepted& gone);

  // attempts.cpp
  void begin_pass();
  void fill();
  void try_next(Role role);
  void try_one_more();
  void pass_failed();
  std::optional<Protocol> fixed_protocol(ServerIndex server) const;
  struct Choice {
    Protocol protocol;
    bool guess;  // MQTT 3.1.1 only because MQTT 5 was answered by a close
  };
  Choice choose_protocol(ServerIndex server) const;
  AttemptId connect(ServerIndex server, Role role);
  AttemptId connect(ServerIndex server, Role role, Protocol protocol, bool guess);
  void put_off(ServerIndex server);
  void stagger();
  void wait(Duration delay);
  Duration in_time(Duration delay) const;
  void abandon(const Attempt& attempt);
  void abandon_all();
  void give_up(ErrorKind kind, const Reason& reason, Bound bound = Bound::none);
  Duration allowed(ServerIndex server) const;
  Duration allowed_behind_tcp(ServerIndex server) const;
  std::size_t missing_live() const;
  std::size_t missing() const;
  std::size_t under_way(Role role) const;
  std::size_t under_way() const;
  bool is_free(ServerIndex server) const;
  bool is_hopeless(ServerIndex server) const;
  std::optional<ServerIndex> pick() const;
  std::optional<ServerIndex> longest_waiting() const;
  std::int64_t most_passes() const;
  bool passes_are_used_up() const;
  Bound pass_bound() const;
  bool may_reconnect() const { return !settings.once && settings.max_passes != 0; }
  struct TimeBound {
    TimePoint end;
    Bound bound;
  };
  std::optional<TimeBound> time_bound() const;

  // redirection.cpp
  void redirected(ServerIndex by, const Reason& reason);
  void follow(const std::vector<ServerIndex>& targets, bool moved);

  // standby.cpp
  void stand_by(const Attempt& attempt);
  void promote();
  void take_over(std::vector<Accepted>::iterator which);
  void standby_lost(std::vector<Accepted>::iterator which, const Reason& reason);
  void prefer_standbys(const std::vector<ServerIndex>& targets);
  void leave_standbys();
  std::vector<ServerIndex> priority() const;
  void watch_priority();
  void look_back();
  void start_probe(ServerIndex server, Protocol protocol, bool guess);
  void probed(std::optional<Reason> failure);
  void abandon_probe();
  void plan_rebalance(bool wanted_by_source);
  void move_if_due();
  void move_to(ServerIndex server, Move why);
  void returned(const Attempt& attempt);
};

}  // namespace mqfail
