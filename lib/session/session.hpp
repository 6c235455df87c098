// SPDX-License-Identifier: Apache-2.0
// What happened goes to the policy, its actions are carried out, and the Work moves messages. The
// session decides nothing itself, reads no clock and waits for nothing: loop.hpp does both.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "policy/failover.hpp"
#include "session/host_gate.hpp"
#include "session/host_role.hpp"
#include "session/mailbox.hpp"
#include "session/notice.hpp"
#include "session/standing.hpp"
#include "session/work.hpp"
#include "transport/transport.hpp"

namespace mqfail {

struct SessionSettings {
  ConnectSettings connect;
  /// --primary-host: a server is in use only while this host is online there.
  std::optional<PrimaryHostSettings> primary_host;
  std::optional<HostSettings> host;  ///< --publish-state
  /// Makes a client id that no other connection has.
  std::function<std::string()> random_id;
  std::optional<Duration> run_for;  ///< -W: bounds the whole run
  Duration leave_patience{};        ///< how long the server may take to answer our DISCONNECT
  /// Asks for the lists to be read again (SIGHUP). What comes of it is brought to the mailbox.
  /// Empty: no list can change.
  std::function<void()> read_again;
  /// Is told that a list was read, or could not be. Empty: nobody is.
  std::function<void(ListSource)> list_read;
  /// Hears what comes on watched topics. Empty: nobody does.
  std::function<void(Heard)> heard;
  /// Whether a SIGHUP ends the run as SIGTERM does instead; asked at each. Empty: never.
  std::function<bool()> hangup_ends;
  /// Is told the exit status just before the exit notice. Empty: nobody is.
  std::function<void(int status)> ended;
  /// Hears every step of the policy (--trace).
  std::function<void(const Event&, TimePoint, const Actions&, const Failover&)> trace;
};

/// Entirely passive, as Failover is: time comes in, the deadline goes out. In one turn it is one
/// time. Thread: one. Call start(), then turn() until is_over(), then finish().
class Session {
 public:
  /// All references outlive the session. `started`: when the program began, for -W.
  Session(SessionSettings settings, Failover failover, Transport& transport, Mailbox& mailbox,
          Work& work, Announcer& announcer, TimePoint started);

  void start(TimePoint now);
  /// Does everything that is to be done at `now`. Returns when the next turn is due; empty: when
  /// something happens (the mailbox rings, the Work's descriptors are ready, a signal comes).
  std::optional<TimePoint> turn(TimePoint now);
  bool is_over() const { return ending_.has_value(); }
  /// Whether turn() may wait for a server, as by default: where it may not, it puts off what needs
  /// a wait, and wants_to_wait() says so until a turn that may.
  void may_wait(bool may) { may_wait_ = may; }
  bool wants_to_wait() const { return !making_way_.empty(); }
  /// Whether it is over or draining after a signal.
  bool is_ending() const { return interrupted_ || is_over(); }
  const Standing& standing() const { return standing_; }
  /// Leaves every server and returns the exit status. The exit notice is the last.
  int finish(TimePoint now);

  /// The next turn heeds it: INT, TERM, HUP or USR1.
  void signalled(int signal) { signals_.push_back(signal); }

 private:
  void read_mail();
  void follow(AttemptId attempt, HostGate::Step step);
  void step(TimePoint now);
  void pump(TimePoint now);
  void heed(int signal, TimePoint now);
  void heed(ListNews news);
  void end(Ending ending);
  void end_finished();
  void forget(AttemptId attempt);
  void part(AttemptId attempt, Duration patience);

  void carry_out(const action::Connect& connect, TimePoint now);
  void carry_out(const action::TakeOver& take_over, TimePoint now);
  void carry_out(const action::Abandon& abandon, TimePoint now);
  void carry_out(const action::Retire& retire, TimePoint now);
  void carry_out(const action::Disconnect& disconnect, TimePoint now);
  void carry_out(const action::Use& use, TimePoint now);
  void carry_out(const action::TellFailed& failed, TimePoint now);
  void carry_out(const action::TellStandbyReady& ready, TimePoint now);
  void carry_out(const action::TellStandbyLost& lost, TimePoint now);
  void carry_out(const action::TellLost& lost, TimePoint now);
  void carry_out(const action::TellBackoff& backoff, TimePoint now);
  void carry_out(const action::TellListChanged& changed, TimePoint now);
  void carry_out(const action::TellRedirected& redirected, TimePoint now);
  void carry_out(const action::TellCluster& cluster, TimePoint now);
  void carry_out(const action::GiveUp& give_up, TimePoint now);

  ConnectSettings connect_settings(const action::Connect& connect);
  std::string client_id(const action::Connect& connect) const;
  void check_cluster(const action::Use& use, bool resumed);
  Notice about(NoticeName name, ServerIndex server) const;
  void tell_trying(const action::Connect& connect);
  void list_servers();
  bool is_kept(const action::Use& use, const ConnectionFacts& facts);
  void tell_gap(const action::Use& use, bool kept);
  void tell_connected(const action::Use& use, const ConnectionFacts& facts);

  SessionSettings settings_;
  Failover failover_;
  Transport& transport_;
  Mailbox& mailbox_;
  Work& work_;
  Announcer& announcer_;
  const TimePoint started_;

  // A connection that the Work has: live, left for another one, or ended with something to be taken
  // from it still.
  struct Held {
    AttemptId attempt;
    std::uint64_t epoch;
    ServerIndex server;
    bool live = true;
    bool ended = false;      // by itself
    bool given_up = false;   // lost to us, but the connection is good
    bool first = false;      // the next connection waits for its end (event::Left)
    std::string place = {};  // the id under which it stands in standing_; empty: it does not
  };
  std::vector<Held>::iterator find(AttemptId attempt);

  std::optional<TimePoint> run_end() const;
  void drop(Held& one, TimePoint now);
  bool has_ended_while_left(const event::Lost& lost, TimePoint now);
  bool makes_way(AttemptId attempt) const;

  HostGate gate_;
  bool may_wait_ = true;
  std::vector<AttemptId> making_way_;  // connections that end before the next one is made
  HostRole host_;
  Standing standing_;
  std::deque<Event> events_;  // for the policy: no step begins inside another one
  std::vector<int> signals_;
  std::vector<Held> held_;  // in the order of their coming
  bool reached_ = false;
  std::string older_because_;  // an attempt failed, and the next one speaks MQTT 3.1.1 for it
  /// Whose servers have closed at a SUBSCRIBE since they were in use: they may have kept nothing.
  std::set<std::string> closed_sessions_;
  bool interrupted_ = false;  // one signal has asked for an orderly end
  bool warned_of_cluster_ = false;
  std::optional<TimePoint> ends_by_;  // as the policy was told
  std::optional<Ending> ending_;
};

}  // namespace mqfail
