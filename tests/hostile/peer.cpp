// SPDX-License-Identifier: Apache-2.0
#include "hostile/peer.hpp"

#include <algorithm>
#include <utility>

namespace hostile {

using rig::Packet;
using rig::Type;

namespace {

// "No server will do better" (failover.md, section 3), and a session that was taken over.
bool blames(char code) {
  static const std::set<int> kCodes{1, 2, 0x81, 0x82, 0x84, 0x85, 0x8E, 0x95, 0x99};
  return kCodes.count(static_cast<unsigned char>(code)) != 0;
}

}  // namespace

Peer::Peer(int server, bool good, const Plan& plan, std::string reference, Ledger& ledger,
           std::function<void(const std::string&)> tell,
           std::function<void(const rig::Publish&)> echo)
    : server_(server),
      good_(good),
      plan_(plan),
      reference_(std::move(reference)),
      ledger_(ledger),
      tell_(std::move(tell)),
      echo_(std::move(echo)),
      dice_(plan.seed ^ 0x5eed) {}

void Peer::take(std::string_view bytes) {
  reader_.feed(bytes);
  while (ending == Then::go_on) {
    const auto packet = reader_.next();
    if (!packet) break;
    tell_(std::string("<- ") + name(packet->type) + " " + shown(packet->body));
    handle(*packet);
    if (packet->type == Type::disconnect) {
      say(Moment::after_disconnect, draft(plan_.type));
    } else {
      say(Moment::idle, draft(plan_.type));
    }
  }
  if (reader_.malformed()) ledger_.malformed.push_back("a length of five bytes");
}

void Peer::handle(const Packet& packet) {
  const auto malformed = [&] {
    ledger_.malformed.push_back(name(packet.type) + (" " + shown(packet.body)));
  };
  switch (packet.type) {
    case Type::connect: {
      const auto connect = rig::parse_connect(packet);
      if (!connect) return malformed();
      version_ = connect->version == 5 ? 5 : 4;
      return say(Moment::connack, draft(Type::connack));
    }
    case Type::subscribe:
    case Type::unsubscribe: {
      const auto subscribe = rig::parse_subscribe(packet, version_);
      if (!subscribe) return malformed();
      last_id_ = subscribe->id;
      const bool is_subscribe = packet.type == Type::subscribe;
      Draft answer = draft(is_subscribe ? Type::suback : Type::unsuback);
      answer.tail.clear();
      for (const rig::Filter& filter : subscribe->filters)
        answer.tail += static_cast<char>(is_subscribe ? filter.qos() : 0);
      if (!is_subscribe && version_ != 5) answer.tail.clear();
      say(is_subscribe ? Moment::suback : Moment::unsuback, answer);
      if (is_subscribe && !std::exchange(subscribed_, true) && plan_.tool == Tool::sub)
        send_messages();
      return;
    }
    case Type::publish: {
      const auto publish = rig::parse_publish(packet, version_);
      if (!publish) return malformed();
      last_id_ = publish->id;
      if (publish->qos == 0) {
        ledger_.acknowledged[publish->payload].insert(server_);
      } else {
        unsettled_[publish->id] = publish->payload;
      }
      if (publish->qos == 1) say(Moment::puback, acknowledgement(Type::puback, publish->id));
      if (publish->qos == 2) say(Moment::pubrec, acknowledgement(Type::pubrec, publish->id));
      if (plan_.tool == Tool::probe) echo_(*publish);
      return;
    }
    case Type::pubrel:
    case Type::pubrec:
    case Type::puback:
    case Type::pubcomp: {
      const auto ack = rig::parse_acknowledgement(packet, version_);
      if (!ack) return malformed();
      if (packet.type == Type::pubrel)
        say(Moment::pubcomp, acknowledgement(Type::pubcomp, ack->id));
      if (packet.type == Type::pubrec && ack->code < 0x80)
        say(Moment::pubrel, acknowledgement(Type::pubrel, ack->id));
      return;
    }
    case Type::pingreq:
      ++pings_;
      return say(Moment::pingresp, draft(Type::pingresp));
    case Type::disconnect:
      return;
    default:
      return malformed();
  }
}

void Peer::deliver(const rig::Publish& publish) {
  Draft one = message(publish.payload);
  one.topic = publish.topic;
  say(Moment::publish, std::move(one));
}

void Peer::send_messages() {
  for (unsigned number = 1; number <= plan_.messages; ++number)
    say(Moment::publish, message(payload_of(number)));
}

std::string Peer::payload_of(unsigned number) const {
  std::string payload = (ended_ ? kLate : "") + std::string(good_ ? "good-" : "hostile-") +
                        std::to_string(server_) + "-" + std::to_string(number);
  rig::Dice dice(plan_.seed + number);
  if (plan_.commanding_payloads && !good_) payload += commanding_text(dice);
  return payload;
}

Draft Peer::acknowledgement(Type type, unsigned id) const {
  Draft draft{.type = type, .flags = type == Type::pubrel ? 2 : 0};
  draft.id = id;
  return draft;
}

Draft Peer::message(const std::string& payload) const {
  Draft draft{.type = Type::publish, .flags = plan_.qos << 1};
  draft.topic = "t/x";
  if (plan_.qos > 0) draft.id = next_id_;
  draft.has_properties = version_ == 5;
  draft.tail = payload;
  return draft;
}

// A packet of this type that is right, as far as the moment allows.
Draft Peer::draft(Type type) const {
  Draft draft{.type = type};
  draft.has_properties = version_ == 5;
  switch (type) {
    case Type::connack:
      draft.session = 0;
      draft.code = 0;
      break;
    case Type::publish:
      return message(payload_of(900));
    case Type::puback:
    case Type::pubrec:
    case Type::pubrel:
    case Type::pubcomp:
      return acknowledgement(type, std::max(last_id_, 1U));
    case Type::suback:
    case Type::unsuback:
      draft.id = std::max(last_id_, 1U);
      draft.tail = std::string(1, '\0');
      break;
    case Type::disconnect:
    case Type::auth:
      draft.has_properties = false;
      if (version_ == 5) draft.code = type == Type::auth ? 0x18 : 0x8B;
      break;
    default:
      draft.has_properties = false;
  }
  return draft;
}

void Peer::say(Moment moment, Draft draft) {
  if (ending != Then::go_on) return;
  const bool unasked = moment == Moment::idle || moment == Moment::after_disconnect;
  const bool now =
      !good_ && !wrong_done_ && moment == plan_.moment && ++so_far_[moment] == plan_.nth;
  if (draft.type == Type::publish && draft.id && !unasked) draft.id = next_id_++;
  const bool instead = now && plan_.place == Place::instead;
  if (now && plan_.place != Place::behind) say_wrong(instead ? draft : this->draft(plan_.type));
  if (!unasked && !instead && ending == Then::go_on) {
    if (ended_ && draft.type == Type::publish) draft.tail = kLate + draft.tail;
    say_bytes(draft.bytes(), !ended_);
  }
  if (now && plan_.place == Place::behind) say_wrong(this->draft(plan_.type));
}

void Peer::say_wrong(Draft draft) {
  wrong_done_ = true;
  ledger_.wrong_was_said = true;
  plan_.flaw->make(draft, dice_);
  for (RawProperty& property : draft.properties)
    if (property.value == text_value("REFERENCE")) property.value = text_value(reference_);
  std::string bytes = draft.bytes();
  if (plan_.after_garbage) bytes = "HTTP/1.1 400 \x1b[31mBad Request\r\n\r\n" + bytes;
  const bool cut = plan_.sending == Sending::cut;
  if (cut) bytes.resize(dice_.between(0, bytes.size() - 1));
  constexpr std::size_t kSlow = 40, kSingle = 512;
  if (plan_.sending == Sending::slow) slow = kSlow;
  if (plan_.sending == Sending::single_bytes) single = kSingle;
  // What ends the conversation is whole: a client that waits for the rest is right.
  const bool ends = plan_.ends(version_);
  if (ends && !cut) ended_ = true;
  constexpr std::size_t kMost = 1U << 20U;
  for (unsigned i = 0; i < plan_.times && (i < 2 || out.size() < kMost); ++i)
    say_bytes(bytes, !ends);
  ending = plan_.then;
}

void Peer::say_bytes(const std::string& bytes, bool counts) {
  tell_("-> " + shown(bytes));
  out += bytes;
  if (counts) hear(bytes);
}

// What the client may have understood of it.
void Peer::hear(const std::string& bytes) {
  said_.feed(bytes);
  while (const auto packet = said_.next()) {
    const auto ack = rig::parse_acknowledgement(*packet, version_);
    switch (packet->type) {
      case Type::connack:
        if (packet->body.size() < 2) break;
        if (packet->body[1] == '\0') ledger_.welcomed.insert(server_);
        ledger_.blamed = ledger_.blamed || blames(packet->body[1]);
        break;
      case Type::disconnect:
        ledger_.blamed = ledger_.blamed || (!packet->body.empty() && blames(packet->body[0]));
        break;
      case Type::pingresp:
        if (++pongs_ > pings_) ++ledger_.invented;
        break;
      case Type::puback:
      case Type::pubrec:
      case Type::pubcomp: {
        if (!ack) break;
        const auto found = unsettled_.find(ack->id);
        if (found == unsettled_.end()) {
          if (packet->type != Type::pubrec && ack->code < 0x80) ++ledger_.invented;
          break;
        }
        if (ack->code >= 0x80) {
          ledger_.refused.insert(found->second);
        } else if (packet->type != Type::pubrec) {
          ledger_.acknowledged[found->second].insert(server_);
        }
        break;
      }
      default:
        break;
    }
  }
}

}  // namespace hostile
