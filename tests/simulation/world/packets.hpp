// SPDX-License-Identifier: Apache-2.0
// What travels between a client and a server of the world, and the connection that it travels on.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "agenda.hpp"
#include "policy/event.hpp"

namespace mqfail::test {

enum class Kind {
  connect,
  connack,
  subscribe,
  suback,
  publish,
  puback,
  pubrec,
  pubrel,
  pubcomp,
  pingreq,
  pingresp,
  disconnect,
};

struct Packet {
  Kind kind = Kind::connect;
  std::uint16_t id = 0;
  int code = 0;
  // PUBLISH
  int qos = 0;
  bool retain = false, duplicate = false;
  std::string topic, payload, publisher;
  std::uint64_t number = 0;
  // CONNECT and CONNACK
  std::string client_id;
  bool clean = true, session_present = false;
  std::uint16_t receive_maximum = 65535;
  Protocol protocol = Protocol::mqtt5;
};

/// One end of a link: takes what arrives there.
class End {
 public:
  virtual ~End() = default;
  virtual void arrived(const Packet& packet) = 0;
  /// The other side has closed, in good order or by a reset.
  virtual void closed(bool reset) = 0;
};

/// A TCP connection: in each direction what was sent arrives in order, after the latency. Cut, it
/// carries nothing more and nobody is told.
class Link : public std::enable_shared_from_this<Link> {
 public:
  Link(Agenda& agenda, Duration latency, AttemptId id)
      : attempt(id), agenda_(agenda), latency_(latency) {}

  void to_server(Packet packet) { send(server_, server_at_, std::move(packet)); }
  void to_client(Packet packet) { send(client_, client_at_, std::move(packet)); }
  /// What was sent before still arrives.
  void close_to_server() { close(server_, server_at_, false); }
  void close_to_client(bool reset) { close(client_, client_at_, reset); }
  void cut() { cut_ = true; }

  /// Each end lets go of the link before it dies.
  void set_client(End* end) { client_ = end; }
  void set_server(End* end) { server_ = end; }

  const AttemptId attempt;

 private:
  void send(End*& to, TimePoint& last, Packet packet) {
    if (cut_) return;
    last = std::max(last, agenda_.now() + latency_);
    agenda_.at(last, [self = shared_from_this(), &to, packet = std::move(packet)] {
      if (to != nullptr && !self->cut_) to->arrived(packet);
    });
  }
  void close(End*& to, TimePoint& last, bool reset) {
    if (cut_) return;
    last = std::max(last, agenda_.now() + latency_);
    agenda_.at(last, [self = shared_from_this(), &to, reset] {
      if (to != nullptr && !self->cut_) to->closed(reset);
    });
  }

  Agenda& agenda_;
  const Duration latency_;
  bool cut_ = false;
  End *client_ = nullptr, *server_ = nullptr;
  TimePoint client_at_{}, server_at_{};
};

}  // namespace mqfail::test
