// SPDX-License-Identifier: Apache-2.0
#include "transport.hpp"

#include <algorithm>
#include <deque>
#include <utility>

namespace mqfail::test {

class SimulatedTransport::Connection final : public End,
                                             public std::enable_shared_from_this<Connection> {
 public:
  Connection(SimulatedTransport& world, AttemptId attempt, SimulatedServer& server,
             ConnectSettings settings, Protocol protocol)
      : world_(world),
        attempt_(attempt),
        server_(server),
        settings_(std::move(settings)),
        protocol_(protocol) {}
  ~Connection() override {
    if (link_) link_->set_client(nullptr);
  }

  void dial() {
    link_ = server_.dial(attempt_, this);
    if (!link_) {
      // Not from within connect(): nothing of the transport does so.
      world_.agenda_.in(std::chrono::microseconds(100), [self = weak_from_this()] {
        if (const auto here = self.lock()) here->end({Cause::refused, Phase::tcp, 111, false, {}});
      });
      return;
    }
    Packet packet{.kind = Kind::connect};
    packet.client_id = settings_.client_id;
    packet.clean = settings_.clean_session;
    packet.receive_maximum = settings_.properties.receive_maximum.value_or(65535);
    packet.protocol = protocol_;
    link_->to_server(std::move(packet));
  }

  void take_over() {
    if (stage_ != Stage::online) return;  // Lost is on its way
    stage_ = Stage::subscribing;
    facts_.standby = true;
    subscribe();
  }

  // -- End
  void arrived(const Packet& packet) override {
    last_life_ = world_.agenda_.now();
    switch (packet.kind) {
      case Kind::connack:
        return accepted(packet);
      case Kind::suback:
        facts_.granted.assign(1, packet.code);
        facts_.subscribe = world_.agenda_.now() - facts_.subscribed_at;
        return online();
      case Kind::puback:
      case Kind::pubcomp:
        return answered(packet);
      case Kind::pubrec:
        if (packet.code >= 0x80) return answered(packet);
        return link_->to_server({.kind = Kind::pubrel, .id = packet.id});
      case Kind::publish:
        if (inbox_.empty()) world_.listener_.wake();
        return inbox_.push_back(packet);
      case Kind::pubrel:
        return link_->to_server({.kind = Kind::pubcomp, .id = packet.id});
      case Kind::pingresp:
        ++pongs_;
        return world_.listener_.wake();
      case Kind::disconnect:
        return end({Cause::disconnect, Phase::publish, packet.code, true, {}});
      default:
        return;
    }
  }
  void closed(bool reset) override {
    const Phase phase = stage_ == Stage::connecting    ? Phase::connack
                        : stage_ == Stage::subscribing ? Phase::subscribe
                                                       : Phase::publish;
    end({reset ? Cause::reset : Cause::closed, phase, reset ? 104 : 0, false, {}});
  }

  // -- the session
  std::optional<std::uint16_t> publish(const Message& message) {
    if (stage_ != Stage::online) return std::nullopt;
    Packet packet{.kind = Kind::publish, .qos = message.qos, .retain = message.retain};
    packet.topic = message.topic;
    packet.payload = message.payload;
    packet.publisher = message.publisher;
    packet.number = message.number;
    if (message.qos > 0) {
      do {
        packet.id = ++last_id_;
      } while (packet.id == 0 || open_.contains(packet.id));
      open_[packet.id] = packet;
    }
    world_.witness_.sent(attempt_, server_.name, message);
    out_.push_back(packet);
    return packet.id;
  }
  void flush() {
    for (Packet& packet : std::exchange(out_, {})) {
      if (stage_ == Stage::online) link_->to_server(std::move(packet));
    }
  }
  std::uint64_t ping() {
    out_.push_back({.kind = Kind::pingreq});
    return ++pings_;
  }
  std::uint64_t pongs() const { return pongs_; }
  void take_acknowledged(std::vector<Acknowledged>& into) {
    for (const auto& [packet, code] : std::exchange(answers_, {})) {
      world_.witness_.answered(attempt_, server_.name, packet, code);
      into.push_back({packet.id, code});
    }
  }
  std::size_t take_messages(const std::function<bool(const Message&)>& visit) {
    std::size_t count = 0;
    while (!inbox_.empty()) {
      const Packet& packet = inbox_.front();
      Message message{packet.topic,  packet.payload,   packet.qos,
                      packet.retain, packet.duplicate, packet.id};
      message.publisher = packet.publisher;
      message.number = packet.number;
      world_.witness_.visiting(attempt_, packet);
      if (!visit(message)) break;
      world_.witness_.taken(attempt_, server_.name, packet);
      taken_.push_back(std::move(inbox_.front()));
      inbox_.pop_front();
      ++count;
    }
    return count;
  }
  void acknowledge(std::size_t count) {
    for (; count > 0 && !taken_.empty(); --count) {
      const Packet packet = std::move(taken_.front());
      taken_.pop_front();
      if (packet.qos == 0) continue;
      world_.witness_.acknowledged(attempt_, packet);
      if (stage_ != Stage::online) continue;
      link_->to_server({.kind = packet.qos == 1 ? Kind::puback : Kind::pubrec, .id = packet.id});
    }
  }
  const ConnectionFacts* facts() const { return was_online_ ? &facts_ : nullptr; }
  void leave() {
    flush();
    if (stage_ == Stage::online) link_->to_server({.kind = Kind::disconnect});
    abandon();
  }
  void abandon() {
    silent_ = true;
    if (link_) {
      link_->close_to_server();
      link_->set_client(nullptr);
    }
    stage_ = Stage::closed;
    world_.witness_.ended(attempt_, server_.name);
  }

 private:
  enum class Stage { connecting, subscribing, online, closed };

  void accepted(const Packet& packet) {
    if (packet.code != 0)
      return end({Cause::connack, Phase::connack, packet.code, packet.code >= 0x80, {}});
    facts_.protocol = protocol_;
    facts_.session_present = packet.session_present;
    facts_.receive_maximum = packet.receive_maximum;
    facts_.client_id = settings_.client_id;
    facts_.address = server_.name;
    world_.witness_.accepted(attempt_, packet.receive_maximum, packet.session_present);
    if (settings_.standby) return online();
    subscribe();
  }
  void subscribe() {
    if (settings_.subscriptions.empty()) return online();
    stage_ = Stage::subscribing;
    facts_.subscribed_at = world_.agenda_.now();
    link_->to_server({.kind = Kind::subscribe, .qos = settings_.subscriptions.front().qos});
  }
  void online() {
    stage_ = Stage::online;
    was_online_ = true;
    world_.listener_.post(event::Connected{attempt_});
    if (!std::exchange(watched_, true)) watch();
  }
  // Paho's keepalive: a ping when nothing came for the interval, a loss after one and a half.
  void watch() {
    const TimePoint lost_at = last_life_ + settings_.keepalive * 3 / 2;
    const TimePoint look_at = world_.agenda_.now() + settings_.keepalive / 2;
    world_.agenda_.at(std::min(look_at, lost_at), [self = weak_from_this()] {
      const auto here = self.lock();
      if (!here || here->stage_ == Stage::closed) return;
      const Duration silent = here->world_.agenda_.now() - here->last_life_;
      if (silent >= here->settings_.keepalive * 3 / 2) {
        return here->end({Cause::keepalive, Phase::publish, 0, false, {}}, silent);
      }
      if (silent >= here->settings_.keepalive / 2) {
        ++here->pings_;
        here->link_->to_server({.kind = Kind::pingreq});
      }
      here->watch();
    });
  }
  void answered(const Packet& packet) {
    const auto found = open_.find(packet.id);
    if (found == open_.end()) return;
    if (answers_.empty()) world_.listener_.wake();
    answers_.emplace_back(std::move(found->second), packet.code);
    open_.erase(found);
  }
  void end(Reason reason, Duration silent = {}) {
    const Stage before = std::exchange(stage_, Stage::closed);
    if (link_) link_->set_client(nullptr);
    if (std::exchange(silent_, true)) return;
    world_.witness_.lost(attempt_, world_.agenda_.now() - silent);
    if (before == Stage::online) {
      world_.listener_.post(event::Lost{attempt_, std::move(reason), silent});
    } else {
      world_.listener_.post(event::Failed{attempt_, std::move(reason)});
    }
    world_.listener_.wake();
  }

  SimulatedTransport& world_;
  const AttemptId attempt_;
  SimulatedServer& server_;
  const ConnectSettings settings_;
  const Protocol protocol_;
  std::shared_ptr<Link> link_;
  Stage stage_ = Stage::connecting;
  bool silent_ = false, was_online_ = false, watched_ = false;
  ConnectionFacts facts_;
  TimePoint last_life_{};
  std::uint16_t last_id_ = 0;
  std::uint64_t pings_ = 0, pongs_ = 0;
  std::vector<Packet> out_;
  std::map<std::uint16_t, Packet> open_;
  std::vector<std::pair<Packet, int>> answers_;
  std::deque<Packet> inbox_, taken_;
};

SimulatedTransport::~SimulatedTransport() = default;

void SimulatedTransport::connect(AttemptId attempt, const Server& server,
                                 const ConnectSettings& settings, Protocol protocol) {
  const auto there = std::find_if(servers_.begin(), servers_.end(),
                                  [&](const auto& one) { return one->name == server.host; });
  auto connection = std::make_shared<Connection>(*this, attempt, **there, settings, protocol);
  connections_[attempt] = connection;
  connection->dial();
}
void SimulatedTransport::take_over(AttemptId attempt) {
  if (Connection* const one = find(attempt)) one->take_over();
}
void SimulatedTransport::abandon(AttemptId attempt) {
  if (Connection* const one = find(attempt)) one->abandon();
  connections_.erase(attempt);
}
bool SimulatedTransport::disconnect(AttemptId attempt, Duration /*patience*/) {
  if (Connection* const one = find(attempt)) one->leave();
  return connections_.erase(attempt) != 0;
}
const ConnectionFacts* SimulatedTransport::facts(AttemptId attempt) const {
  const Connection* const one = find(attempt);
  return one == nullptr ? nullptr : one->facts();
}
std::optional<std::uint16_t> SimulatedTransport::publish(AttemptId attempt,
                                                         const Message& message) {
  Connection* const one = find(attempt);
  return one == nullptr ? std::nullopt : one->publish(message);
}
void SimulatedTransport::flush(AttemptId attempt, std::size_t /*awaited*/) {
  if (Connection* const one = find(attempt)) one->flush();
}
std::uint64_t SimulatedTransport::ping(AttemptId attempt) {
  Connection* const one = find(attempt);
  return one == nullptr ? 0 : one->ping();
}
std::uint64_t SimulatedTransport::pongs(AttemptId attempt) const {
  const Connection* const one = find(attempt);
  return one == nullptr ? 0 : one->pongs();
}
void SimulatedTransport::take_acknowledged(AttemptId attempt, std::vector<Acknowledged>& into) {
  if (Connection* const one = find(attempt)) one->take_acknowledged(into);
}
std::size_t SimulatedTransport::take_messages(AttemptId attempt,
                                              const std::function<bool(const Message&)>& visit) {
  Connection* const one = find(attempt);
  return one == nullptr ? 0 : one->take_messages(visit);
}
void SimulatedTransport::acknowledge(AttemptId attempt, std::size_t count) {
  if (Connection* const one = find(attempt)) one->acknowledge(count);
}
SimulatedTransport::Connection* SimulatedTransport::find(AttemptId attempt) const {
  const auto found = connections_.find(attempt);
  return found == connections_.end() ? nullptr : found->second.get();
}

}  // namespace mqfail::test
