// SPDX-License-Identifier: Apache-2.0
#include "subscribe/subscriber.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/counted.hpp"
#include "base/number.hpp"
#include "base/text.hpp"
#include "subscribe/topic_filter.hpp"

namespace mqfail {
namespace {
constexpr int kTimedOut = 27;  // mosquitto's MOSQ_ERR_TIMEOUT, the status of -W
constexpr auto kStopPatience = std::chrono::seconds(2);
constexpr auto kLeavePatience = std::chrono::seconds(1);
constexpr auto kAheadPatience = std::chrono::milliseconds(250);
constexpr auto kHolesEvery = std::chrono::seconds(1);

}  // namespace

Subscriber::Subscriber(SubscriberSettings settings, Transport& transport, Announcer& announcer,
                       Output& output)
    : settings_(std::move(settings)),
      transport_(transport),
      announcer_(announcer),
      output_(output),
      novelty_(settings_.novelty),
      removal_(transport, announcer) {}

std::optional<Reason> Subscriber::online(AttemptId attempt, const Server& server,
                                         std::uint64_t epoch, const ConnectionFacts& facts,
                                         TimePoint /*now*/) {
  const bool alone =
      std::none_of(feeds_.begin(), feeds_.end(), [](const Feed& feed) { return feed.live; });
  feeds_.push_back({attempt, server.id, epoch, novelty_.online(server.id, facts)});
  if (alone) feeds_.back().novelty.in_step = true;
  if (settings_.remove_retained) removal_.online(attempt, server.id, facts);
  if (settings_.until_subscribed) done_ = true;
  return std::nullopt;
}

void Subscriber::offline(AttemptId attempt, TimePoint /*now*/) {
  for (Feed& feed : feeds_) {
    if (feed.attempt == attempt) feed.live = false;
  }
  removal_.offline(attempt);
}

// What the server has sent so far is still ours: it ends before the answer to a ping.
void Subscriber::leave(AttemptId attempt, TimePoint now) {
  for (Feed& feed : feeds_) {
    if (feed.attempt != attempt) continue;
    feed.last_ping = transport_.ping(attempt);
    feed.leave_by = now + kLeavePatience;
    transport_.flush(attempt, 0);
  }
}

bool Subscriber::is_over(const Feed& feed, TimePoint now) const {
  if (!feed.live) return true;
  if (!feed.last_ping) return false;
  if (now >= feed.leave_by) return true;
  return transport_.pongs(feed.attempt) >= *feed.last_ping && !removal_.is_busy(feed.attempt);
}

std::vector<Trouble> Subscriber::pump(TimePoint now) {
  move(now);
  std::vector<Trouble> troubles = removal_.go_on(now);
  if (done_ && removal_.is_busy()) {
    if (!removal_until_) removal_until_ = now + kStopPatience;
    removal_over_ = now >= *removal_until_;
  }
  return troubles;
}

void Subscriber::move(TimePoint now) {
  more_ = false;
  for (int batch = 0; batch < kBatches; ++batch) {
    if (!write_out(now)) return;
    const bool found = !done_ && collect(now);
    if (holes_.count != 0) tell_holes(now);
    if (!found) return;
  }
  more_ = true;
}

// True if nothing waits to be written any more; then what was written may be acknowledged.
bool Subscriber::write_out(TimePoint now) {
  if (!output_.write()) {
    if (output_.state() != Output::State::open) {
      done_ = true;
      return false;
    }
    if (give_up_at_ && now >= *give_up_at_) output_.abandon();
    note_blocked(now);
    return false;
  }
  note_flowing(now);
  for (const auto& [attempt, count] : in_buffer_) transport_.acknowledge(attempt, count);
  in_buffer_.clear();
  removal_.written();
  return true;
}

void Subscriber::note_blocked(TimePoint now) {
  if (!blocked_since_) blocked_since_ = now;
  if (told_stalled_ || settings_.keepalive <= Duration::zero() ||
      now - *blocked_since_ < settings_.keepalive / 2) {
    return;
  }
  told_stalled_ = true;
  Notice stalled{.name = NoticeName::stalled, .level = Level::warning};
  stalled.reason = "standard output does not take more";
  stalled.dur = now - *blocked_since_;
  stalled.more = {{"ended", false}};
  announcer_.announce(stalled);
}

// What we did not read, the server had to keep or to drop; at QoS 0 it may drop, and does not say.
void Subscriber::note_flowing(TimePoint now) {
  if (std::exchange(told_stalled_, false)) {
    Notice stalled{.name = NoticeName::stalled};
    stalled.reason = "standard output takes more again";
    stalled.dur = now - *blocked_since_;
    stalled.more = {{"ended", true}};
    announcer_.announce(stalled);
    for (const Feed& feed : feeds_) {
      if (!transport_.paused(feed.attempt)) continue;
      Notice gap{.name = NoticeName::gap, .level = Level::warning};
      gap.server = feed.server_id;
      gap.epoch = feed.epoch;
      gap.reason = "nothing more was read from the server while standard output was blocked";
      gap.dur = now - *blocked_since_;
      gap.more = {{"qos", std::int64_t{0}}};
      announcer_.announce(gap);
    }
  }
  blocked_since_.reset();
}

// Fills the buffer; false if there was nothing to take. What is over comes first: it was received
// before. The live ones take turns.
bool Subscriber::collect(TimePoint now) {
  for (auto over = feeds_.begin(); over != feeds_.end() && !done_;) {
    if (!is_over(*over, now)) {
      ++over;
      continue;
    }
    if (over->live && now >= over->leave_by) removal_.offline(over->attempt);
    if (collect(*over, now)) return true;
    if (over->ahead_until) {  // it has more, but another one goes first
      ++over;
      continue;
    }
    novelty_.offline(over->novelty);
    removal_.offline(over->attempt);
    if (over->live) {
      transport_.disconnect(over->attempt, Duration::zero());
    } else {
      transport_.abandon(over->attempt);
    }
    over = feeds_.erase(over);
  }
  bool any = false;
  for (std::size_t i = feeds_.size(); i > 0 && !done_ && !full(); --i) {
    if (collect(feeds_[turn_++ % feeds_.size()], now)) any = true;
  }
  if (retained_over_) end_with_retained(now);
  return any || done_;
}

// The first message that is not retained ends --retained-only, but other servers may still have
// retained ones on their way.
void Subscriber::end_with_retained(TimePoint now) {
  bool all = true;
  for (const Feed& feed : feeds_) {
    if (feed.retained_over) continue;
    all = false;
    if (!feed.last_ping) leave(feed.attempt, now);
  }
  if (all) done_ = true;
}

bool Subscriber::collect(Feed& feed, TimePoint now) {
  const std::size_t taken = transport_.take_messages(
      feed.attempt,
      [this, &feed, now](const Message& message) { return take(message, feed, now); });
  if (taken != 0) in_buffer_.push_back({feed.attempt, taken});
  return taken != 0 || done_;
}

// A server that has just come back begins where the stream is now, while another one may still have
// to send what is before: the order is kept by letting that one go first.
bool Subscriber::is_ahead(const Message& message, Feed& feed, TimePoint now) {
  if (feeds_.size() < 2 || message.retain || !novelty_.is_ahead(message, feed.novelty, now)) {
    feed.ahead_until.reset();
    return false;
  }
  if (!feed.ahead_until) feed.ahead_until = now + kAheadPatience;
  if (now < *feed.ahead_until) return true;
  feed.ahead_until.reset();  // the others do not have it: it is missing
  feed.novelty.in_step = true;
  return false;
}

bool Subscriber::take(const Message& message, Feed& feed, TimePoint now) {
  if (done_ || full() || removal_.is_full(feed.attempt)) return false;
  if (settings_.retained_only && !message.retain) {
    feed.retained_over = retained_over_ = true;
    return false;
  }
  if (is_ahead(message, feed, now)) return false;
  ++received_;
  if (settings_.no_retained && message.retain) return true;
  const auto excluded = [&message](const std::string& filter) {
    return matches(filter, message.topic);
  };
  if (std::any_of(settings_.filter_out.begin(), settings_.filter_out.end(), excluded)) return true;
  // Also if it is not printed: it is another server that has it.
  if (settings_.remove_retained && message.retain && !message.payload.empty()) {
    removal_.note(feed.attempt, message.topic);
  }
  // One that is not new is acknowledged like any other: what it repeats stands before it in the
  // buffer or was written already (S1).
  if (!novelty_.is_new(message, feed.novelty, now)) return true;
  novelty_.printed(feed.novelty, now);
  Message printable = message;
  if (message.number != 0) note_number(printable, feed);
  settings_.format(printable, feed.server_id, feed.epoch, output_.buffer());
  ++printed_;
  if (settings_.count && printed_ >= *settings_.count) done_ = true;
  return true;
}

// What the number of a message says about others: that some are missing, or were before.
void Subscriber::note_number(Message& message, const Feed& feed) {
  const SequenceTracker::Verdict& verdict = novelty_.verdict();
  if (verdict.kind == SequenceTracker::Verdict::Kind::late) {
    message.late = true;
    ++late_;
  }
  if (verdict.missing == 0) return;
  ++holes_.count;
  holes_.missing += verdict.missing;
  holes_.first = verdict.missing_from;
  holes_.publisher = message.publisher;
  holes_.server_id = feed.server_id;
  holes_.epoch = feed.epoch;
}

void Subscriber::tell_holes(TimePoint now) {
  if (told_holes_ && now - *told_holes_ < kHolesEvery) return;
  Notice gap{.name = NoticeName::gap, .level = Level::warning};
  gap.server = holes_.server_id;
  gap.epoch = holes_.epoch;
  gap.more = {{"missing", as_int(holes_.missing)}};
  if (holes_.count == 1) {
    gap.more.emplace_back("first_missing", as_int(holes_.first));
    gap.more.emplace_back("publisher", holes_.publisher);
  } else {
    gap.more.emplace_back("holes", as_int(holes_.count));
  }
  announcer_.announce(gap);
  told_holes_ = now;
  holes_ = {};
}

void Subscriber::poll_fds(std::vector<pollfd>& fds) const {
  // Even with nothing to write: POLLERR tells at once that the reader went away.
  fds.push_back({output_.fd(), static_cast<short>(output_.pending() ? POLLOUT : 0), 0});
}

void Subscriber::on_poll(const pollfd* fds, std::size_t count) {
  if (count == 1 && (fds[0].revents & (POLLERR | POLLNVAL)) != 0 && !output_.pending())
    done_ = true;
}

std::optional<TimePoint> Subscriber::deadline() const {
  if (more_) return TimePoint{};  // long ago: at once
  std::optional<TimePoint> until = removal_.deadline();
  const auto sooner = [&until](TimePoint other) { until = std::min(until.value_or(other), other); };
  if (removal_until_) sooner(*removal_until_);
  if (give_up_at_) {
    sooner(*give_up_at_);
    return until;
  }
  if (!blocked_since_) {
    if (holes_.count != 0) sooner(*told_holes_ + kHolesEvery);
    for (const Feed& feed : feeds_) {
      if (feed.last_ping) sooner(feed.leave_by);
      if (feed.ahead_until) sooner(*feed.ahead_until);
    }
  } else if (!told_stalled_ && settings_.keepalive > Duration::zero()) {
    sooner(*blocked_since_ + settings_.keepalive / 2);
  }
  return until;
}

void Subscriber::stop(TimePoint now) {
  done_ = true;
  give_up_at_ = now + kStopPatience;
}

void Subscriber::tell_removals(Notice& exit) {
  exit.more.emplace_back("removed", as_int(removal_.removed()));
  exit.more.emplace_back("not_removed", as_int(removal_.left()));
  if (removal_.left() == 0) return;
  Notice warning{.name = NoticeName::warning, .level = Level::warning};
  warning.reason = "of " + counted(removal_.left(), "retained message") +
                   " it is not known whether the server has removed them";
  announcer_.announce(warning);
}

int Subscriber::finish(const Ending& ending, bool /*reached*/, TimePoint now, Notice& exit) {
  write_out(now);
  removal_.go_on(now);
  for (const Feed& feed : feeds_) {
    if (feed.last_ping) transport_.disconnect(feed.attempt, Duration::zero());
  }
  told_holes_.reset();
  if (holes_.count != 0) tell_holes(now);
  exit.more = {{"received", as_int(received_)},
               {"printed", as_int(printed_)},
               {"duplicates", as_int(novelty_.copies())},
               {"unchanged", as_int(novelty_.unchanged())},
               {"late", as_int(late_)},
               {"missing", as_int(novelty_.missing())}};
  if (settings_.remove_retained) tell_removals(exit);
  if (output_.state() == Output::State::failed) {
    exit.reason = std::string("standard output could not be written: ") +
                  std::strerror(output_.error_number());
    return static_cast<int>(ErrorKind::io);
  }
  const bool orderly = ending.how == Ending::How::done || ending.how == Ending::How::timed_out;
  if (orderly && settings_.sequence_gaps && novelty_.missing() != 0) {
    exit.reason = counted(novelty_.missing(), "numbered message") + " did not come";
    return static_cast<int>(ErrorKind::temporary);
  }
  switch (ending.how) {
    case Ending::How::done:
      return 0;
    case Ending::How::gave_up:
      return static_cast<int>(ending.error);
    case Ending::How::timed_out:
      exit.reason = "Timed out";
      return kTimedOut;
    case Ending::How::interrupted:
      return 128 + ending.signal;
  }
  return static_cast<int>(ErrorKind::internal);
}

}  // namespace mqfail
