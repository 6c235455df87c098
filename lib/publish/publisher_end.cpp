// SPDX-License-Identifier: Apache-2.0
// How a run of mqfail-pub ends: how long it waits for acknowledgements, its exit status, and what
// becomes of the messages that no server has.
#include <algorithm>
#include <cstring>

#include "publish/publish_outcome.hpp"
#include "publish/publisher.hpp"

namespace mqfail {
namespace {

// True the first time.
bool once(std::vector<ServerKey>& seen, ServerKey server) {
  if (std::find(seen.begin(), seen.end(), server) != seen.end()) return false;
  seen.push_back(server);
  return true;
}

}  // namespace

// `calm`: no connection is about to be lost.
void Publisher::drain(TimePoint now, bool calm) {
  if (source_->dry() && !drain_until_ && (reached_ || !settings_.waits_for_first_server)) {
    drain_until_ = now + settings_.drain_timeout;
    settled_before_drain_ = settlement_.settled();
  }
  if (drain_until_ && now >= *drain_until_ && calm) {
    drain_until_ = left_at(now);
    drained_out_ = !drain_until_;
  }
}

// After a loss.
void Publisher::drain_anew(const PublishingConnection& connection, bool has_failed) {
  if (stopping_) return;
  // The search has cost time, which those behind it have not had. And at the end of the input the
  // next server has the whole time, once for each server that is left with something unsettled.
  const bool left = source_->dry() && settings_.servers > connections_.size() &&
                    outbox_.unsettled() != 0 && once(left_, connection.server);
  if (left || has_failed) drain_until_.reset();
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
