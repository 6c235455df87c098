// SPDX-License-Identifier: Apache-2.0
// Transport without sockets and threads: MQTT's client side over the links of the world. What it
// hears it tells at once, as Paho's threads do, and keeps the same promises.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "server.hpp"
#include "transport/transport.hpp"

namespace mqfail::test {

/// Sees what really happens on the connections, whatever stands between them and the session.
class Witness {
 public:
  virtual ~Witness() = default;
  virtual void sent(AttemptId, const std::string& /*server*/, const Message&) {}
  virtual void answered(AttemptId, const std::string& /*server*/, const Packet& /*message*/,
                        int /*code*/) {}
  /// The session is about to be shown it, and has taken it.
  virtual void visiting(AttemptId, const Packet& /*message*/) {}
  virtual void taken(AttemptId, const std::string& /*server*/, const Packet& /*message*/) {}
  virtual void acknowledged(AttemptId, const Packet& /*message*/) {}
  virtual void accepted(AttemptId, std::size_t /*receive_maximum*/, bool /*session_present*/) {}
  /// It has ended by itself; its server gave the last sign of life then.
  virtual void lost(AttemptId, TimePoint /*last_life*/) {}
  virtual void ended(AttemptId, const std::string& /*server*/) {}
};

class SimulatedTransport final : public Transport {
 public:
  /// All outlive it.
  SimulatedTransport(Agenda& agenda, std::vector<std::unique_ptr<SimulatedServer>>& servers,
                     TransportListener& listener, Witness& witness)
      : agenda_(agenda), servers_(servers), listener_(listener), witness_(witness) {}
  ~SimulatedTransport() override;

  void connect(AttemptId attempt, const Server& server, const ConnectSettings& settings,
               Protocol protocol) override;
  void take_over(AttemptId attempt) override;
  void abandon(AttemptId attempt) override;
  bool disconnect(AttemptId attempt, Duration patience) override;
  const ConnectionFacts* facts(AttemptId attempt) const override;
  std::optional<std::uint16_t> publish(AttemptId attempt, const Message& message) override;
  void flush(AttemptId attempt, std::size_t awaited) override;
  std::size_t backlog(AttemptId) const override { return 0; }
  std::uint64_t ping(AttemptId attempt) override;
  std::uint64_t pongs(AttemptId attempt) const override;
  void take_acknowledged(AttemptId attempt, std::vector<Acknowledged>& into) override;
  std::size_t take_messages(AttemptId attempt,
                            const std::function<bool(const Message&)>& visit) override;
  bool paused(AttemptId) const override { return false; }
  void acknowledge(AttemptId attempt, std::size_t count) override;

 private:
  class Connection;
  Connection* find(AttemptId attempt) const;

  Agenda& agenda_;
  std::vector<std::unique_ptr<SimulatedServer>>& servers_;
  TransportListener& listener_;
  Witness& witness_;
  std::map<AttemptId, std::shared_ptr<Connection>> connections_;
};

}  // namespace mqfail::test
