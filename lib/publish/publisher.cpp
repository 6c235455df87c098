// SPDX-License-Identifier: Apache-2.0
#include "publish/publisher.hpp"

#include <algorithm>
#include <utility>

#include "base/number.hpp"
#include "publish/packet_size.hpp"

namespace mqfail {
namespace {

// mosquitto 2.0 disconnects a 3.1.1 client with more than max_inflight_messages (20) of QoS 2 open.
constexpr std::size_t kWindowQos2Mqtt3 = 20;
// How long the messages under way on a server that is left may take before they are sent again to
// the next one.
constexpr auto kLeavePatience = std::chrono::seconds(1);
// Messages between two looks at the mailbox.
constexpr int kTurn = 4096;

}  // namespace

Publisher::Publisher(PublisherSettings settings, std::unique_ptr<Source> source,
                     Transport& transport, Announcer& announcer, std::unique_ptr<AckTo> ack_to)
    : settings_(std::move(settings)),
      source_(std::move(source)),
      ack_to_(std::move(ack_to)),
      transport_(transport),
      announcer_(announcer),
      outbox_(settings_.window, settings_.max_cache_bytes),
      undelivered_(settings_.undelivered_fd,
                   settings_.delimited ? std::optional(settings_.delimiter) : std::nullopt),
      settlement_(settings_, outbox_, undelivered_, transport, announcer),
      sender_(settings_, outbox_, settlement_, transport),
      shortage_(settings_.acks, announcer) {}

std::optional<Reason> Publisher::online(AttemptId attempt, const Server& server,
                                        std::uint64_t /*epoch*/, const ConnectionFacts& facts,
                                        TimePoint now) {
  const bool mqtt5 = facts.protocol == Protocol::mqtt5;
  std::size_t window = std::min<std::size_t>(settings_.window, facts.receive_maximum);
  if (settings_.may_be_qos_2() && !mqtt5) window = std::min(window, kWindowQos2Mqtt3);
  reached_ = true;
  const ServerKey key = settlement_.reached(server);
  connections_.push_back({attempt, key, server.id, mqtt5, window, facts.maximum_packet_size,
                          facts.maximum_qos, facts.retain_available, PingBarrier(now)});
  const std::string why = why_unfit(key, facts);
  settlement_.note_unfit(key, !why.empty());
  if (why.empty()) {
    shortage_.joined(connections_.size(), now);
    return std::nullopt;
  }
  return Reason{Cause::unfit, Phase::connack, 0, mqtt5, why};
}

// Why the server cannot do what the run asks for, and what to do about it; empty: it can.
std::string Publisher::why_unfit(ServerKey server, const ConnectionFacts& facts) const {
  if (facts.maximum_qos < settings_.qos) {
    const std::string most = std::to_string(facts.maximum_qos);
    return "the server allows QoS " + most + " at most; publish with -q " + most;
  }
  if (settlement_.refuses_qos_2(server))
    return "the server closes the connection at a message of QoS 2; publish with -q 1";
  // Without numbers a subscriber would see a message twice after a switch, or miss it.
  if (!settings_.publisher_id.empty() && facts.protocol != Protocol::mqtt5)
    return "the server speaks no MQTT 5, which --sequence needs; leave out --sequence";
  if (settings_.request && facts.protocol != Protocol::mqtt5)
    return "the server speaks no MQTT 5, which --wait-reply needs";
  if (settings_.retain && !facts.retain_available)
    return "the server does not keep retained messages; publish without -r";
  return "";
}

std::vector<PublishingConnection>::iterator Publisher::find(AttemptId attempt) {
  return std::find_if(connections_.begin(), connections_.end(),
                      [&](const PublishingConnection& one) { return one.attempt == attempt; });
}

void Publisher::lost(AttemptId attempt, const Reason& reason, TimePoint now) {
  const auto connection = find(attempt);
  if (connection == connections_.end()) return;
  take_answers(*connection, now);  // what came before the end still counts
  const std::uint64_t failed = settlement_.failed();
  settlement_.find_poison(*connection, reason, now);
  drain_anew(*connection, settlement_.failed() != failed);
}

void Publisher::offline(AttemptId attempt, TimePoint now) {
  if (const auto connection = find(attempt); connection != connections_.end())
    remove(connection, now);
  finished_.push_back(attempt);
}

// The messages that this server has not acknowledged are open in the outbox: the next server gets
// them, in order.
void Publisher::remove(std::vector<PublishingConnection>::iterator connection, TimePoint now) {
  take_answers(*connection, now);  // what came before the end still counts
  if (const std::uint64_t lost = connection->barrier.give_up(); lost != 0) {
    lost_max_ += lost;
    Notice dropped{.name = NoticeName::dropped, .level = Level::warning};
    dropped.reason = "written at QoS 0 to a connection that ended";
    dropped.more = {{"count", as_int(lost)}};
    announcer_.announce(dropped);
  }
  for (const InflightWindow::Sent& sent : connection->inflight.in_flight()) {
    if (!sent.answered && !outbox_.closed(sent.position)) ++resent_;
  }
  connections_.erase(connection);
  if (outbox_.empty()) source_->connection_ended();
  sender_.pause(
      std::any_of(connections_.begin(), connections_.end(),
                  [](const PublishingConnection& one) { return one.leave_by.has_value(); }));
  shortage_.left(connections_.size(), now);
}

void Publisher::leave(AttemptId attempt, TimePoint now) {
  const auto connection = find(attempt);
  if (connection == connections_.end()) return finished_.push_back(attempt);
  connection->leave_by = now + kLeavePatience;
  sender_.pause(true);
}

// Nothing new goes to a server that is left, and nothing to the others while messages are under way
// on it: sent on both, they would arrive twice.
void Publisher::go_on_leaving(TimePoint now) {
  for (std::size_t i = connections_.size(); i-- > 0;) {
    PublishingConnection& connection = connections_[i];
    if (!connection.leave_by) continue;
    take_answers(connection, now);
    ping_if_due(connection, now);
    transport_.flush(connection.attempt, connection.inflight.open());
    const bool settled = connection.inflight.open() == 0 && connection.is_drained(transport_);
    if (!settled && now < *connection.leave_by) continue;
    const AttemptId old = connection.attempt;
    remove(connections_.begin() + static_cast<std::ptrdiff_t>(i), now);
    finished_.push_back(old);
  }
}

std::vector<Trouble> Publisher::pump(TimePoint now) {
  more_ = false;
  std::vector<Trouble> troubles;
  const auto lose = [&troubles](PublishingConnection& connection, Reason reason) {
    connection.lost = true;
    troubles.push_back({connection.attempt, std::move(reason)});
  };
  if (sender_.is_paused()) go_on_leaving(now);
  for (PublishingConnection& connection : connections_) {
    if (!connection.is_in_use()) continue;
    if (auto trouble = take_answers(connection, now)) lose(connection, std::move(*trouble));
  }
  if (settings_.timeout) settlement_.time_out(now);
  if (settlement_.is_hopeless()) settlement_.fail_all();
  if (settings_.request && settlement_.failed() != 0) source_->stop();  // no reply will come
  tell_what_is_settled(now);
  source_->tend(now, wants_input());
  for (PublishingConnection& connection : connections_) sender_.send_stored(connection, now);
  take_input(now);
  for (PublishingConnection& connection : connections_) {
    if (!connection.is_in_use()) continue;
    ping_if_due(connection, now);
    transport_.flush(connection.attempt, connection.inflight.open());
    if (transport_.backlog(connection.attempt) != 0) connection.backlog_at = now;
    const auto due = connection.acknowledgement_due(settings_.ack_timeout);
    if (!due || now < *due) continue;
    const auto code = static_cast<int>(milliseconds(now - *due + settings_.ack_timeout));
    lose(connection, {Cause::ack_timeout, Phase::publish, code, false, {}});
  }
  shortage_.tend(connections_.size(), done(), now);
  drain(now, troubles.empty());
  return troubles;
}

std::optional<Reason> Publisher::take_answers(PublishingConnection& connection, TimePoint now) {
  const std::uint64_t before = settlement_.settled();
  auto trouble = settlement_.take_answers(connection, now);
  // Sending what an old spool holds may take its time, as long as messages are settled.
  if (settlement_.settled() != before && !stopping_ && !source_->at_end()) drain_until_.reset();
  return trouble;
}

// Takes payloads from the source as long as the outbox and some server have room for them.
void Publisher::take_input(TimePoint now) {
  for (int count = 0; count < kTurn; ++count) {
    if (!has_room()) return;
    const auto item = source_->next(now);
    if (!item) return;
    taken_ = std::max(taken_, item->number);
    ++inputs_;
    Message message;
    if (item->too_long) {
      settlement_.fail(item->line, item->payload, "larger than a message can be");
      continue;
    }
    const auto fault = sender_.read(item->payload, item->number, message);
    if (ack_to_ && settings_.form)
      ack_to_->note(item->number, settings_.form->ack(), fault.has_value());
    if (fault) {
      refuse(*item, *fault);
      continue;
    }
    if (publish_size(message, true) > kLargestPacket) {
      settlement_.fail(item->line, item->payload, "larger than a message can be");
      continue;
    }
    if (message.qos == 0 && !connections_.empty() && outbox_.empty()) {
      if (const std::string why = connections_.front().why_not(message); !why.empty()) {
        settlement_.fail(item->line, item->payload, why);
        continue;
      }
      if (sender_.send(connections_.front(), message, item->number)) continue;
    }
    // What could not be written at all waits for the next server, at QoS 0 too.
    outbox_.push(item->payload, item->line, item->number, now);
    source_->release(now);
    if (!settings_.keeps()) return;
    for (PublishingConnection& connection : connections_) sender_.send_stored(connection, now);
  }
  more_ = true;
}

void Publisher::refuse(const Source::Item& item, const RecordForm::Fault& fault) {
  if (fault.expired) return settlement_.expire_line(item.line);
  const std::string place =
      fault.column == 0 ? "" : "column " + std::to_string(fault.column) + ": ";
  settlement_.fail(item.line, item.payload, place + fault.why);
}

void Publisher::ping_if_due(PublishingConnection& connection, TimePoint now) {
  // The other end of --ack-to waits for the proof.
  const bool at_once =
      input_over() || connection.leave_by || (ack_to_ && !connection.barrier.waits());
  if (!connection.barrier.is_due(now, at_once)) return;
  connection.barrier.asked(transport_.ping(connection.attempt), now);
}

// A spool no longer needs the messages before the oldest one that is open. At QoS 0 a message
// counts when an answered ping has proven it.
void Publisher::tell_what_is_settled(TimePoint now) {
  std::uint64_t number = outbox_.empty() ? taken_ : outbox_.at(outbox_.begin()).number - 1;
  source_->settled(number);
  if (!ack_to_) return;
  for (const PublishingConnection& one : connections_) {
    if (const auto oldest = one.barrier.oldest()) number = std::min(number, *oldest - 1);
  }
  ack_to_->settled(number);
  ack_to_->tend(now);
}

// Whether the outbox can use another message. During an outage it fills its window with payloads
// that have already arrived, so that the writer of a pipe is not held up by a short one; at QoS 0
// there is no window.
bool Publisher::has_room() const {
  if (outbox_.full()) return false;
  if (connections_.empty()) return settings_.keeps();
  return std::any_of(connections_.begin(), connections_.end(),
                     [this](const PublishingConnection& connection) {
                       return connection.inflight.next() >= outbox_.end() &&
                              sender_.has_room(connection, outbox_.end());
                     });
}

// Whether to read more of the input. A spool is filled during an outage; while enough servers take
// the messages, the input is read only as fast as they do.
bool Publisher::wants_input() const {
  // What cannot be kept without a server waits in the source, which so finds the end of its input.
  if (connections_.empty() && !settings_.keeps()) return true;
  if (is_short() && source_->keeps()) return true;
  return has_room() && (connections_.empty() || source_->waiting() == 0);
}

void Publisher::poll_fds(std::vector<pollfd>& fds) const {
  fds.push_back({wants_input() ? source_->fd() : -1, POLLIN, 0});
  if (ack_to_) fds.push_back({ack_to_->fd(), POLLOUT, 0});
}

void Publisher::on_poll(const pollfd* fds, std::size_t count, TimePoint now) {
  if (count >= 1 && fds[0].revents != 0) source_->read_some(now);
}

std::optional<TimePoint> Publisher::deadline() const {
  if (more_) return TimePoint{};  // long ago: at once
  std::optional<TimePoint> until = drain_until_;
  const auto sooner = [&until](std::optional<TimePoint> other) { until = earlier(until, other); };
  for (const PublishingConnection& connection : connections_) {
    if (connection.lost) continue;
    if (connection.leave_by) {
      sooner(connection.leave_by);
      continue;
    }
    sooner(connection.acknowledgement_due(settings_.ack_timeout));
    sooner(connection.barrier.due());
  }
  const bool fills_spool = is_short() && source_->keeps();
  if (has_room() || fills_spool) sooner(source_->due());
  if (settings_.timeout && !outbox_.empty()) {
    sooner(outbox_.at(outbox_.begin()).taken_at + *settings_.timeout);
  }
  sooner(shortage_.due());
  if (ack_to_) sooner(ack_to_->due());
  return until;
}

Counts Publisher::counts() const {
  return {.taken = inputs_,
          .published = sender_.published(),
          .acknowledged = settlement_.settled(),
          .unsettled = outbox_.unsettled() + source_->waiting() + left_over_,
          .failed = settlement_.failed(),
          .dropped = lost_max_,
          .share = source_->share()};
}

}  // namespace mqfail
