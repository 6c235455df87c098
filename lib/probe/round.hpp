// SPDX-License-Identifier: Apache-2.0
// One round: all servers are asked at once whether they accept us, and deliver a message if a topic
// is given. Those that do may be given a list of servers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "policy/server.hpp"
#include "probe/report.hpp"
#include "session/host_gate.hpp"
#include "transport/direct/direct_transport.hpp"

namespace mqfail {

struct ProbeSettings {
  ConnectSettings connect;  ///< the client id is a prefix; a number is added for each server
  std::optional<Protocol> protocol;  ///< empty: MQTT 5, then 3.1.1 where that is refused
  Duration connect_timeout = std::chrono::seconds(5);  ///< of one attempt; a server's own wins
  Duration time_limit = std::chrono::seconds(10);      ///< of a round, without its announcement
  PrimaryHostSettings primary_host = {};               ///< without an id there is none
  std::string topic = {};  ///< to publish to and to receive from; empty: a ping is enough
  /// With a topic: what is published to each server must arrive through every other one. The
  /// messages are sent when all servers have answered or failed, for which there is half of
  /// `time_limit` at most, and have `connect_timeout` again.
  bool cross = false;
  bool first = false;  ///< the round ends with the first server that is up
};

/// What the rounds of a process have in common.
struct RoundGround {
  DirectTransport& transport;
  int interrupt_fd = -1;       ///< a round ends early when it is readable; -1: nothing ends it
  std::uint64_t attempts = 0;  ///< begun so far, by all rounds
};

/// Whether a server has taken the announcement.
struct Publication {
  std::size_t place;              ///< of the server in the list
  std::optional<Reason> refused;  ///< empty: it has acknowledged it
};

/// Thread: one. Only one round at a time on the same ground.
class Round {
 public:
  /// Begins an attempt at each server. `keep`: connections to servers that answer stay for
  /// publish(). All references outlive the round.
  Round(const ServerList& servers, const ProbeSettings& settings, RoundGround& ground, bool keep);
  /// Ends its connections.
  ~Round();
  Round(const Round&) = delete;
  Round& operator=(const Round&) = delete;

  /// Waits until each server has answered, or failed, or the time limit is over. False if it was
  /// interrupted; then the reports are not complete.
  bool ask();
  /// In the order of the list.
  const ServerReports& reports() const { return reports_; }
  /// Empty without `cross`.
  const CrossMatrix& cross() const { return cross_; }

  /// After ask(), with `keep`: gives the message, of QoS 1, to the servers at these places, each of
  /// which has answered, and waits for their acknowledgements, as long as for a CONNACK. One entry
  /// for each place in `to`, in that order; nothing if it was interrupted.
  std::optional<std::vector<Publication>> publish(const Message& message,
                                                  const std::vector<std::size_t>& to);

 private:
  struct Attempt {
    std::size_t place = 0;
    Protocol protocol = Protocol::mqtt5;
    ProbePhase phase = ProbePhase::dns;  // that it waits for
    bool connected = false;
    bool alive = false;     // the pong has come
    bool answered = false;  // its report is complete
    bool open = true;       // the transport knows it
    TimePoint asked{}, published{};
    TimePoint ready{};                  // with `cross`: for the message
    Duration waited{};                  // then, for the other servers: not counted
    std::optional<StateMessage> heard;  // of the primary host
    std::optional<Reason> lost;         // after it had answered
    std::uint16_t packet = 0;           // of the message that waits for its PUBACK
    std::optional<Acknowledged> acknowledged;
  };

  void begin(std::size_t place, Protocol protocol);
  bool wait(TimePoint until);
  void on_event(const DirectEvent& event);
  void connected_to(AttemptId attempt, Attempt& one, const DirectEvent& event);
  void ping(AttemptId attempt, Attempt& one);
  void subscribed_at(AttemptId attempt, Attempt& one, const DirectEvent& event);
  void heard_at(AttemptId attempt, Attempt& one, const DirectEvent& event);
  void acknowledged_at(AttemptId attempt, Attempt& one, const DirectEvent& event);
  void failed_at(AttemptId attempt, Attempt& one, const DirectEvent& event);
  void go_on(AttemptId attempt, Attempt& one);
  bool judge_host(AttemptId attempt, Attempt& one);
  void send_own(AttemptId attempt, Attempt& one);
  void exchange_if_all_are_ready();
  bool exchange_is_over() const;
  void take_arrival(std::size_t place, std::size_t from, TimePoint at);
  void time_out(AttemptId attempt, Attempt& one);
  void fail(AttemptId attempt, Attempt& one, Reason reason, ProbePhase phase);
  void settle(AttemptId attempt, Attempt& one, bool up);
  void leave(AttemptId attempt, Attempt& one);
  std::optional<Reason> give(AttemptId attempt, Attempt& one, const Message& message);
  std::optional<Reason> outcome_at(Attempt& one, TimePoint begun, TimePoint end, bool& open) const;
  void note(Attempt& one, ProbePhase phase, Duration time) {
    reports_[one.place].times[static_cast<std::size_t>(phase)] = time;
  }

  const ProbeSettings& settings_;
  const std::vector<std::string> host_topics_;  // empty: no host is asked for
  RoundGround& ground_;
  const bool keep_;
  TimePoint begin_;
  const std::string mark_;  // what our messages begin with
  ServerReports reports_;
  CrossMatrix cross_;
  std::unordered_map<AttemptId, Attempt> attempts_;
  std::multimap<TimePoint, AttemptId> due_;   // every attempt that may be open
  std::map<std::size_t, AttemptId> current_;  // the last attempt, by place
  std::size_t unanswered_ = 0;
  std::size_t not_ready_ = 0;  // with `cross`: neither subscribed nor failed
  std::size_t awaited_ = 0;    // with `cross`: arrivals that are still to come
  bool exchanging_ = false;
  bool found_ = false;  // with `first`
};

}  // namespace mqfail
