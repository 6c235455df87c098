// SPDX-License-Identifier: Apache-2.0
#include "publish/publisher.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/counted.hpp"
#include "publish/packet_size.hpp"

namespace mqfail {
namespace {

constexpr int kNoMatchingSubscribers = 0x10;
constexpr int kTopicNameInvalid = 0x90;
constexpr int kPayloadFormatInvalid = 0x99;

// mosquitto 2.0 disconnects a 3.1.1 client with more than max_inflight_messages (20) of QoS 2 open.
constexpr std::size_t kWindowQos2Mqtt3 = 20;
// The send buffer of the transport is kept below this (bytes).
constexpr std::size_t kBacklog = 262144;
// How long what is under way on a server that is left may take before it is sent again on the next.
constexpr auto kLeavePatience = std::chrono::seconds(1);
// Messages between two looks at the mailbox.
constexpr int kTurn = 4096;
// How long the first servers of --acks may take until the wait for the others is told.
constexpr auto kShortage = std::chrono::seconds(1);

std::int64_t as_int(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

}  // namespace

Publisher::Publisher(PublisherSettings settings, std::unique_ptr<Source> source,
                     Transport& transport, Announcer& announcer)
    : settings_(std::move(settings)),
      source_(std::move(source)),
      transport_(transport),
      announcer_(announcer),
      outbox_(settings_.window, settings_.max_cache_bytes),
      undelivered_(settings_.undelivered_fd,
                   settings_.delimited ? std::optional(settings_.delimiter) : std::nullopt) {}

std::optional<Reason> Publisher::online(AttemptId attempt, const Server& server,
                                        std::uint64_t /*epoch*/, const ConnectionFacts& facts,
                                        TimePoint now) {
  const bool mqtt5 = facts.protocol == Protocol::mqtt5;
  std::size_t window = std::min<std::size_t>(settings_.window, facts.receive_maximum);
  if (settings_.qos == 2 && !mqtt5) window = std::min(window, kWindowQos2Mqtt3);
  const ServerKey key = servers_.key_of(server);
  servers_.reached(key);
  live_.push_back({attempt, key, mqtt5, window, facts.maximum_packet_size, PingBarrier(now)});
  tell_short_at_.reset();
  if (is_short() && !told_short_) tell_short_at_ = now + kShortage;
  if (!is_short() && std::exchange(told_short_, false)) {
    announcer_.announce(
        {.name = NoticeName::warning,
         .reason = "enough servers for --acks " + std::to_string(settings_.acks) + " again"});
  }
  if (facts.maximum_qos < settings_.qos) {
    return Reason{Cause::unfit, Phase::connack, 0, true,
                  "the server allows QoS " + std::to_string(facts.maximum_qos) + " at most"};
  }
  if (!settings_.publisher_id.empty() && !mqtt5) {
    // Without its numbers a message would come out twice at a switch, or look missing.
    return Reason{Cause::unfit, Phase::connack, 0, false,
                  "the server speaks no MQTT 5, which --sequence needs"};
  }
  if (settings_.retain && !facts.retain_available) {
    return Reason{Cause::unfit, Phase::connack, 0, true,
                  "the server does not keep retained messages"};
  }
  return std::nullopt;
}

std::vector<Publisher::Live>::iterator Publisher::find(AttemptId attempt) {
  return std::find_if(live_.begin(), live_.end(),
                      [&](const Live& one) { return one.attempt == attempt; });
}

void Publisher::failed(const Server& server, const Reason& reason) {
  const ServerKey key = servers_.key_of(server);
  servers_.not_reached(key);
  if (reason.cause == Cause::refused) poison_.died(key, outbox_);
}

// Whether the message that was under way is to blame.
void Publisher::lost(AttemptId attempt, const Reason& reason, TimePoint now) {
  const auto live = find(attempt);
  if (live == live_.end() || !Poison::may_be_over_a_message(reason)) return;
  settle(*live);  // what came before the end still counts
  const auto& sent = live->inflight.under_way();
  const auto oldest =
      std::find_if(sent.begin(), sent.end(), [this](const InflightWindow::Sent& one) {
        return !one.answered && !outbox_.closed(one.position);
      });
  if (oldest == sent.end()) return;
  const Poison::End end{
      .server = live->server,
      .oldest = oldest->position,
      .behind = live->inflight.next(),
      .alone = live->inflight.open() == 1,
      .pinged = live->suspect_ping && transport_.pongs(attempt) >= *live->suspect_ping,
      .waited = now - std::max(oldest->at, live->writing_at)};
  if (!poison_.ended(end, reason, outbox_, servers_)) return;
  const Outbox::Entry& entry = outbox_.at(end.oldest);
  fail(entry.line, entry.payload,
       "servers close the connection over it (" + describe(reason) + "), " +
           std::to_string(entry.payload.size()) + " bytes");
  outbox_.close(end.oldest);
  outbox_.restart(now);  // the time that it has cost is not charged to those behind it
}

void Publisher::offline(AttemptId attempt, TimePoint now) {
  if (const auto live = find(attempt); live != live_.end()) take_back(live, now);
  transport_.abandon(attempt);
}

// What this server has not acknowledged is to be sent again, in order.
void Publisher::take_back(std::vector<Live>::iterator live, TimePoint now) {
  settle(*live);  // what came before the end still counts
  if (const std::uint64_t lost = live->barrier.give_up(); lost != 0) {
    lost_max_ += lost;
    Notice dropped{.name = NoticeName::dropped, .level = Level::warning};
    dropped.reason = "written at QoS 0 to a connection that ended";
    dropped.more = {{"count", as_int(lost)}};
    announcer_.announce(dropped);
  }
  for (const InflightWindow::Sent& sent : live->inflight.under_way()) {
    if (!sent.answered && !outbox_.closed(sent.position)) ++resent_;
  }
  live_.erase(live);
  leaving_ = std::any_of(live_.begin(), live_.end(),
                         [](const Live& one) { return one.leave_by.has_value(); });
  tell_short_at_.reset();
  if (is_short() && !told_short_) tell_short_at_ = now;
}

void Publisher::leave(AttemptId attempt, TimePoint now) {
  const auto live = find(attempt);
  if (live == live_.end()) {
    transport_.disconnect(attempt, Duration::zero());
    return;
  }
  live->leave_by = now + kLeavePatience;
  leaving_ = true;
}

// Nothing new goes to a server that is left, and nothing to the others while something is under way
// on it: sent on both, it would arrive twice.
void Publisher::go_on_leaving(TimePoint now) {
  for (std::size_t i = live_.size(); i-- > 0;) {
    Live& live = live_[i];
    if (!live.leave_by) continue;
    settle(live);
    ask_for_proof(live, now);
    transport_.flush(live.attempt, live.inflight.open());
    const bool settled = live.inflight.open() == 0 && live.barrier.unproven() == 0 &&
                         transport_.backlog(live.attempt) == 0;
    if (!settled && now < *live.leave_by) continue;
    const AttemptId old = live.attempt;
    take_back(live_.begin() + static_cast<std::ptrdiff_t>(i), now);
    transport_.disconnect(old, Duration::zero());
  }
}

// With --acks the loss of one server leaves the others at work, yet nothing is settled.
void Publisher::tell_shortage(TimePoint now) {
  if (!tell_short_at_ || now < *tell_short_at_ || settings_.acks == 1) return;
  tell_short_at_.reset();
  if (done()) return;
  told_short_ = true;
  Notice notice{.name = NoticeName::warning, .level = Level::warning};
  notice.reason = "--acks " + std::to_string(settings_.acks) + ": " + std::to_string(live_.size()) +
                  " servers are live; messages wait until there are enough";
  notice.more = {{"live", as_int(live_.size())}, {"wanted", as_int(settings_.acks)}};
  announcer_.announce(notice);
}

std::vector<Trouble> Publisher::pump(TimePoint now) {
  more_ = false;
  std::vector<Trouble> troubles;
  const auto lose = [&troubles](Live& live, Reason reason) {
    live.lost = true;
    troubles.push_back({live.attempt, std::move(reason)});
  };
  if (leaving_) go_on_leaving(now);
  for (Live& live : live_) {
    if (live.lost || live.leave_by) continue;
    if (auto trouble = settle(live)) lose(live, std::move(*trouble));
  }
  tell_settled();
  source_->tend(now, hungry());
  if (settings_.timeout) expire(now);
  for (Live& live : live_) send_stored(live, now);
  take_in(now);
  for (Live& live : live_) {
    if (live.lost || live.leave_by) continue;
    ask_for_proof(live, now);
    transport_.flush(live.attempt, live.inflight.open());
    if (transport_.backlog(live.attempt) != 0) live.writing_at = now;
    if (const auto due = acknowledged_by(live); due && now >= *due) {
      lose(live, {Cause::ack_timeout, Phase::publish, 0, false, {}});
    }
  }
  tell_shortage(now);
  if (source_->dry() && !drain_until_) drain_until_ = now + settings_.drain_timeout;
  if (drain_until_ && now >= *drain_until_) drained_out_ = true;
  return troubles;
}

// Until when the oldest message must be acknowledged. A server that has not even been sent all, as
// with a giant message over a slow line, is not late; if it reads no more, the keepalive finds it.
std::optional<TimePoint> Publisher::acknowledged_by(const Live& live) const {
  const InflightWindow::Sent* const oldest = live.inflight.oldest();
  if (oldest == nullptr) return std::nullopt;
  return std::max(oldest->at, live.writing_at) + settings_.ack_timeout;
}

std::optional<Reason> Publisher::settle(Live& live) {
  answers_.clear();
  transport_.take_acknowledged(live.attempt, answers_);
  std::optional<Reason> trouble;
  for (const Acknowledged& one : answers_) {
    const auto position = live.inflight.answered(one.packet_id);
    if (!position || outbox_.closed(*position)) continue;
    if (one.code < 0x80) {
      // A retained message waits for whoever subscribes later.
      if (one.code == kNoMatchingSubscribers && !settings_.retain &&
          !std::exchange(warned_no_subscriber_, true)) {
        Notice notice{.name = NoticeName::warning, .level = Level::warning};
        notice.reason = "the server has the message, but nobody is subscribed to its topic (0x10)";
        announcer_.announce(notice);
      }
      acknowledged(*position, live.server);
    } else if (auto reason = judge(*position, one.code, live.server); reason && !trouble) {
      trouble = std::move(reason);
    }
  }
  acked_ += live.barrier.answered(transport_.pongs(live.attempt));
  return trouble;
}

// Settled once enough servers have it; until then those that do are remembered, so that none of
// them gets it again.
void Publisher::acknowledged(std::uint64_t position, ServerKey server) {
  if (settings_.acks > 1) {
    Outbox::Entry& entry = outbox_.at(position);
    if (!entry.held_by(server)) entry.holders.push_back(server);
    if (entry.holders.size() < settings_.acks) return;
  }
  ++acked_;
  outbox_.close(position);
  // A spool that is worked off may take its time, as long as something moves.
  if (!stopping_ && !source_->at_end()) drain_until_.reset();
}

// A refusing PUBACK or PUBREC: the message's own fault, or the server's state.
std::optional<Reason> Publisher::judge(std::uint64_t position, int code, ServerKey server) {
  Outbox::Entry& entry = outbox_.at(position);
  if (!entry.refused_by(server)) entry.refusers.push_back(server);
  const bool own_fault = code == kTopicNameInvalid || code == kPayloadFormatInvalid;
  // Those that have it count as well: there is no further one to ask.
  const bool by_all =
      servers_.all([&entry](ServerKey one) { return entry.refused_by(one) || entry.held_by(one); });
  if (own_fault || by_all) {
    fail(entry.line, entry.payload, "refused: " + std::string(mqtt5_reason_name(code)));
    outbox_.close(position);
    return std::nullopt;
  }
  return Reason{Cause::ack_refused, Phase::publish, code, true, {}};
}

// Whether the message of `position` may be sent on this connection now.
bool Publisher::room(const Live& live, std::uint64_t position) const {
  if (live.lost || leaving_ || transport_.backlog(live.attempt) >= kBacklog) return false;
  const InflightWindow::Sent* const oldest = live.inflight.oldest();
  if (oldest != nullptr && poison_.is_suspect(oldest->position)) return false;
  if (!poison_.is_suspect(position)) return live.inflight.open() < live.window;
  if (oldest != nullptr) return false;
  // A connection that ended with it once may have been no good: the next one shows first that it
  // works.
  return outbox_.at(position).endings == 0 ||
         (live.suspect_ping && transport_.pongs(live.attempt) >= *live.suspect_ping);
}

Message Publisher::message_of(std::string_view payload, std::uint64_t number) const {
  Message message{settings_.topic, payload, settings_.qos, settings_.retain};
  if (!settings_.properties.empty()) message.properties = &settings_.properties;
  if (!settings_.publisher_id.empty()) {
    message.publisher = settings_.publisher_id;
    message.number = number;
  }
  return message;
}

std::optional<std::uint16_t> Publisher::send(Live& live, const Message& message) {
  const auto id = transport_.publish(live.attempt, message);
  if (!id) return std::nullopt;
  ++published_;
  if (settings_.qos == 0) live.barrier.published();
  return id;
}

// Sends what the outbox holds and this server has not been sent, oldest first, as far as it goes.
void Publisher::send_stored(Live& live, TimePoint now) {
  std::uint64_t place = std::max(live.inflight.next(), outbox_.begin());
  for (; place < outbox_.end(); ++place) {
    const Outbox::Entry& entry = outbox_.at(place);
    if (entry.closed || entry.held_by(live.server)) continue;
    if (poison_.is_suspect(place) && !live.suspect_ping && !live.lost && !live.leave_by) {
      live.suspect_ping = transport_.ping(live.attempt);
    }
    if (!room(live, place)) break;
    const Message message = message_of(entry.payload, entry.number);
    if (!fits(live, message)) {
      fail(entry.line, entry.payload, "larger than the server takes");
      outbox_.close(place);
      continue;
    }
    live.inflight.go_on_at(place);
    const auto packet_id = send(live, message);
    if (!packet_id) return;
    if (settings_.qos > 0) {
      live.inflight.sent(*packet_id, now);
    } else {
      outbox_.close(place);
    }
  }
  live.inflight.go_on_at(place);
}

// Takes from the source what there is room for: in the outbox, and on its way to some server.
void Publisher::take_in(TimePoint now) {
  for (int count = 0; count < kTurn; ++count) {
    if (!takes()) return;
    const auto item = source_->next(now);
    if (!item) return;
    taken_ = std::max(taken_, item->number);
    const Message message = message_of(item->payload, item->number);
    if (item->too_long || publish_size(message, true) > kLargestPacket) {
      fail(item->line, item->payload, "larger than a message can be");
      continue;
    }
    if (settings_.qos == 0 && !live_.empty() && outbox_.empty()) {
      if (!fits(live_.front(), message)) {
        fail(item->line, item->payload, "larger than the server takes");
        continue;
      }
      if (send(live_.front(), message)) continue;
    }
    // What could not be written at all waits for the next server, at QoS 0 too.
    outbox_.push(item->payload, item->line, item->number, now);
    if (settings_.qos == 0) return;
    for (Live& live : live_) send_stored(live, now);
  }
  more_ = true;
}

void Publisher::ask_for_proof(Live& live, TimePoint now) {
  if (!live.barrier.is_due(now, input_over() || live.leave_by)) return;
  live.barrier.asked(transport_.ping(live.attempt), now);
}

bool Publisher::fits(const Live& live, const Message& message) {
  return live.maximum_packet_size == 0 ||
         publish_size(message, live.mqtt5) <= live.maximum_packet_size;
}

void Publisher::fail(std::uint64_t line, std::string_view payload, const std::string& why) {
  ++failed_;
  Notice notice{.name = NoticeName::failed, .level = Level::error};
  notice.phase = "publish";
  notice.reason = (settings_.delimited ? "line " : "message ") + std::to_string(line) + ": " + why;
  notice.more = {{"line", as_int(line)}, {"bytes", as_int(payload.size())}};
  announcer_.announce(notice);
  undelivered_.put(payload);
}

void Publisher::expire(TimePoint now) {
  while (!outbox_.empty()) {
    const std::uint64_t oldest = outbox_.begin();
    const Outbox::Entry& entry = outbox_.at(oldest);
    if (now - entry.taken_at < *settings_.timeout) return;
    fail(entry.line, entry.payload, "unsettled for longer than --timeout");
    outbox_.close(oldest);
    // The time that a suspect has cost is not charged to those behind it.
    if (poison_.is_suspect(oldest)) outbox_.restart(now);
  }
}

// In a spool nothing up to here is needed any more.
void Publisher::tell_settled() {
  source_->settled(outbox_.empty() ? taken_ : outbox_.at(outbox_.begin()).number - 1);
}

// Whether the outbox can use another message. A payload that is here already fills the window
// during an outage, so that a pipe's writer need not wait longer than it lasts; at QoS 0 there is
// no window.
bool Publisher::takes() const {
  if (outbox_.full()) return false;
  if (live_.empty()) return settings_.qos > 0;
  return std::any_of(live_.begin(), live_.end(), [this](const Live& live) {
    return live.inflight.next() >= outbox_.end() && room(live, outbox_.end());
  });
}

// Whether to read more of the input. A spool is filled during an outage; while enough servers take
// the messages, only as fast as they do.
bool Publisher::hungry() const {
  if (is_short() && source_->keeps()) return true;
  return takes() && (live_.empty() || source_->waiting() == 0);
}

void Publisher::poll_fds(std::vector<pollfd>& fds) const {
  fds.push_back({hungry() ? source_->fd() : -1, POLLIN, 0});
}

void Publisher::on_poll(const pollfd* fds, std::size_t count) {
  if (count == 1 && fds[0].revents != 0) source_->read_some();
}

std::optional<TimePoint> Publisher::deadline() const {
  if (more_) return TimePoint{};  // long ago: at once
  std::optional<TimePoint> until = drain_until_;
  const auto sooner = [&until](std::optional<TimePoint> other) {
    if (other && (!until || *other < *until)) until = other;
  };
  for (const Live& live : live_) {
    if (live.lost) continue;
    if (live.leave_by) {
      sooner(live.leave_by);
      continue;
    }
    sooner(acknowledged_by(live));
    sooner(live.barrier.due());
  }
  const bool fills_spool =
      is_short() && source_->keeps() && (source_->fd() >= 0 || !source_->trouble().empty());
  if (takes() || fills_spool) sooner(source_->due());
  if (settings_.timeout && !outbox_.empty()) {
    sooner(outbox_.at(outbox_.begin()).taken_at + *settings_.timeout);
  }
  if (settings_.acks > 1) sooner(tell_short_at_);
  return until;
}

bool Publisher::done() const {
  if (drained_out_) return true;
  return input_over() && outbox_.empty() &&
         std::all_of(live_.begin(), live_.end(), [this](const Live& live) {
           return live.barrier.unproven() == 0 && transport_.backlog(live.attempt) == 0;
         });
}

void Publisher::stop(TimePoint now) {
  source_->stop();
  stopping_ = true;
  drain_until_ = now + settings_.drain_timeout;
}

int Publisher::finish(const Ending& ending, bool reached, TimePoint now, Notice& exit) {
  for (Live& live : live_) {
    settle(live);
    lost_max_ += live.barrier.give_up();
    if (live.leave_by) transport_.disconnect(live.attempt, Duration::zero());
  }
  take_rest(now);
  write_undelivered(ending);
  tell_settled();
  source_->close();
  const std::uint64_t cut_short = source_->rest().empty() ? 0 : 1;
  const std::uint64_t kept = outbox_.unsettled() + source_->waiting();
  const std::uint64_t unsettled = kept + failed_ + source_->damaged() + cut_short;
  exit.more = {{"published", as_int(published_)},
               {"acked", as_int(acked_)},
               {"unsettled", as_int(unsettled)},
               {"resent", as_int(resent_)},
               {"lost_max", as_int(lost_max_)}};
  if (source_->keeps()) exit.more.emplace_back("spooled", as_int(kept));
  if (source_->error_number() != 0) {
    exit.reason =
        std::string("the input could not be read: ") + std::strerror(source_->error_number());
    return static_cast<int>(ErrorKind::io);
  }
  if (const std::string trouble = source_->trouble(); !trouble.empty()) {
    exit.reason = trouble;
    return static_cast<int>(ErrorKind::io);
  }
  if (undelivered_.failed()) {
    exit.reason = "--undelivered could not be written";
    return static_cast<int>(ErrorKind::io);
  }
  if (ending.how == Ending::How::gave_up && ending.error == ErrorKind::denied) {
    return static_cast<int>(ErrorKind::denied);
  }
  const bool complete = input_over() && unsettled == 0 && (lost_max_ == 0 || settings_.allow_loss);
  if (complete) return 0;
  if (unsettled != 0)
    exit.reason =
        counted(unsettled, "message") + (unsettled == 1 ? " is" : " are") +
        " not acknowledged by " +
        (settings_.acks > 1 ? std::to_string(settings_.acks) + " servers" : "any server") +
        (source_->keeps() && kept == unsettled ? "; the spool keeps them" : "");
  if (ending.how == Ending::How::timed_out) return 27;
  return static_cast<int>(reached ? ErrorKind::temporary : ErrorKind::unavailable);
}

// A run may end before it has taken its input, as when the only server refuses at once.
void Publisher::take_rest(TimePoint now) {
  while (!source_->keeps() && !outbox_.full()) {
    const auto item = source_->next(now);
    if (!item) return;
    outbox_.push(item->payload, item->line, item->number, now);
  }
}

// Unsettled payloads in order, then what was read and not sent; after giving up (which is what a
// drain timeout is, too) also what is still unread, to its end or for the drain timeout.
void Publisher::write_undelivered(const Ending& ending) {
  for (auto place = outbox_.begin(); place < outbox_.end() && !source_->keeps(); ++place) {
    const Outbox::Entry& entry = outbox_.at(place);
    if (!entry.closed) undelivered_.put(entry.payload);
  }
  undelivered_.put_input(source_->rest());
  const bool gave_up = ending.how == Ending::How::gave_up ||
                       (ending.how == Ending::How::done && outbox_.unsettled() != 0);
  if (gave_up && source_->unread_fd() >= 0)
    undelivered_.put_unread(source_->unread_fd(), settings_.drain_timeout);
}

}  // namespace mqfail
