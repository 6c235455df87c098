// SPDX-License-Identifier: Apache-2.0
#include "server.hpp"

#include <algorithm>
#include <utility>

namespace mqfail::test {

/// The server's end of one connection.
class SimulatedServer::Peer final : public End {
 public:
  Peer(SimulatedServer& server, std::shared_ptr<Link> dialled)
      : link(std::move(dialled)), server_(server) {}
  ~Peer() override { link->set_server(nullptr); }
  void arrived(const Packet& packet) override { server_.heard(*this, packet); }
  void closed(bool /*reset*/) override { server_.gone(*this, false); }

  std::shared_ptr<Link> link;
  bool accepted = false, over = false;
  std::string client_id;
  std::deque<Packet> unheard;  // came while it was frozen
  std::deque<Packet> answers;  // kept back while it is deaf

 private:
  SimulatedServer& server_;
};

SimulatedServer::~SimulatedServer() = default;

std::shared_ptr<Link> SimulatedServer::dial(AttemptId attempt, End* client) {
  bury();
  auto link = std::make_shared<Link>(agenda_, traits_.latency, attempt);
  link->set_client(client);
  if (dark_) link->cut();
  auto peer = std::make_shared<Peer>(*this, link);
  link->set_server(peer.get());
  peers_.push_back(std::move(peer));
  if (!up_) {
    gone(*peers_.back(), false);
    return nullptr;
  }
  return link;
}

void SimulatedServer::die(bool keeps_sessions) {
  up_ = frozen_ = false;
  for (const auto& peer : peers_) {
    if (!peer->over) gone(*peer, true);
  }
  if (keeps_sessions) return;
  sessions_.clear();
  retained_.clear();
}

void SimulatedServer::thaw() {
  frozen_ = false;
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    const std::shared_ptr<Peer> peer = peers_[i];
    for (const Packet& packet : std::exchange(peer->unheard, {})) {
      if (!peer->over) handle(*peer, packet);
    }
    if (!peer->over) send_waiting(*peer);
  }
}

void SimulatedServer::go_dark() {
  dark_ = true;
  for (const auto& peer : peers_) {
    peer->link->cut();
    if (!peer->over) gone(*peer, false);  // it finds out by its own keepalive, sooner or later
  }
}

void SimulatedServer::be_deaf(bool deaf) {
  deaf_ = deaf;
  for (const auto& peer : peers_) {
    if (!deaf && !peer->over) release_answers(*peer);
  }
}

bool SimulatedServer::publish(const Packet& message) {
  if (!up_ || frozen_) return false;
  bridge(message);
  return true;
}

void SimulatedServer::bridge(const Packet& message) {
  if (message.retain) retained_[message.topic] = message;
  for (auto& [client_id, session] : sessions_) {
    if (!session.qos) continue;
    const auto peer = std::find_if(peers_.begin(), peers_.end(), [&](const auto& one) {
      return !one->over && one->accepted && one->client_id == client_id;
    });
    Packet copy = message;
    copy.qos = std::min(copy.qos, *session.qos);
    copy.retain = false;
    if (peer == peers_.end() && copy.qos == 0) continue;
    session.waiting.push_back(std::move(copy));
    if (peer != peers_.end()) send_waiting(**peer);
  }
}

void SimulatedServer::keep_session(const std::string& client_id, int qos) {
  sessions_[client_id] = {.clean = false, .qos = qos};
}

void SimulatedServer::heard(Peer& peer, const Packet& packet) {
  if (peer.over) return;
  if (frozen_) {
    peer.unheard.push_back(packet);
  } else {
    handle(peer, packet);
  }
}

void SimulatedServer::handle(Peer& peer, const Packet& packet) {
  if (!peer.accepted && packet.kind != Kind::connect) return;
  Session* const session = session_of(peer);
  switch (packet.kind) {
    case Kind::connect:
      return connect(peer, packet);
    case Kind::subscribe: {
      session->qos = packet.qos;
      peer.link->to_client({.kind = Kind::suback, .code = packet.qos});
      for (const auto& [topic, message] : retained_) {
        Packet copy = message;
        copy.qos = std::min(copy.qos, packet.qos);
        session->waiting.push_back(std::move(copy));
      }
      return send_waiting(peer);
    }
    case Kind::publish:
      return receive(peer, packet);
    case Kind::pubrel:
      session->received.erase(packet.id);
      return answer(peer, {.kind = Kind::pubcomp, .id = packet.id});
    case Kind::pubrec:
      if (const auto sent = session->sent.find(packet.id); sent != session->sent.end()) {
        sent->second = {.kind = Kind::pubrel, .id = packet.id};
        peer.link->to_client(sent->second);
      }
      return;
    case Kind::puback:
    case Kind::pubcomp:
      session->sent.erase(packet.id);
      std::erase(session->order, packet.id);
      return send_waiting(peer);
    case Kind::pingreq:
      return peer.link->to_client({.kind = Kind::pingresp});
    case Kind::disconnect:
      peer.link->close_to_client(false);
      return gone(peer, false);
    default:
      return;
  }
}

void SimulatedServer::connect(Peer& peer, const Packet& packet) {
  if (connack_ != 0) {
    peer.link->to_client({.kind = Kind::connack, .code = connack_});
    peer.link->close_to_client(false);
    return gone(peer, false);
  }
  if (packet.protocol == Protocol::mqtt5 && !traits_.mqtt5) {
    peer.link->to_client({.kind = Kind::connack, .code = 1});
    peer.link->close_to_client(false);
    return gone(peer, false);
  }
  for (const auto& other : peers_) {
    if (other.get() == &peer || other->over || other->client_id != packet.client_id) continue;
    other->link->to_client({.kind = Kind::disconnect, .code = 0x8E});
    other->link->close_to_client(false);
    gone(*other, false);
  }
  if (packet.clean) sessions_.erase(packet.client_id);
  const bool present = sessions_.contains(packet.client_id);
  Session& session = sessions_[packet.client_id];
  session.clean = packet.clean;
  session.receive_maximum = packet.receive_maximum;
  peer.accepted = true;
  peer.client_id = packet.client_id;
  peer.link->to_client({.kind = Kind::connack,
                        .session_present = present,
                        .receive_maximum = traits_.receive_maximum});
  for (const std::uint16_t id : session.order) {
    Packet again = session.sent.at(id);
    again.duplicate = true;
    peer.link->to_client(again);
  }
  send_waiting(peer);
}

void SimulatedServer::receive(Peer& peer, const Packet& packet) {
  const bool is_poison = poison_ && packet.payload.starts_with(*poison_);
  if (is_poison || (packet.qos == 2 && !takes_qos_2_)) {
    peer.link->close_to_client(false);
    return gone(peer, false);
  }
  Session& session = *session_of(peer);
  const bool again = packet.qos == 2 && session.received.contains(packet.id);
  if (on_publish && !again)
    on_publish(packet, peer.link->attempt, packet.qos == 0 || refusal_ == 0);
  if (packet.qos == 0) return;
  const Kind kind = packet.qos == 1 ? Kind::puback : Kind::pubrec;
  if (packet.qos == 2 && refusal_ == 0) session.received.insert(packet.id);
  answer(peer, {.kind = kind, .id = packet.id, .code = refusal_});
}

// In their order, after a while, and none from a server that died meanwhile.
void SimulatedServer::answer(Peer& peer, Packet packet) {
  peer.answers.push_back(std::move(packet));
  if (deaf_) return;
  if (traits_.acknowledges_after == Duration::zero()) return release_answers(peer);
  const auto self = std::find_if(peers_.begin(), peers_.end(),
                                 [&](const auto& one) { return one.get() == &peer; });
  agenda_.in(traits_.acknowledges_after, [this, peer = *self] {
    if (!peer->over && !deaf_) release_answers(*peer);
  });
}

void SimulatedServer::release_answers(Peer& peer) {
  for (Packet& packet : std::exchange(peer.answers, {})) peer.link->to_client(std::move(packet));
}

void SimulatedServer::send_waiting(Peer& peer) {
  Session* const session = session_of(peer);
  if (session == nullptr || frozen_) return;
  while (!session->waiting.empty()) {
    Packet message = session->waiting.front();
    if (message.qos > 0) {
      if (session->sent.size() >= session->receive_maximum) return;
      do {
        message.id = ++session->last_id;
      } while (message.id == 0 || session->sent.contains(message.id));
      session->sent[message.id] = message;
      session->order.push_back(message.id);
    }
    session->waiting.pop_front();
    message.kind = Kind::publish;
    peer.link->to_client(std::move(message));
  }
}

// `told`: the other side gets a reset.
void SimulatedServer::gone(Peer& peer, bool told) {
  if (std::exchange(peer.over, true)) return;
  peer.link->set_server(nullptr);
  if (told) peer.link->close_to_client(true);
  const auto session = sessions_.find(peer.client_id);
  if (peer.accepted && session != sessions_.end() && session->second.clean) {
    sessions_.erase(session);
  }
}

SimulatedServer::Session* SimulatedServer::session_of(const Peer& peer) {
  if (!peer.accepted) return nullptr;
  const auto found = sessions_.find(peer.client_id);
  return found == sessions_.end() ? nullptr : &found->second;
}

void SimulatedServer::bury() {
  std::erase_if(peers_, [](const auto& peer) { return peer->over; });
}

}  // namespace mqfail::test
