// SPDX-License-Identifier: Apache-2.0
// One round: all servers are asked at once whether they accept us, and those that do may be given a
// message.
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
#include "session/mailbox.hpp"
#include "transport/transport.hpp"

namespace mqfail {

struct ProbeSettings {
  ConnectSettings connect;  ///< the client id is a prefix; a number is added for each server
  std::optional<Protocol> protocol;  ///< empty: MQTT 5, then 3.1.1 where that is refused
  Duration connect_timeout = std::chrono::seconds(5);  ///< of one attempt; a server's own wins
  Duration time_limit = std::chrono::seconds(10);      ///< of a round, without its message
  PrimaryHostSettings primary_host;                    ///< without an id there is none
};

/// What the rounds of a process have in common.
struct RoundGround {
  Mailbox& mailbox;
  Transport& transport;
  int interrupt_fd = -1;       ///< a round ends early when it is readable; -1: nothing ends it
  std::uint64_t attempts = 0;  ///< begun so far, by all rounds
};

/// Whether a server has taken the message.
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

  /// After ask(), with `keep`: gives the message, of QoS 1, to the servers at these places, each of
  /// which has answered, and waits for their acknowledgements, as long as for a CONNACK. One entry
  /// for each place in `to`, in that order; nothing if it was interrupted.
  std::optional<std::vector<Publication>> publish(const Message& message,
                                                  const std::vector<std::size_t>& to);

 private:
  struct Attempt {
    std::size_t place = 0;
    Protocol protocol = Protocol::mqtt5;
    Phase phase = Phase::dns;
    bool waiting_for_pong = false;
    bool alive = false;  // the pong has come
    bool answered = false;
    std::optional<StateMessage> heard;  // of the primary host
    bool open = true;                   // the transport knows it
    TimePoint asked{};
    std::optional<Reason> lost;  // after it had answered
    std::optional<std::uint16_t> packet;
    std::optional<Acknowledged> acknowledged;
  };

  void begin(std::size_t place, Protocol protocol);
  bool wait(TimePoint until);
  void on_event(const Event& event);
  void connected_to(AttemptId attempt);
  void failed_at(AttemptId attempt, const Reason& reason);
  void look_for_pongs();
  void hear();
  void judge_host(AttemptId attempt, Attempt& one);
  void time_out(AttemptId attempt);
  void settle(AttemptId attempt, Attempt& one, bool keep);
  void leave(AttemptId attempt, Attempt& one);
  std::optional<Reason> give(AttemptId attempt, Attempt& one, const Message& message);
  Attempt* find(AttemptId attempt);

  const ProbeSettings& settings_;
  const std::vector<std::string> host_topics_;  // empty: no host is asked for
  RoundGround& ground_;
  const bool keep_;
  const TimePoint begin_;
  ServerReports reports_;
  std::unordered_map<AttemptId, Attempt> attempts_;
  std::multimap<TimePoint, AttemptId> due_;  // every attempt that may be open
  std::map<std::size_t, AttemptId> kept_;    // by place
  std::size_t unanswered_ = 0;
};

}  // namespace mqfail
