// SPDX-License-Identifier: Apache-2.0
// The loop: one thread, one mailbox, one clock, one sleep. It drains the mailbox, asks the policy,
// carries out its actions and lets the Work move messages; it decides nothing itself.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "policy/failover.hpp"
#include "session/clock.hpp"
#include "session/document_watch.hpp"
#include "session/mailbox.hpp"
#include "session/notice.hpp"
#include "session/work.hpp"
#include "transport/transport.hpp"

namespace mqfail {

struct SessionSettings {
  ConnectSettings connect;
  std::string probe_id;  ///< client id of probes of a priority server: nobody else's, nothing kept
  std::optional<Duration> run_for;  ///< -W: bounds the whole run
  Duration leave_patience{};        ///< how long the server may take to answer our DISCONNECT
  int signal_fd = -1;               ///< a signalfd of INT, TERM, HUP, USR1; -1: none
  /// Notices changed documents; borrowed; null: nothing does.
  DocumentWatch* documents = nullptr;
  /// Reads the documents again (they changed, or SIGHUP); empty: there are none.
  std::function<Result<ServerList>()> reload;
  /// Whether a SIGHUP ends the run as SIGTERM does instead; asked at each. Empty: never.
  std::function<bool()> hangup_ends;
  /// Hears every step of the policy (--trace).
  std::function<void(const Event&, TimePoint, const Actions&, const Failover&)> trace;
};

class Session {
 public:
  /// All references outlive the session. `started`: when the program began, for -W.
  Session(SessionSettings settings, Failover failover, Transport& transport, Mailbox& mailbox,
          Work& work, Announcer& announcer, TimePoint started);

  /// Runs until the end and returns the exit status. The exit notice is the last.
  int run();

 private:
  std::optional<TimePoint> turn(TimePoint now);
  void wait(std::optional<TimePoint> until);
  void step(const Event& event, TimePoint now);
  void pump(TimePoint now);
  void signalled(TimePoint now);
  void reload(TimePoint now);
  void lose(Trouble trouble, TimePoint now);
  void end(Ending ending);

  void carry_out(const action::Connect& connect, TimePoint now);
  void carry_out(const action::TakeOver& take_over, TimePoint now);
  void carry_out(const action::Abandon& abandon, TimePoint now);
  void carry_out(const action::Disconnect& disconnect, TimePoint now);
  void carry_out(const action::Use& use, TimePoint now);
  void carry_out(const action::TellFailed& failed, TimePoint now);
  void carry_out(const action::TellStandbyReady& ready, TimePoint now);
  void carry_out(const action::TellStandbyLost& lost, TimePoint now);
  void carry_out(const action::TellLost& lost, TimePoint now);
  void carry_out(const action::TellBackoff& backoff, TimePoint now);
  void carry_out(const action::TellListChanged& changed, TimePoint now);
  void carry_out(const action::GiveUp& give_up, TimePoint now);

  ConnectSettings connect_settings(Role role) const;
  Notice about(NoticeName name, ServerIndex server) const;
  void list_servers();
  void tell_gap(const action::Use& use, bool resumed);
  void tell_connected(const action::Use& use, const ConnectionFacts& facts);

  SessionSettings settings_;
  Failover failover_;
  Transport& transport_;
  Mailbox& mailbox_;
  Work& work_;
  Announcer& announcer_;
  const TimePoint started_;

  struct Live {
    AttemptId attempt;
    ServerIndex server;
    std::uint64_t epoch;
  };
  using LiveList = std::vector<Live>;
  LiveList::iterator find(AttemptId attempt);

  LiveList live_;               // in the order of their coming
  std::vector<Trouble> unfit_;  // the Work refused the connection it was just given
  bool reached_ = false;
  std::string older_because_;   // an attempt failed, and the next one speaks MQTT 3.1.1 for it
  std::int64_t open_gaps_ = 0;  // outages in which messages may have been lost
  int signals_ = 0;
  std::optional<Ending> ending_;
};

}  // namespace mqfail
