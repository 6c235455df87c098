// SPDX-License-Identifier: Apache-2.0
// A server of the world: it stores what is published to it, keeps sessions, sends what it is given
// to its subscribers, and fails in all the ways that a fault asks for.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "packets.hpp"

namespace mqfail::test {

struct ServerTraits {
  Duration latency = std::chrono::microseconds(200);
  Duration acknowledges_after{};
  std::uint16_t receive_maximum = 65535;
  bool mqtt5 = true;
};

/// One that dies comes back only when start() is called. Frozen, it takes what comes to it and does
/// nothing; thawed, it goes on where it was.
class SimulatedServer {
 public:
  SimulatedServer(Agenda& agenda, std::string called, ServerTraits traits)
      : name(std::move(called)), agenda_(agenda), traits_(traits) {}
  ~SimulatedServer();
  SimulatedServer(const SimulatedServer&) = delete;
  SimulatedServer& operator=(const SimulatedServer&) = delete;

  /// A client dials; null: nobody listens. The client end is the caller's.
  std::shared_ptr<Link> dial(AttemptId attempt, End* client);

  // -- faults
  void die(bool keeps_sessions);
  void start() { up_ = true; }
  void freeze() { frozen_ = true; }
  void thaw();
  /// The network to it is gone: what is open is cut and nobody is told, dialling is answered by
  /// nothing.
  void go_dark();
  void come_back() { dark_ = false; }
  /// CONNACK with this code from now on; 0: it accepts.
  void refuse_clients(int code) { connack_ = code; }
  /// PUBACK or PUBREC with this code from now on; 0: it stores.
  void refuse_messages(int code) { refusal_ = code; }
  /// Stores, answers pings and acknowledges nothing.
  void be_deaf(bool deaf);
  /// It closes the connection over a payload that begins so.
  void be_poisoned_by(std::string beginning) { poison_ = std::move(beginning); }
  /// With MQTT 3.1.1 it closes the connection at a PUBLISH of QoS 2.
  void take_no_qos_2() { takes_qos_2_ = traits_.mqtt5; }

  /// Somebody else publishes here; false: nobody takes it. It goes to who is subscribed, and to
  /// sessions that are kept.
  bool publish(const Packet& message);
  /// The same of a message that another server has taken and brings over a bridge. The bridge does
  /// not mind our faults: what comes while it is dead or frozen is there afterwards.
  void bridge(const Packet& message);
  /// A session is here, from before.
  void keep_session(const std::string& client_id, int qos);
  /// A subscribed session is here for this client, connected or not.
  bool has_session(const std::string& client_id) const {
    const auto found = sessions_.find(client_id);
    return found != sessions_.end() && found->second.qos.has_value();
  }

  /// Every PUBLISH that it has received in whole, and whether it took it.
  std::function<void(const Packet&, AttemptId, bool)> on_publish;

  const std::string name;

 private:
  struct Session {
    bool clean = true;
    std::optional<int> qos;  // of the subscription
    std::deque<Packet> waiting;
    std::map<std::uint16_t, Packet> sent;  // not acknowledged; a PUBREL once PUBREC has come
    std::deque<std::uint16_t> order;       // of `sent`
    std::set<std::uint16_t> received;      // QoS 2, until PUBREL
    std::uint16_t last_id = 0;
    std::uint16_t receive_maximum = 65535;
  };
  class Peer;

  void heard(Peer& peer, const Packet& packet);
  void handle(Peer& peer, const Packet& packet);
  void connect(Peer& peer, const Packet& packet);
  void receive(Peer& peer, const Packet& packet);
  void answer(Peer& peer, Packet packet);
  void release_answers(Peer& peer);
  void send_waiting(Peer& peer);
  void gone(Peer& peer, bool told);
  Session* session_of(const Peer& peer);
  void bury();

  Agenda& agenda_;
  const ServerTraits traits_;
  bool takes_qos_2_ = true;
  bool up_ = true, frozen_ = false, dark_ = false, deaf_ = false;
  int connack_ = 0, refusal_ = 0;
  std::optional<std::string> poison_;
  std::map<std::string, Session> sessions_;
  std::map<std::string, Packet> retained_;
  std::vector<std::shared_ptr<Peer>> peers_;
};

}  // namespace mqfail::test
