// SPDX-License-Identifier: Apache-2.0
#include "publish/source.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace mqfail {
namespace {
constexpr Duration kSoon = std::chrono::milliseconds(1);
constexpr Duration kRarely = std::chrono::milliseconds(500);
}  // namespace

void LineSource::read_some(TimePoint now) {
  if (ended_ || stopped_) return;
  if (peek_) {
    peek_some(now);
    return;
  }
  if (head_ > 0) {
    buffer_.erase(0, head_);
    scanned_ -= head_;
    head_ = 0;
  }
  const std::size_t size = buffer_.size();
  buffer_.resize(size + kBlock);
  const ssize_t got = read(fd_, buffer_.data() + size, kBlock);
  buffer_.resize(size + static_cast<std::size_t>(got > 0 ? got : 0));
  if (got > 0) read_ += static_cast<std::uint64_t>(got);
  if (got == 0) ended_ = true;
  if (got < 0 && errno != EAGAIN && errno != EINTR) {
    error_ = errno;
    ended_ = true;
  }
  look();
}

// The buffer is what has left the input, which a line longer than a pipe has to, and what is seen
// of the rest.
void LineSource::peek_some(TimePoint now) {
  release(now);
  const std::size_t seen = buffer_.size();
  buffer_.resize(taken_ + Peek::kSize);
  const ssize_t got = peek_->look(buffer_.data() + taken_, Peek::kSize);
  buffer_.resize(taken_ + static_cast<std::size_t>(got > 0 ? got : 0));
  scanned_ = std::min(scanned_, taken_);
  if (got < 0 && errno != EAGAIN && errno != EINTR) error_ = errno;
  ended_ = error_ != 0 || (got >= 0 && peek_->complete());
  look();
  if (!has_line_ && (peek_->cut() || buffer_.size() - taken_ >= kBlock)) {
    peek_->take(buffer_.size() - taken_);
    taken_ = buffer_.size();
  }
  look_again_at(now, buffer_.size() == seen ? std::min<Duration>(wait_ * 2, kRarely) : kSoon);
}

// The beginning of a line stays in the pipe, so it is readable all the time. More of it is told by
// Peek::fd(), but not while a writer is blocked in one large write: then only a look shows it.
void LineSource::look_again_at(TimePoint now, Duration wait) {
  look_at_.reset();
  if (has_line_ || ended_ || stopped_ || taken_ == buffer_.size()) return;
  wait_ = wait;
  look_at_ = now + wait;
}

void LineSource::release_until(std::size_t end, TimePoint now) {
  if (!peek_ || end == 0) return;
  if (end > taken_) peek_->take(end - taken_);
  buffer_.erase(0, end);
  taken_ -= std::min(end, taken_);
  scanned_ -= end;
  line_end_ -= std::min(end, line_end_);
  head_ -= end;
  std::erase_if(ends_, [end](std::size_t one) { return one <= end; });
  for (std::size_t& one : ends_) one -= end;
  look_again_at(now, kSoon);
}

void LineSource::release_first(std::size_t items, TimePoint now) {
  if (items > 0 && items <= ends_.size()) release_until(ends_[items - 1], now);
}

// Finds the end of the first line, if it is here.
void LineSource::look() {
  has_line_ = false;
  const void* const found =
      std::memchr(buffer_.data() + scanned_, delimiter_, buffer_.size() - scanned_);
  if (found != nullptr) {
    line_end_ = static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data());
    has_line_ = true;
    return;
  }
  scanned_ = buffer_.size();
  if (skipping_) {
    head_ = scanned_;
  } else if (ended_ && !stopped_ && head_ < buffer_.size()) {
    line_end_ = buffer_.size();  // the last line need not end
    has_line_ = true;
  } else if (buffer_.size() - head_ > kLargestPayload) {
    line_end_ = buffer_.size();
    has_line_ = true;
  }
}

std::optional<Source::Item> LineSource::next(TimePoint /*now*/) {
  while (has_line_) {
    const bool complete = line_end_ < buffer_.size();
    Item item{std::string_view(buffer_).substr(head_, line_end_ - head_), line_ + 1, number_ + 1,
              false};
    item.too_long = item.payload.size() > kLargestPayload;
    const bool was_skipping = skipping_;
    skipping_ = item.too_long && !complete;
    head_ = line_end_ + (complete ? 1 : 0);
    scanned_ = head_;
    if (!skipping_) ++line_;
    look();
    if (was_skipping) continue;
    ++number_;
    if (peek_) ends_.push_back(head_);
    return item;
  }
  return std::nullopt;
}

// Of a file that another program reads or has read with us, the part that was there for us counts.
std::optional<std::int64_t> LineSource::unread_in_file() const {
  struct stat status {};
  if (fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  const off_t position = lseek(fd_, 0, SEEK_CUR);
  if (position < 0) return std::nullopt;
  return std::max<off_t>(status.st_size - position, 0);
}

std::optional<double> LineSource::share() const {
  const auto unread = unread_in_file();
  if (peek_ || !unread || read_ == 0) return std::nullopt;
  const auto given = static_cast<double>(read_ - (buffer_.size() - head_));
  return given / (static_cast<double>(read_) + static_cast<double>(*unread));
}

void LineSource::stop() {
  stopped_ = true;
  look_at_.reset();
  look();
}

std::optional<Source::Item> RepeatSource::next(TimePoint now) {
  if (at_end() || (due_ && now < *due_)) return std::nullopt;
  ++given_;
  due_ = now + delay_;
  return Item{payload_, given_, given_, false};
}

// The last one is not needed twice: it may be large.
void RepeatSource::release(TimePoint /*now*/) {
  if (at_end()) std::string().swap(payload_);
}

std::optional<double> RepeatSource::share() const {
  return times_ == 0 ? std::nullopt
                     : std::optional(static_cast<double>(given_) / static_cast<double>(times_));
}

std::optional<TimePoint> RepeatSource::due() const {
  return at_end() ? std::nullopt : due_;
}

}  // namespace mqfail
