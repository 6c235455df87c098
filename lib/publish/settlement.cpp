// SPDX-License-Identifier: Apache-2.0
#include "publish/settlement.hpp"

#include <algorithm>
#include <utility>

#include "base/number.hpp"

namespace mqfail {
namespace {

// PUBACK and PUBREC reason codes (MQTT 5, 3.4.2.1).
constexpr int kFirstRefusal = 0x80;
constexpr int kTopicNameInvalid = 0x90;
constexpr int kPayloadFormatInvalid = 0x99;

}  // namespace

ServerKey Settlement::reached(const Server& server) {
  const ServerKey key = servers_.key_of(server);
  servers_.reached(key);
  return key;
}

void Settlement::not_reached(const Server& server, const Reason& reason) {
  const ServerKey key = servers_.key_of(server);
  servers_.not_reached(key);
  if (reason.cause != Cause::refused) return;
  poison_.died(key, outbox_);
  qos2_refusal_.died(key);
}

std::optional<Reason> Settlement::take_answers(PublishingConnection& connection, TimePoint now) {
  answers_.clear();
  transport_.take_acknowledged(connection.attempt, answers_);
  std::optional<Reason> trouble;
  if (settings_.qos == 2 && !answers_.empty()) qos2_refusal_.answered(connection.server);
  for (const Acknowledged& one : answers_) {
    const auto position = connection.inflight.answered(one.packet_id);
    if (!position || outbox_.closed(*position)) continue;
    if (one.code < kFirstRefusal) {
      if (one.code == kNoMatchingSubscribers) warn_of_no_subscriber();
      acknowledged(*position, connection.server);
    } else if (auto reason = refused(*position, one.code, connection.server, now);
               reason && !trouble) {
      trouble = std::move(reason);
    }
  }
  settled_ += connection.barrier.answered(transport_.pongs(connection.attempt));
  return trouble;
}

// A message is settled once enough servers have it. Until then the outbox remembers which servers
// have it, so that none of them gets it again.
void Settlement::acknowledged(std::uint64_t position, ServerKey server) {
  if (settings_.acks > 1) {
    Outbox::Slot& slot = outbox_.at(position);
    if (!slot.held_by(server)) slot.holders.push_back(server);
    if (servers_.stores(slot.holders) < settings_.acks) return;
  }
  ++settled_;
  outbox_.close(position);
}

// A retained message waits for those who subscribe later, so nobody need be subscribed now. A run
// of one message that succeeds says nothing, so that cron sends no mail.
void Settlement::warn_of_no_subscriber() {
  if (settings_.retain || settings_.single || std::exchange(warned_of_no_subscriber_, true)) return;
  Notice notice{.name = NoticeName::warning, .level = Level::warning};
  notice.reason = "the server has the message, but nobody is subscribed to its topic (0x10)";
  announcer_.announce(notice);
}

void Settlement::warn_of_qos_2(const PublishingConnection& connection) {
  Notice notice{.name = NoticeName::warning, .level = Level::warning};
  notice.server = connection.server_id;
  notice.reason =
      "the server closes the connection at a message of QoS 2: it is not used in this run; "
      "publish with -q 1 to use it";
  announcer_.announce(notice);
}

// Topic name invalid and payload format invalid are the fault of the message: no server will take
// it. Any other refusal (0x80, 0x83, 0x87, 0x97) is the server's state: the message goes to the
// next server, and fails once every server of the roster has refused it or holds it already. One
// that cannot be reached is waited for a while, and not for ever: all that is behind it waits, too.
std::optional<Reason> Settlement::refused(std::uint64_t position, int code, ServerKey server,
                                          TimePoint now) {
  Outbox::Slot& slot = outbox_.at(position);
  if (slot.refusers.empty()) {
    servers_.forget_down();
    slot.trouble_since = now;
  }
  if (!slot.refused_by(server)) slot.refusers.push_back(server);
  ++slot.refusals;
  const bool waited =
      slot.refusals >= kGuiltyTimes && now - slot.trouble_since >= kTroubleOfServers;
  const bool own_fault = code == kTopicNameInvalid || code == kPayloadFormatInvalid;
  const bool nobody_left = servers_.all([&](ServerKey one) {
    return slot.refused_by(one) || slot.held_by(one) || (waited && servers_.is_down(one));
  });
  if (!own_fault && !nobody_left) {
    return Reason{Cause::ack_refused, Phase::publish, code, true,
                  "message " + std::to_string(slot.line)};
  }
  fail(position, "refused: " + std::string(mqtt5_reason_name(code)));
  return std::nullopt;
}

void Settlement::warn_of_properties(const PublishingConnection& connection) {
  Notice notice{.name = NoticeName::warning, .level = Level::warning};
  notice.server = connection.server_id;
  notice.reason =
      "the connection speaks MQTT 3.1.1, which has no properties: messages go without them";
  announcer_.announce(notice);
}

void Settlement::find_poison(const PublishingConnection& connection, const Reason& reason,
                             TimePoint now) {
  if (!Poison::may_be_over_a_message(reason)) return;
  const auto& sent = connection.inflight.in_flight();
  const auto oldest =
      std::find_if(sent.begin(), sent.end(), [this](const InflightWindow::Sent& one) {
        return !one.answered && !outbox_.closed(one.position);
      });
  if (oldest == sent.end()) return;
  const Poison::End end{.server = connection.server,
                        .oldest = oldest->position,
                        .behind = connection.inflight.next(),
                        .alone = connection.inflight.open() == 1,
                        .pinged = connection.has_answered_suspect_ping(transport_),
                        .waited = now - connection.waits_since(*oldest),
                        .at = now};
  // With MQTT 5 the server would have said so in its CONNACK.
  if (settings_.qos == 2 && !connection.mqtt5 && qos2_refusal_.ended(end, reason)) {
    servers_.note_unfit(connection.server, true);
    const std::size_t fit = servers_.fit_stores();
    // If none is left, the run gives up.
    if (fit == 0 || fit >= settings_.acks) return warn_of_qos_2(connection);
    ++too_few_for_qos_2_;
    for (const ServerKey server : qos2_refusal_.forget()) servers_.note_unfit(server, false);
    return fail(end.oldest, "the servers close the connection over it at QoS 2; publish with -q 1");
  }
  if (!poison_.ended(end, reason, outbox_, servers_)) return;
  fail(end.oldest, "servers close the connection over it (" + describe(reason) + "), " +
                       std::to_string(outbox_.at(end.oldest).payload.size()) + " bytes");
  outbox_.restart(now);  // the time that it has cost is not charged to those behind it
}

void Settlement::expire(std::uint64_t position) {
  expire_line(outbox_.at(position).line);
  outbox_.close(position);
}

void Settlement::expire_line(std::uint64_t line) {
  Notice dropped{.name = NoticeName::dropped, .level = Level::warning};
  dropped.reason = "line " + std::to_string(line) + ": its message-expiry-interval is over";
  dropped.more = {{"count", std::int64_t{1}}};
  announcer_.announce(dropped);
}

void Settlement::fail_all() {
  for (auto position = outbox_.begin(); position < outbox_.end(); ++position) {
    if (!outbox_.closed(position))
      fail(position, "fewer servers than --acks needs take QoS 2; publish with -q 1");
  }
}

void Settlement::time_out(TimePoint now) {
  while (!outbox_.empty()) {
    const std::uint64_t oldest = outbox_.begin();
    if (now - outbox_.at(oldest).taken_at < *settings_.timeout) return;
    fail(oldest, "unsettled for longer than --timeout");
    // The time that a suspect has cost is not charged to those behind it.
    if (poison_.is_suspect(oldest)) outbox_.restart(now);
  }
}

void Settlement::fail(std::uint64_t position, const std::string& why) {
  const Outbox::Slot& slot = outbox_.at(position);
  fail(slot.line, slot.payload, why);
  outbox_.close(position);
}

void Settlement::fail(std::uint64_t line, std::string_view payload, const std::string& why) {
  ++failed_;
  Notice notice{.name = NoticeName::failed, .level = Level::error};
  notice.phase = "publish";
  notice.reason = (settings_.delimited ? "line " : "message ") + std::to_string(line) + ": " + why;
  notice.more = {{"line", as_int(line)}, {"bytes", as_int(payload.size())}};
  announcer_.announce(notice);
  undelivered_.put(payload);
}

}  // namespace mqfail
