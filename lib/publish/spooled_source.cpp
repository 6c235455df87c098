// SPDX-License-Identifier: Apache-2.0
#include "publish/spooled_source.hpp"

#include <algorithm>
#include <utility>

#include "base/counted.hpp"
#include "base/number.hpp"

namespace mqfail {
namespace {
constexpr auto kRetry = std::chrono::seconds(1);
}  // namespace

SpooledSource::SpooledSource(std::unique_ptr<Source> input, std::unique_ptr<Spool> spool,
                             Announcer& announcer)
    : input_(std::move(input)),
      spool_(std::move(spool)),
      announcer_(announcer),
      handed_on_(spool_->settled()) {
  for (const std::string& finding : spool_->findings()) {
    announcer_.announce({.name = NoticeName::warning, .level = Level::warning, .reason = finding});
  }
}

std::optional<Source::Item> SpooledSource::next(TimePoint now) {
  if (next_ == ready_.size() && on_disk() && !unreadable_) load();
  if (next_ == ready_.size() && !on_disk() && !stuck()) absorb(now);
  if (next_ < ready_.size()) {
    const Batch::Record& record = ready_.at(next_++);
    given_ = record.number;
    return Item{ready_.payload(record), record.line, record.number, false};
  }
  return std::exchange(unfit_, std::nullopt);
}

// Reads what the input has, one group at most, and stores it. After stop() the input gives what it
// has read already.
void SpooledSource::absorb(TimePoint now) {
  if (broken_ || unfit_) return;
  group_.clear();
  stored_ = 0;
  while (group_.bytes() < kGroupBytes) {
    const auto item = input_->next(now);
    if (!item) break;
    if (item->too_long) {
      unfit_payload_ = item->payload;
      unfit_ = Item{unfit_payload_, item->line, 0, true};
      break;
    }
    group_.add(item->payload, spool_->last() + group_.size() + 1, item->line);
  }
  store(now);
}

void SpooledSource::store(TimePoint now) {
  while (stuck()) {
    std::size_t end = group_.size();
    Spool::Outcome outcome = spool_->store(group_, stored_, end);
    // A small disk may have room for a part of the group. It has room again when all on it is
    // settled.
    if (outcome == Spool::Outcome::no_room && spool_->clean()) {
      outcome = spool_->store(group_, stored_, end);
    }
    while (outcome == Spool::Outcome::no_room && end - stored_ > 1) {
      end = stored_ + (end - stored_) / 2;
      outcome = spool_->store(group_, stored_, end);
    }
    if (outcome != Spool::Outcome::done) {
      tell_stuck(now);
      // A full disk may have room again. Any other error ends the run when the rest is delivered.
      if (outcome == Spool::Outcome::broken) give_up();
      return;
    }
    input_->release_first(end - stored_, now);
    stored_ = end;
  }
  if (std::exchange(told_stuck_, false)) {
    announcer_.announce(
        stalled_notice("the spool takes messages again: " + spool_->directory(), true));
  }
  retry_at_.reset();
  input_->release(now);
  // If the next messages are still in memory, they are not read from the disk.
  if (!group_.empty() && next_ == ready_.size() && handed_on_ + 1 == group_.at(0).number) {
    std::swap(ready_, group_);
    next_ = 0;
    handed_on_ = spool_->last();
  }
  group_.clear();
  stored_ = 0;
}

void SpooledSource::load() {
  ready_.clear();
  next_ = 0;
  while (ready_.empty() && on_disk() && !unreadable_) {
    Spool::Passed passed;
    const Spool::Outcome outcome = spool_->load(handed_on_, kGroupBytes, ready_, passed);
    if (passed.damaged != 0) tell_damage(handed_on_ + passed.settled + 1, passed.damaged);
    handed_on_ += passed.settled + passed.damaged + ready_.size();
    if (outcome == Spool::Outcome::done) continue;
    unreadable_ = true;
    give_up();
    Notice failed{.name = NoticeName::failed, .level = Level::error};
    failed.phase = "publish";
    failed.reason = "the spool cannot be read: " + spool_->trouble() + "; its messages stay in " +
                    spool_->directory();
    announcer_.announce(failed);
  }
}

void SpooledSource::settled(std::uint64_t number) {
  // All messages behind the last one given are damaged, and were announced.
  const bool all = number == given_ && next_ == ready_.size() && !unreadable_;
  spool_->settle(all ? handed_on_ : number);
}

void SpooledSource::tell_damage(std::uint64_t from, std::uint64_t count) {
  damaged_ += count;
  Notice failed{.name = NoticeName::failed, .level = Level::error};
  failed.phase = "publish";
  failed.reason = "the spool is damaged: " + counted(count, "stored message") +
                  " cannot be read, from number " + std::to_string(from) + " on";
  failed.more = {{"missing", as_int(count)}, {"first_missing", as_int(from)}};
  announcer_.announce(failed);
}

void SpooledSource::tell_stuck(TimePoint now) {
  retry_at_ = now + kRetry;
  if (std::exchange(told_stuck_, true)) return;
  announcer_.announce(stalled_notice("the spool " + spool_->directory() + " cannot take more: " +
                                         spool_->trouble() + "; the input is not read until it can",
                                     false));
}

std::string SpooledSource::trouble() const {
  if (unreadable_) return "the spool cannot be read: " + spool_->trouble();
  return stuck() ? "the spool cannot take more: " + spool_->trouble() : std::string();
}

bool SpooledSource::at_end() const {
  const bool no_more = broken_ || (stuck() ? stopped_ : input_->at_end());
  return no_more && next_ == ready_.size() && !unfit_ && (!on_disk() || unreadable_);
}

int SpooledSource::fd() const {
  return stuck() || stopped_ || unfit_ ? -1 : input_->fd();
}

void SpooledSource::read_some(TimePoint now) {
  input_->read_some(now);
  do {
    absorb(now);
  } while (!stuck() && !unfit_ && input_->fd() < 0 && !input_->at_end());
}

std::optional<TimePoint> SpooledSource::due() const {
  if (broken_ || unfit_) return std::nullopt;
  if (stuck()) return stopped_ ? std::nullopt : retry_at_;
  return more_ ? TimePoint{} : input_->due();
}

void SpooledSource::tend(TimePoint now, bool hungry) {
  const bool due = retry_at_ && (now >= *retry_at_ || spool_->all_settled());
  if (stuck() && due && !stopped_) store(now);
  if (fd() >= 0) {
    if (const auto look = input_->due(); hungry && look && now >= *look) read_some(now);
    return;
  }
  // A message of the command line is on the disk before anything is sent; what follows it, as with
  // --repeat, and what has been read of an input, waits until it is wanted.
  more_ = false;
  if (stuck() || input_->at_end() || (began_ && !hungry)) return;
  began_ = true;
  const std::uint64_t before = spool_->last();
  absorb(now);
  more_ = hungry && spool_->last() != before && !input_->at_end();
}

void SpooledSource::stop() {
  input_->stop();
  stopped_ = true;
}

// The disk takes no more, or does not give back what it has: the run ends when the rest is
// delivered.
void SpooledSource::give_up() {
  stop();
  broken_ = true;
}

std::uint64_t SpooledSource::waiting() const {
  return (spool_->last() - handed_on_) + (ready_.size() - next_) + (group_.size() - stored_);
}

}  // namespace mqfail
