// SPDX-License-Identifier: Apache-2.0
#include "publish/publisher.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/number.hpp"
#include "publish/packet_size.hpp"
#include "publish/publish_outcome.hpp"

namespace mqfail {
namespace {

// mosquitto 2.0 disconnects a 3.1.1 client with more than max_inflight_messages (20) of QoS 2 open.
constexpr std::size_t kWindowQos2Mqtt3 = 20;
// How long the messages under way on a server that is left may take before they are sent again to
// the next one.
constexpr auto kLeavePatience = std::chrono::seconds(1);
// Messages between two looks at the mailbox.
constexpr int kTurn = 4096;

// True the first time.
bool once(std::vector<ServerKey>& seen, ServerKey server) {
  if (std::find(seen.begin(), seen.end(), server) != seen.end()) return false;
  seen.push_back(server);
  return true;
}

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
  if (stopping_) return;
  // The search has cost time, which those behind it have not had. And at the end of the input the
  // next server has the whole time, once for each server that is left with something unsettled.
  const bool left = source_->dry() && settings_.servers > connections_.size() &&
                    outbox_.unsettled() != 0 && once(left_, connection->server);
  if (left || settlement_.failed() != failed) drain_until_.reset();
}

// The ack timeout of a server that acknowledges nothing may end a little behind the drain timeout,
// or, if it is longer, one drain timeout behind it. It is waited for once: then another server is
// tried.
std::optional<TimePoint> Publisher::left_at(TimePoint now) {
  if (stopping_ || settings_.servers <= connections_.size()) return std::nullopt;
  if (settlement_.settled() != settled_before_drain_) return std::nullopt;
  std::optional<TimePoint> first;
  for (const PublishingConnection& one : connections_) {
    const auto due = one.acknowledgement_due(settings_.ack_timeout);
    if (!one.is_in_use() || !due || *due <= now || *due > now + settings_.drain_timeout) continue;
    if (once(awaited_, one.server)) first = earlier(first, due);
  }
  return first;
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
  if (source_->dry() && !drain_until_ && (reached_ || !settings_.waits_for_first_server)) {
    drain_until_ = now + settings_.drain_timeout;
    settled_before_drain_ = settlement_.settled();
  }
  if (drain_until_ && now >= *drain_until_ && troubles.empty()) {
    drain_until_ = left_at(now);
    drained_out_ = !drain_until_;
  }
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

// Of those that were taken, all that are not open in the outbox.
void Publisher::tell_what_is_settled_behind() {
  if (!source_->keeps() || outbox_.empty()) return;
  std::vector<std::uint64_t> numbers;
  std::uint64_t next = outbox_.at(outbox_.begin()).number;
  for (auto position = outbox_.begin(); position < outbox_.end(); ++position) {
    if (outbox_.closed(position)) continue;
    const std::uint64_t open = outbox_.at(position).number;
    for (; next < open; ++next) numbers.push_back(next);
    ++next;
  }
  for (; next <= taken_; ++next) numbers.push_back(next);
  source_->settled_behind(numbers);
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

bool Publisher::done() const {
  if (drained_out_) return true;
  return input_over() && outbox_.empty() &&
         std::all_of(
             connections_.begin(), connections_.end(),
             [this](const PublishingConnection& one) { return one.is_drained(transport_); });
}

void Publisher::stop(TimePoint now) {
  source_->stop();
  stopping_ = true;
  drain_until_ = now + settings_.drain_timeout;
}

int Publisher::finish(const Ending& ending, bool reached, TimePoint now, Notice& exit) {
  for (PublishingConnection& connection : connections_) {
    take_answers(connection, now);
    lost_max_ += connection.barrier.give_up();
    if (connection.leave_by) finished_.push_back(connection.attempt);
  }
  take_rest(now);
  write_undelivered(ending);
  tell_what_is_settled(now);
  tell_what_is_settled_behind();
  source_->close();
  const std::uint64_t cut_short = source_->rest().empty() ? 0 : 1;
  left_over_ = source_->damaged() + cut_short;
  const std::uint64_t kept = outbox_.unsettled() + source_->waiting();
  PublishOutcome outcome{.published = sender_.published(),
                         .acked = settlement_.settled(),
                         .resent = resent_,
                         .lost_max = lost_max_,
                         .unsettled = kept + settlement_.failed() + left_over_,
                         .kept = kept - source_->unsaved(),
                         .spooled = source_->keeps(),
                         .request = settings_.request,
                         .answered = source_->answered(),
                         .input_over = source_->dry() && !source_->cut_short(),
                         .io_failure = source_->trouble(),
                         .acks = settings_.acks,
                         .allow_loss = settings_.allow_loss};
  if (source_->error_number() != 0) {
    outcome.io_failure =
        std::string("the input could not be read: ") + std::strerror(source_->error_number());
  } else if (outcome.io_failure.empty() && undelivered_.failed()) {
    outcome.io_failure = "--undelivered could not be written";
  }
  return outcome.conclude(ending, reached, exit);
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
  for (auto position = outbox_.begin(); position < outbox_.end() && !source_->keeps(); ++position) {
    const Outbox::Slot& slot = outbox_.at(position);
    if (!slot.closed) undelivered_.put(slot.payload);
  }
  undelivered_.put_input(source_->rest());
  const bool gave_up = ending.how == Ending::How::gave_up ||
                       (ending.how == Ending::How::done && outbox_.unsettled() != 0);
  if (gave_up && source_->unread_fd() >= 0)
    undelivered_.put_unread(source_->unread_fd(), settings_.drain_timeout);
}

}  // namespace mqfail
