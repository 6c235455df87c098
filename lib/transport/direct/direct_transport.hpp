// SPDX-License-Identifier: Apache-2.0
// Many attempts at once in the caller's thread, without Paho: for a probe, which asks every server
// of a list and keeps no connection. What is to last (mqfail-sub, mqfail-pub) is PahoTransport's.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "base/descriptor.hpp"
#include "base/error.hpp"
#include "transport/direct/direct_connection.hpp"

namespace mqfail {

/// Thread: one.
class DirectTransport {
 public:
  /// Errors (internal): this machine has no descriptor for it.
  static Result<std::unique_ptr<DirectTransport>> make();

  /// Begins an attempt; `attempt` was never used before. Returns at once.
  void connect(AttemptId attempt, const Server& server, const ConnectSettings& settings,
               Protocol protocol);
  // Of a Connected attempt; nothing happens if it has ended.
  void subscribe(AttemptId attempt, const std::vector<std::string>& filters, int qos);
  void ping(AttemptId attempt);
  /// The packet id; 0 at QoS 0, and if it has ended.
  std::uint16_t publish(AttemptId attempt, const Message& message);
  /// Ends the attempt in good order, whatever it is doing. No event of it follows.
  void leave(AttemptId attempt);
  /// Does what takes long before an attempt at these servers, so that it is in the time of none.
  void prepare(const ServerList& servers);
  /// Names are looked up again by the attempts that follow.
  void forget_names() { ground_.names.forget(); }

  /// Sends what waits, and waits until something happens, `until` has come, or `interrupt_fd` is
  /// readable (-1: there is none). False if that was it.
  bool turn(TimePoint until, int interrupt_fd);
  /// What has happened since the last call, in order.
  std::vector<DirectEvent> take_events();

 private:
  struct Held {
    explicit Held(std::unique_ptr<DirectConnection> its) : connection(std::move(its)) {}
    std::unique_ptr<DirectConnection> connection;
    DirectConnection::Wanted watched;  // what the poll set has of it
    bool touched = false;
  };
  explicit DirectTransport(Descriptor poll_set) : poll_set_(std::move(poll_set)) {}
  void touch(AttemptId attempt, Held& held);
  void watch(AttemptId attempt, Held& held);
  void settle(TimePoint now);
  TimePoint next_deadline() const;

  const Descriptor poll_set_;
  DirectGround ground_;
  std::unordered_map<AttemptId, Held> held_;
  std::vector<AttemptId> touched_;
  int interrupt_fd_ = -1;  // in the poll set
};

}  // namespace mqfail
