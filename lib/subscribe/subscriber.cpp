// SPDX-License-Identifier: Apache-2.0
#include "subscribe/subscriber.hpp"

#include <algorithm>
#include <climits>
#include <utility>

#include "base/text.hpp"
#include "transport/topic_filter.hpp"

namespace mqfail {
namespace {
// How long a reader that has stopped reading, or a server that is slow with removals, holds up the
// end.
constexpr auto kStopPatience = std::chrono::seconds(2);
}  // namespace

Subscriber::Subscriber(SubscriberSettings settings, Transport& transport, Announcer& announcer,
                       Sink& output, std::unique_ptr<AckFrom> ack_from)
    : settings_(std::move(settings)),
      transport_(transport),
      announcer_(announcer),
      output_(output),
      acknowledgements_(transport, std::move(ack_from)),
      grants_(settings_.subscriptions, settings_.strict, announcer),
      novelty_(settings_.novelty),
      removal_(transport, announcer),
      stall_(settings_.keepalive, announcer),
      missing_report_(announcer),
      lost_numbers_(announcer) {}

std::optional<Reason> Subscriber::online(AttemptId attempt, const Server& server,
                                         std::uint64_t epoch, const ConnectionFacts& facts,
                                         TimePoint now) {
  if (auto unfit = grants_.check(server, facts)) return unfit;
  const bool alone = std::none_of(connections_.begin(), connections_.end(),
                                  [](const ReceivingConnection& one) { return one.live; });
  connections_.push_back(
      {attempt, server.id, epoch, facts.protocol, novelty_.online(server, facts, now)});
  connections_.back().heard = now;
  novelty_.look_anew();
  if (alone) connections_.back().feed.in_step = true;
  if (settings_.remove_retained) removal_.online(attempt, server.id, facts);
  if (settings_.until_subscribed) done_ = true;
  return std::nullopt;
}

void Subscriber::offline(AttemptId attempt, TimePoint /*now*/) {
  const auto connection =
      std::find_if(connections_.begin(), connections_.end(),
                   [&](const ReceivingConnection& one) { return one.attempt == attempt; });
  if (connection == connections_.end()) return finished_.push_back(attempt);  // it was unfit
  connection->live = false;
  removal_.offline(attempt);
  acknowledgements_.forget(attempt);
}

std::vector<Trouble> Subscriber::pump(TimePoint now) {
  move_messages(now);
  std::vector<Trouble> troubles = removal_.go_on(now);
  if (done_ && !output_.pending() && removal_.is_busy()) {
    if (!removal_until_) removal_until_ = now + kStopPatience;
    removal_over_ = now >= *removal_until_;
  }
  find_stale(now, troubles);
  if (const auto idle = idle_at(); idle && drained_ && now >= *idle) done_ = true;
  acknowledgements_.tend(now, reader_gone_);
  if (acknowledgements_.is_over()) acknowledgements_are_over(now);
  if (give_up_at_ && now >= *give_up_at_) ack_over_ = true;
  // A filter that left the last messages out ends with its input, and so does mqfail-pub behind it:
  // the FIFO tells.
  if (done_ && !give_up_at_ && acknowledgements_.wait() && !output_.pending()) output_.end();
  return troubles;
}

void Subscriber::acknowledgements_are_over(TimePoint now) {
  done_ = ack_over_ = true;
  if (!give_up_at_) give_up_at_ = now + kStopPatience;
}

void Subscriber::move_messages(TimePoint now) {
  more_ = drained_ = false;
  for (int batch = 0; batch < kBatches; ++batch) {
    if (!write_out(now)) return;
    const bool found = !done_ && collect(now);
    missing_report_.tend(now);
    if (found) continue;
    drained_ = true;
    return;
  }
  more_ = true;
}

// True once everything is written; then it is acknowledged.
bool Subscriber::write_out(TimePoint now) {
  if (!output_.write()) {
    if (acknowledgements_.take_numbers(now, kAheadPatience)) wait_anew(now);
    if (output_.state() != Sink::State::open) {
      if (output_.state() == Sink::State::closed) acknowledgements_.not_written(now);
      done_ = reader_gone_ = true;
      return false;
    }
    if (give_up_at_ && now >= *give_up_at_) {
      output_.abandon();
      abandoned_ = true;
    }
    stall_.blocked(now);
    for (ReceivingConnection& one : connections_) {
      novelty_.blocked(one.feed, now);
      one.was_held_up = one.was_held_up || one.last_ping;
    }
    return false;
  }
  if (const auto blocked = stall_.flowing(now)) {
    if (blocked->told) tell_what_may_be_lost(blocked->time);
    for (ReceivingConnection& one : connections_) novelty_.resumed(one.feed, now);
    if (blocked->time >= kAheadPatience) wait_anew(now);
  }
  if (acknowledgements_.written(now, kAheadPatience)) wait_anew(now);
  removal_.written();
  printed_ = put_;
  put_qos_0_ = 0;
  return true;
}

// Messages that we did not read stay with the server. At QoS 0 it may drop them without a word.
void Subscriber::tell_what_may_be_lost(Duration blocked) {
  for (const ReceivingConnection& connection : connections_) {
    if (!transport_.paused(connection.attempt)) continue;
    tell_unread(connection, 0, kNotRead, blocked);
  }
}

// Fills the buffer; false if there was nothing to take. Connections that are over come first: their
// messages were received before. The live ones take turns.
bool Subscriber::collect(TimePoint now) {
  // What a server that is left still sends was published before the first message of the next.
  const bool leaving = std::any_of(
      connections_.begin(), connections_.end(),
      [&](const ReceivingConnection& one) { return one.last_ping && !is_over(one, now); });
  if (!leaving || (left_until_ && now >= *left_until_)) left_until_.reset();
  const auto waits = [&](const ReceivingConnection& one) {
    return left_until_ && one.taken == 0 && !one.last_ping;
  };
  for (auto over = connections_.begin(); over != connections_.end() && !done_;) {
    if (!is_over(*over, now) || waits(*over)) {
      ++over;
      continue;
    }
    if (over->live && now >= over->leave_by) removal_.offline(over->attempt);
    if (over->live && !over->last) hold_last(*over);
    if (collect_from(*over, now)) return true;
    if (over->ahead_until) {  // it has more messages, but another connection goes first
      ++over;
      continue;
    }
    novelty_.offline(over->feed);
    if (settle_doubts(*over, now)) {
      release(*over);
      return true;
    }
    removal_.offline(over->attempt);
    finished_.push_back(over->attempt);
    over = connections_.erase(over);
  }
  bool any = false;
  for (std::size_t i = connections_.size(); i > 0 && !done_ && !full(); --i) {
    ReceivingConnection& one = connections_[turn_++ % connections_.size()];
    if (!waits(one) && collect_from(one, now)) any = true;
  }
  if (retained_over_) end_with_retained(now);
  return any || done_;
}

// The first message that is not retained ends --retained-only, but other servers may still have
// retained ones on their way.
void Subscriber::end_with_retained(TimePoint now) {
  bool all = true;
  for (const ReceivingConnection& connection : connections_) {
    if (connection.retained_over) continue;
    all = false;
    if (!connection.last_ping) leave(connection.attempt, now);
  }
  if (all) done_ = true;
}

bool Subscriber::collect_from(ReceivingConnection& connection, TimePoint now) {
  const bool answered =
      connection.asked && transport_.pongs(connection.attempt) >= *connection.asked;
  bool all = true;
  const auto visit = [this, &connection, &all, now](const Message& message) {
    connection.heard = now;
    last_heard_ = now;
    const bool is_taken = take(message, connection, now);
    all = all && is_taken;
    if (is_taken) ++connection.taken;
    if (acknowledgements_.by_number()) release(connection);  // each message has a number of its own
    return is_taken;
  };
  std::size_t taken = 0;
  if (connection.last) {
    for (; !connection.last->empty() && visit(connection.last->front().message()); ++taken)
      connection.last->pop_front();
  } else {
    taken = transport_.take_messages(connection.attempt, visit);
  }
  if (answered && all) {
    connection.asked.reset();
    novelty_.answered(connection.feed, now);
  }
  ask(connection, now);
  const bool settled = settle_doubts(connection, now);
  release(connection);
  return taken != 0 || settled || done_;
}

// Acknowledgements go out in order, so those of the messages behind one that waits wait, too.
void Subscriber::release(ReceivingConnection& connection) {
  const std::size_t until =
      connection.waiting.empty() ? connection.taken : connection.waiting.front().before();
  const std::size_t before = std::exchange(connection.released, until);
  if (until == before) return;
  acknowledgements_.put(connection.attempt, until - before);
}

// A server that has just come back begins with the newest messages, while another one may still
// have to send those before them. To keep the order, the other one goes first.
bool Subscriber::is_ahead(const Message& message, ReceivingConnection& connection, TimePoint now) {
  if (connections_.size() < 2 || message.retain ||
      !novelty_.is_ahead(message, connection.feed, now)) {
    connection.ahead_until.reset();
    return false;
  }
  if (!connection.ahead_until) {
    connection.ahead_until = now + kAheadPatience;
    connection.ahead_end = *connection.ahead_until + settings_.keepalive * 2;
  }
  if (acknowledgements_.stand(now, kAheadPatience)) wait_anew(now);
  if (now < *connection.ahead_until) return true;
  // The others do not have the messages before it: those are missing.
  connection.ahead_until.reset();
  novelty_.gave_up(message, connection.feed);
  return false;
}

// While nobody reads the output or acknowledges it, the others cannot send what they have: we do
// not read it, or their windows are full.
void Subscriber::wait_anew(TimePoint now) {
  for (ReceivingConnection& one : connections_) {
    if (one.ahead_until) one.ahead_until = std::min(now + kAheadPatience, one.ahead_end);
  }
}

bool Subscriber::take(const Message& message, ReceivingConnection& connection, TimePoint now) {
  if (done_ || full() || removal_.is_full(connection.attempt)) return false;
  if (settings_.retained_only && !message.retain) {
    connection.retained_over = retained_over_ = true;
    return false;
  }
  if (is_ahead(message, connection, now)) return false;
  ++received_;
  if (settings_.no_retained && message.retain) return true;
  const auto excluded = [&message](const std::string& filter) {
    return matches(filter, message.topic);
  };
  if (std::any_of(settings_.filter_out.begin(), settings_.filter_out.end(), excluded)) {
    novelty_.pass_over(message);
    note_hole(message, connection);
    return true;
  }
  // Also if the message is not printed, because it came through another server already: each server
  // keeps its own.
  if (settings_.remove_retained && message.retain && !message.payload.empty()) {
    removal_.note(connection.attempt, message.topic);
  }
  lost_numbers_.saw(message, connection.server_id, connection.epoch, connection.protocol);
  // A message that is not new is acknowledged, too: the one that it repeats was written already, or
  // comes before it in the buffer (S1).
  const Novelty::News news = novelty_.judge(message, connection.feed, now);
  if (news == Novelty::News::doubtful || news == Novelty::News::behind) {
    connection.waiting.emplace_back(message, novelty_.identity(), news, connection.taken);
  }
  settle_doubts(connection, now);
  if (news != Novelty::News::fresh) return true;
  if (done_) return false;
  novelty_.printed(connection.feed, now);
  Message printable = message;
  if (message.number != 0) note_number(printable, connection);
  print(printable, connection);
  return true;
}

void Subscriber::print(Message message, const ReceivingConnection& connection) {
  message.ack = acknowledgements_.give();
  if (settings_.end_of_plain_payload && message.payload.size() >= kLargePayload) {
    output_.put_large(message.topic, message.payload, *settings_.end_of_plain_payload);
  } else {
    settings_.format(message, connection.server_id, connection.epoch,
                     output_.buffer(message.topic));
  }
  ++put_;
  if (message.qos == 0) ++put_qos_0_;
  if (settings_.count && put_ >= *settings_.count) done_ = true;
}

// They come before the message that has told what they are.
bool Subscriber::settle_doubts(ReceivingConnection& connection, TimePoint now) {
  if (connection.waiting.empty()) return false;
  const auto news = novelty_.take_fate(connection.feed);
  if (!news) return false;
  for (; !connection.waiting.empty() && !done_; connection.waiting.pop_front()) {
    const WaitingMessage& one = connection.waiting.front();
    if (one.is_doubtful() && *news == Novelty::News::known) continue;
    novelty_.printed_after_all(one.identity(), connection.feed, one.is_doubtful(), now);
    print(one.message(), connection);
  }
  return true;
}

// The number of a message tells that others are missing, or that it is late itself.
void Subscriber::note_number(Message& message, const ReceivingConnection& connection) {
  const SequenceTracker::Verdict& verdict = novelty_.verdict();
  if (verdict.kind == SequenceTracker::Verdict::Kind::late) {
    message.late = true;
    ++late_;
  }
  note_hole(message, connection);
}

void Subscriber::note_hole(const Message& message, const ReceivingConnection& connection) {
  const SequenceTracker::Verdict& verdict = novelty_.verdict();
  if (verdict.missing == 0) return;
  missing_report_.add({.missing = verdict.missing,
                       .first = verdict.missing_from,
                       .publisher = std::string(message.publisher),
                       .server_id = connection.server_id,
                       .epoch = connection.epoch});
}

void Subscriber::poll_fds(std::vector<pollfd>& fds) const {
  // Even with nothing to write: POLLERR tells at once that the reader went away; of a socket it is
  // POLLHUP.
  const int fd = reader_gone_ ? -1 : output_.fd();
  fds.push_back({fd, static_cast<short>(output_.pending() ? POLLOUT : 0), 0});
  fds.push_back(acknowledgements_.poll_fd());
}

void Subscriber::on_poll(const pollfd* fds, std::size_t count, TimePoint now) {
  if (count != 2) return;
  if ((fds[0].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0 && !output_.pending())
    done_ = reader_gone_ = true;
  if (fds[1].revents == 0) return;
  if (acknowledgements_.take_numbers(now, kAheadPatience)) wait_anew(now);  // come before the end
  acknowledgements_.on_poll(fds[1]);
  if (acknowledgements_.is_over()) acknowledgements_are_over(now);
}

std::optional<TimePoint> Subscriber::deadline() const {
  if (more_) return TimePoint{};  // long ago: at once
  std::optional<TimePoint> until = removal_.deadline();
  const auto sooner = [&until](std::optional<TimePoint> other) { until = earlier(until, other); };
  if (removal_.is_busy() && !removal_over_) sooner(removal_until_);
  sooner(acknowledgements_.due());
  if (give_up_at_) {
    if (output_.pending() || !ack_over_) sooner(give_up_at_);
    return until;
  }
  if (reader_gone_) return until;
  if (stall_.is_blocked()) {
    sooner(stall_.due());
    return until;
  }
  sooner(missing_report_.due());
  sooner(idle_at());
  if (done_) return until;  // nothing more is taken from the connections
  sooner(left_until_);
  for (const ReceivingConnection& connection : connections_) {
    if (connection.last_ping) sooner(connection.leave_by);
    sooner(connection.ahead_until);
    sooner(stale_at(connection));
    sooner(ping_due(connection));
  }
  return until;
}

Counts Subscriber::counts() const {
  return {.received = received_,
          .printed = printed_,
          .duplicates = novelty_.copies(),
          .missing = novelty_.missing()};
}

void Subscriber::stop(TimePoint now) {
  done_ = true;
  give_up_at_ = now + kStopPatience;
}

}  // namespace mqfail
