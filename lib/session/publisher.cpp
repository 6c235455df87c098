// SPDX-License-Identifier: Apache-2.0
#include "session/publisher.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/write.hpp"
#include "session/clock.hpp"

namespace mqfail {
namespace {

constexpr int kNoMatchingSubscribers = 0x10;
constexpr int kTopicNameInvalid = 0x90;
constexpr int kPayloadFormatInvalid = 0x99;

// mosquitto 2.0 disconnects a 3.1.1 client with more than max_inflight_messages (20) of QoS 2 open.
constexpr std::size_t kWindowQos2Mqtt3 = 20;
// The send buffer of the transport is kept below this (bytes).
constexpr std::size_t kBacklog = 262144;
// Messages of QoS 0 between two proofs, and the longest time between them.
constexpr std::uint64_t kProofEvery = 20000;
constexpr auto kProofAfter = std::chrono::milliseconds(500);
// How long what is under way on a server that is left may take before it is sent again on the next.
constexpr auto kLeavePatience = std::chrono::seconds(1);
// Messages between two looks at the mailbox.
constexpr int kTurn = 4096;

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
      outbox_(settings_.window) {}

std::optional<Reason> Publisher::online(AttemptId attempt, const Server& /*server*/,
                                        std::uint64_t /*epoch*/, const ConnectionFacts& facts,
                                        TimePoint now) {
  std::size_t window = std::min<std::size_t>(settings_.window, facts.receive_maximum);
  if (settings_.qos == 2 && facts.protocol != Protocol::mqtt5)
    window = std::min(window, kWindowQos2Mqtt3);
  Live fresh{attempt, window, facts.maximum_packet_size};
  fresh.asked_at = now;
  if (live_) {
    next_ = fresh;
  } else {
    live_ = fresh;
    questions_.clear();
  }
  if (facts.maximum_qos < settings_.qos) {
    return Reason{Cause::unfit, Phase::connack, 0, true,
                  "the server allows QoS " + std::to_string(facts.maximum_qos) + " at most"};
  }
  if (!settings_.publisher_id.empty() && facts.protocol != Protocol::mqtt5) {
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

void Publisher::offline(AttemptId attempt, TimePoint now) {
  if (next_ && next_->attempt == attempt) next_.reset();
  if (live_ && live_->attempt == attempt) {
    take_back(now);
    live_ = std::exchange(next_, std::nullopt);
  }
  transport_.abandon(attempt);
}

// What no server has is to be sent again, in order.
void Publisher::take_back(TimePoint now) {
  settle(now);  // what came before the end still counts
  if (const std::uint64_t lost = unproven(); lost != 0) {
    lost_max_ += lost;
    Notice dropped{.name = NoticeName::dropped, .level = Level::warning};
    dropped.reason = "written at QoS 0 to a connection that ended; so many at most are lost";
    dropped.more = {{"count", as_int(lost)}};
    announcer_.announce(dropped);
  }
  resent_ += outbox_.in_flight();
  outbox_.rewind();
  questions_.clear();
  leave_by_.reset();
}

void Publisher::leave(AttemptId attempt, TimePoint now) {
  if (live_ && live_->attempt == attempt) {
    leave_by_ = now + kLeavePatience;
    return;
  }
  if (next_ && next_->attempt == attempt) next_.reset();
  transport_.disconnect(attempt, Duration::zero());
}

// Nothing new goes to a server that is left; false while something is under way on it.
bool Publisher::has_left(TimePoint now) {
  const AttemptId old = live_->attempt;
  settle(now);
  ask_for_proof(now);
  transport_.flush(old);
  const bool settled = outbox_.in_flight() == 0 && unproven() == 0 && transport_.backlog(old) == 0;
  if (!settled && now < *leave_by_) return false;
  take_back(now);
  transport_.disconnect(old, Duration::zero());
  live_ = std::exchange(next_, std::nullopt);
  return true;
}

std::uint64_t Publisher::unproven() const {
  return live_ ? live_->published - live_->proven : 0;
}

std::vector<Trouble> Publisher::pump(TimePoint now) {
  more_ = false;
  if (leave_by_ && !has_left(now)) return {};
  std::optional<Reason> trouble;
  if (live_) trouble = settle(now);
  tell_settled();
  source_->tend(now, hungry());
  if (trouble) return {{live_->attempt, std::move(*trouble)}};
  if (live_) {
    if (settings_.timeout) expire(now);
    if (send_stored(now)) send_new(now);
    ask_for_proof(now);
    transport_.flush(live_->attempt);
    const Outbox::Entry* const oldest = outbox_.oldest_in_flight();
    if (oldest != nullptr && now - oldest->sent_at >= settings_.ack_timeout) {
      return {{live_->attempt, {Cause::ack_timeout, Phase::publish, 0, false, {}}}};
    }
  } else {
    if (settings_.timeout) expire(now);
    // A payload that is here already fills the window, so that a pipe's writer need not wait longer
    // than the outage makes it. At QoS 0 there is no window: nothing is read.
    while (settings_.qos > 0 && !outbox_.full()) {
      const auto item = source_->next(now);
      if (!item) break;
      taken_ = std::max(taken_, item->number);
      if (item->too_long || !fits(item->payload.size())) {
        fail(item->line, item->payload, "larger than a message can be");
      } else {
        outbox_.push(item->payload, item->line, item->number, now);
      }
    }
  }
  if (source_->dry() && !drain_until_) drain_until_ = now + settings_.drain_timeout;
  if (drain_until_ && now >= *drain_until_) drained_out_ = true;
  return {};
}

std::optional<Reason> Publisher::settle(TimePoint /*now*/) {
  acknowledged_.clear();
  transport_.take_acknowledged(live_->attempt, acknowledged_);
  std::optional<Reason> trouble;
  for (const Acknowledged& one : acknowledged_) {
    Outbox::Entry* const entry = outbox_.find(live_->attempt, one.packet_id);
    if (entry == nullptr) continue;
    if (one.code < 0x80) {
      if (one.code == kNoMatchingSubscribers && !std::exchange(warned_no_subscriber_, true)) {
        Notice notice{.name = NoticeName::warning, .level = Level::warning};
        notice.reason = "the server has the message, but nobody is subscribed to its topic (0x10)";
        announcer_.announce(notice);
      }
      ++acked_;
      outbox_.close(*entry);
      // A spool that is worked off may take its time, as long as something moves.
      if (!stopping_ && !source_->at_end()) drain_until_.reset();
    } else if (auto reason = judge(*entry, one.code); reason && !trouble) {
      trouble = std::move(reason);
    }
  }
  const std::uint64_t pongs = transport_.pongs(live_->attempt);
  while (!questions_.empty() && questions_.front().ping <= pongs) {
    acked_ += questions_.front().published - live_->proven;
    live_->proven = questions_.front().published;
    questions_.pop_front();
  }
  return trouble;
}

// A refusing PUBACK or PUBREC: the message's own fault, or the server's state.
std::optional<Reason> Publisher::judge(Outbox::Entry& entry, int code) {
  ++entry.refusals;
  const bool own_fault = code == kTopicNameInvalid || code == kPayloadFormatInvalid;
  if (own_fault || entry.refusals >= settings_.servers) {
    fail(entry.line, entry.payload, "refused: " + std::string(mqtt5_reason_name(code)));
    outbox_.close(entry);
    return std::nullopt;
  }
  return Reason{Cause::ack_refused, Phase::publish, code, true, {}};
}

bool Publisher::room() const {
  return outbox_.in_flight() < live_->window && transport_.backlog(live_->attempt) < kBacklog;
}

bool Publisher::send(std::string_view payload, std::uint64_t number, std::uint16_t& packet_id) {
  Message message{settings_.topic, payload, settings_.qos, settings_.retain};
  if (!settings_.properties.empty()) message.properties = &settings_.properties;
  if (!settings_.publisher_id.empty()) {
    message.publisher = settings_.publisher_id;
    message.number = number;
  }
  const auto id = transport_.publish(live_->attempt, message);
  if (!id) return false;
  packet_id = *id;
  ++published_;
  if (settings_.qos == 0) ++live_->published;
  return true;
}

// Sends what the outbox holds and no server has; true if nothing of it is left.
bool Publisher::send_stored(TimePoint now) {
  while (outbox_.next_to_send() < outbox_.size()) {
    if (!room()) return false;
    const std::size_t place = outbox_.next_to_send();
    Outbox::Entry& entry = outbox_.at(place);
    if (!fits(entry.payload.size())) {
      fail(entry.line, entry.payload, "larger than the server takes");
      outbox_.close(entry);
      continue;
    }
    std::uint16_t packet_id = 0;
    if (!send(entry.payload, entry.number, packet_id)) return false;
    outbox_.sent(place, live_->attempt, packet_id, now);
    if (settings_.qos == 0) outbox_.close(entry);
  }
  return true;
}

void Publisher::send_new(TimePoint now) {
  for (int count = 0; count < kTurn; ++count) {
    if (!room() || outbox_.full()) return;
    const auto item = source_->next(now);
    if (!item) return;
    taken_ = std::max(taken_, item->number);
    if (item->too_long || !fits(item->payload.size())) {
      fail(item->line, item->payload, "larger than the server takes");
      continue;
    }
    std::uint16_t packet_id = 0;
    if (settings_.qos == 0 && send(item->payload, item->number, packet_id)) continue;
    // What could not be written at all waits for the next server, at QoS 0 too.
    outbox_.push(item->payload, item->line, item->number, now);
    if (settings_.qos == 0 || !send(item->payload, item->number, packet_id)) return;
    outbox_.sent(outbox_.next_to_send(), live_->attempt, packet_id, now);
  }
  more_ = true;
}

void Publisher::ask_for_proof(TimePoint now) {
  if (settings_.qos != 0 || live_->published == live_->asked) return;
  if (input_over() || leave_by_ || live_->published - live_->asked >= kProofEvery ||
      now - live_->asked_at >= kProofAfter) {
    questions_.push_back({transport_.ping(live_->attempt), live_->published});
    live_->asked = live_->published;
    live_->asked_at = now;
  }
}

// PUBLISH: fixed header up to 5 bytes, topic, packet id, properties (ours: none or few).
bool Publisher::fits(std::size_t payload) const {
  std::size_t size = 5 + 2 + settings_.topic.size() + 2 + 1 + payload;
  for (const auto& [name, value] : settings_.properties.user)
    size += 5 + name.size() + value.size();
  const std::size_t limit =
      live_ && live_->maximum_packet_size != 0 ? live_->maximum_packet_size : kLargestPayload;
  return size <= limit;
}

void Publisher::fail(std::uint64_t line, std::string_view payload, const std::string& why) {
  ++failed_;
  Notice notice{.name = NoticeName::failed, .level = Level::error};
  notice.phase = "publish";
  notice.reason = (settings_.delimited ? "line " : "message ") + std::to_string(line) + ": " + why;
  notice.more = {{"line", as_int(line)}, {"bytes", as_int(payload.size())}};
  announcer_.announce(notice);
  if (settings_.undelivered_fd >= 0 && put(payload) && settings_.delimited) {
    put(std::string_view(&settings_.delimiter, 1));
  }
}

void Publisher::expire(TimePoint now) {
  while (outbox_.size() > 0 && now - outbox_.at(0).taken_at >= *settings_.timeout) {
    Outbox::Entry& entry = outbox_.at(0);
    fail(entry.line, entry.payload, "unsettled for longer than --timeout");
    outbox_.close(entry);
  }
}

// In a spool nothing up to here is needed any more.
void Publisher::tell_settled() {
  source_->settled(outbox_.empty() ? taken_ : outbox_.at(0).number - 1);
}

// Whether to read more of the input. A spool is filled during an outage; while a server takes the
// messages, only as fast as it does.
bool Publisher::hungry() const {
  if (!live_ && source_->keeps()) return true;
  if (leave_by_ || outbox_.full()) return false;
  return live_ ? room() && source_->waiting() == 0 : settings_.qos > 0;
}

void Publisher::want(std::vector<pollfd>& fds) const {
  fds.push_back({hungry() ? source_->fd() : -1, POLLIN, 0});
}

void Publisher::ready(const pollfd* fds, std::size_t count) {
  if (count == 1 && fds[0].revents != 0) source_->read_some();
}

std::optional<TimePoint> Publisher::deadline() const {
  if (more_) return TimePoint{};  // long ago: at once
  std::optional<TimePoint> until = drain_until_;
  const auto sooner = [&until](std::optional<TimePoint> other) {
    if (other && (!until || *other < *until)) until = other;
  };
  if (leave_by_) sooner(leave_by_);
  if (live_) {
    if (room() && !leave_by_) sooner(source_->due());
    if (const Outbox::Entry* const oldest = outbox_.oldest_in_flight()) {
      sooner(oldest->sent_at + settings_.ack_timeout);
    }
    if (settings_.qos == 0 && live_->published != live_->asked)
      sooner(live_->asked_at + kProofAfter);
  } else if (source_->keeps() && (source_->fd() >= 0 || !source_->trouble().empty())) {
    sooner(source_->due());
  }
  if (settings_.timeout && !outbox_.empty()) sooner(outbox_.at(0).taken_at + *settings_.timeout);
  return until;
}

bool Publisher::done() const {
  if (drained_out_) return true;
  return input_over() && outbox_.empty() && unproven() == 0 &&
         (!live_ || transport_.backlog(live_->attempt) == 0);
}

void Publisher::stop(TimePoint now) {
  source_->stop();
  stopping_ = true;
  drain_until_ = now + settings_.drain_timeout;
}

int Publisher::finish(const Ending& ending, bool reached, TimePoint now, Notice& exit) {
  if (live_) settle(now);
  lost_max_ += unproven();
  if (live_) live_->proven = live_->published;
  if (leave_by_) transport_.disconnect(live_->attempt, Duration::zero());
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
  if (undelivered_failed_) {
    exit.reason = "--undelivered could not be written";
    return static_cast<int>(ErrorKind::io);
  }
  if (ending.how == Ending::How::gave_up && ending.error == ErrorKind::denied) {
    return static_cast<int>(ErrorKind::denied);
  }
  const bool complete = input_over() && unsettled == 0 && (lost_max_ == 0 || settings_.allow_loss);
  if (complete) return 0;
  if (unsettled != 0)
    exit.reason = std::to_string(unsettled) + " messages are not acknowledged by any server" +
                  (source_->keeps() && kept == unsettled ? "; the spool keeps them" : "");
  if (ending.how == Ending::How::timed_out) return 27;
  return static_cast<int>(reached ? ErrorKind::temporary : ErrorKind::unavailable);
}

bool Publisher::put(std::string_view bytes) {
  if (write_all(settings_.undelivered_fd, bytes) != 0) undelivered_failed_ = true;
  return !undelivered_failed_;
}

// Unsettled payloads in order, then what was read and not sent; after giving up (which is what a
// drain timeout is, too) also what is still unread, to its end or for the drain timeout.
void Publisher::write_undelivered(const Ending& ending) {
  if (settings_.undelivered_fd < 0) return;
  for (std::size_t place = 0; place < outbox_.size() && !source_->keeps(); ++place) {
    const Outbox::Entry& entry = outbox_.at(place);
    if (entry.settled) continue;
    if (!put(entry.payload)) return;
    if (settings_.delimited && !put(std::string_view(&settings_.delimiter, 1))) return;
  }
  if (!put(source_->rest())) return;
  const bool gave_up = ending.how == Ending::How::gave_up ||
                       (ending.how == Ending::How::done && outbox_.unsettled() != 0);
  if (!gave_up || source_->unread_fd() < 0) return;
  std::vector<char> block(65536);
  pollfd input{source_->unread_fd(), POLLIN, 0};
  const TimePoint until = steady_now() + settings_.drain_timeout;
  while (steady_now() < until &&
         poll(&input, 1, static_cast<int>(milliseconds(until - steady_now()))) > 0) {
    const ssize_t got = read(input.fd, block.data(), block.size());
    if (got <= 0 || !put({block.data(), static_cast<std::size_t>(got)})) return;
  }
}

}  // namespace mqfail
