// SPDX-License-Identifier: Apache-2.0
// The laws of failover.md section 8, checked from outside: this room sees what the engine is told,
// what it answers and when it wants to be woken, and keeps its own books. It never asks the engine.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "policy/failover.hpp"

namespace mqfail::test {

enum class Law {
  one_live_attempt,       ///< as many open as the width allows, or the staggered set; one a server
  stale_events_inert,     ///< whatever names an attempt that is not open changes nothing
  no_cooling_while_free,  ///< no connect to a cooling server while another is free
  deadline_not_past,      ///< deadline() is never before now
  bounded_by_back_off,    ///< neither sooner than told nor more often than the formula allows
  time_bound,  ///< no attempt outlives its connect timeout, which grows while every server is slow
  silent_after_stop,  ///< after stop or giving up: no action, no deadline
  denied_by_all,      ///< giving up as denied or unfit needs the word of every server
  counted_epochs,     ///< Use follows Connected; its epochs count from 1, one more each change of
                      ///< server
  left_in_peace,     ///< while one is live, nobody is waited for and no connection is ended, but by
                     ///< a failback
  drops_what_ended,  ///< what has ended by itself is dropped in the same step, once: a live one by
                     ///< Retire, any other by Abandon
  standby_takes_over,  ///< none is live: a standby is, or is on the way, in the same step
  fails_back_fairly,   ///< to a priority server, after good probes in a row, not before the hold
  speaks_what_it_can,  ///< 3.1.1 only behind a close on MQTT 5 and as long as that is answered
  gives_up_in_time,    ///< at the bound of time that holds, neither before it nor after it
  moves_when_asked,    ///< once after an update that asks for it, within the spread; no more
                       ///< redirections than allowed in a pass
  goes_back,           ///< a priority server that stays up is used again
  comes_online,  ///< a server that stays up longer than the bound is found, until the width is full
};
const char* name(Law law);

struct Violation {
  Law law;
  std::string what;
};

class Laws {
 public:
  Laws(FailoverSettings settings, std::size_t servers);

  /// One step as seen from outside. `deadline`: as answered after it.
  std::optional<Violation> check(const Event& event, const Actions& actions, TimePoint now,
                                 std::optional<TimePoint> deadline);

  /// The world says that `server` accepts clients from now on, or no more.
  void is_up(ServerIndex server, bool up, TimePoint now);
  /// The list is now this; its servers are all of the roster.
  void listed(const std::vector<ServerIndex>& order, TimePoint now);
  /// Longest that the engine may stay offline beside a server that is up: so many attempts in vain,
  /// and the rest.
  void allow_offline(std::int64_t attempts, Duration rest) {
    attempts_in_vain_ = attempts;
    offline_rest_ = rest;
  }

  /// An orderly end was asked for: from now on nothing may happen.
  void stop() { over_ = true; }

  bool is_open(AttemptId id) const { return open_.contains(id); }
  bool is_over() const { return over_; }

 private:
  struct Open {
    ServerIndex server;
    TimePoint since;
    std::optional<TimePoint> connected;
    Role role = Role::active;
    bool taking_over = false;
    Duration longest{};
  };
  struct Book {
    std::optional<TimePoint> last_connect;  // empty: the next one is free
    int repeats = 0;                        // since the last stable connection
    int cooled = 0;
    TimePoint cooling_at_least{};
    TimePoint cooling_at_most{};
    bool denied = false;
    bool unfit = false;
    bool spoke_mqtt5 = false;
    bool takes_older = false;
    std::optional<TimePoint> up_since;
    TimePoint listed_since{};
    TimePoint ended_at{};  // its last connection
  };
  using Verdicts = std::optional<Violation>;

  bool is_stale(const Event& event) const;
  void hear(const Event& event);
  Verdicts see(const Action& action);
  Verdicts see_connect(const action::Connect& connect);
  Verdicts see_use(const action::Use& use);
  Verdicts see_end(AttemptId id);
  Verdicts see_drop(AttemptId id, bool was_live);
  void see_lost(const action::TellLost& lost);
  Verdicts after(std::optional<TimePoint> deadline);
  void cool(ServerIndex server);
  Verdicts see_protocol(const action::Connect& connect);
  void see_words(AttemptId id, ServerIndex server, const Reason& reason);
  void forgive();
  std::size_t width() const;
  std::size_t count(Role role) const;
  bool is_priority(ServerIndex server) const;
  Verdicts see_beside(const action::Connect& connect);
  Verdicts see_take_over(const action::TakeOver& take);
  Verdicts see_failback(const action::Use& use);
  Verdicts goes_back() const;
  Duration hold() const;
  std::optional<TimePoint> end_of_patience() const;
  void ended(const Open& attempt, AttemptId id);
  void see_slowness(const Reason& reason);
  void pass_failed();
  bool all_unfit() const;
  Duration offline_bound() const { return slow_bound_ * attempts_in_vain_ + offline_rest_; }
  Duration least(int repeat) const;
  Duration most(int repeat) const;

  FailoverSettings settings_;
  std::int64_t attempts_in_vain_ = 0;
  Duration offline_rest_ = std::chrono::hours(1);
  Duration slow_bound_;                         // of an attempt whose server has accepted TCP
  bool was_slow_ = false, had_answer_ = false;  // a server, in this pass
  std::map<AttemptId, Open> open_;
  std::map<AttemptId, Protocol> protocols_;
  std::map<ServerIndex, Book> books_;
  std::vector<ServerIndex> order_;
  std::set<AttemptId> live_;
  std::map<AttemptId, bool> to_drop_;        // ended by itself in this step; whether it was live
  std::optional<ServerIndex> last_lost_;     // whose loss left none live
  std::optional<ServerIndex> older_;         // one more try there, with an older protocol
  std::optional<TimePoint> may_move_until_;  // since an update has asked for it
  bool redirected_ = false;                  // in this step
  std::int64_t redirects_ = 0;               // in this pass
  std::optional<TimePoint> not_before_;
  std::optional<TimePoint> last_deadline_;
  TimePoint now_{};
  TimePoint offline_since_{};  // the start, or the end of the last live connection
  TimePoint short_since_{};    // fewer live than the width, or fewer standbys than the pool
  std::optional<AttemptId> returning_;  // to a priority server, beside a live one
  std::optional<AttemptId> left_;       // by a failback, in this step
  int good_probes_ = 0;                 // in a row, of probed_
  std::optional<ServerIndex> probed_;
  std::optional<TimePoint> probe_ended_;
  std::optional<AttemptId> back_;  // the connection that the last failback has led to
  int unstable_returns_ = 0;       // in a row
  TimePoint secondary_since_{};    // the last change of the live server or of the list
  std::uint64_t last_id_ = 0;
  std::uint64_t epoch_ = 0;
  bool failure_in_step_ = false;
  bool stopping_ = false;
  bool excused_ = false;  // Hurried or ListChanged: the back-off may be cut short
  bool over_ = false;
  bool tick_ = false;
  bool idle_tick_ = false;
};

}  // namespace mqfail::test
