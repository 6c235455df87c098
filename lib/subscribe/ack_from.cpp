// SPDX-License-Identifier: Apache-2.0
#include "subscribe/ack_from.hpp"

#include <unistd.h>

#include <array>
#include <bit>
#include <numeric>

#include "base/number.hpp"
#include "base/text.hpp"

namespace mqfail {
namespace {

constexpr auto kLookAgain = std::chrono::seconds(1);
// How long a writer may need to find a new FIFO. mqfail-pub looks every second.
constexpr auto kWriterPatience = std::chrono::seconds(3);
constexpr std::size_t kLongestLine = 64;

}  // namespace

void AckFrom::wait(const Batch& batch, TimePoint now) {
  if (waiting_.empty()) {
    last_ = now;
    look_at_ = now + kLookAgain;
  }
  const bool same = !waiting_.empty() && waiting_.back().attempt == batch.attempt &&
                    waiting_.back().until == batch.until;
  if (same) {
    waiting_.back().count += batch.count;
  } else {
    waiting_.push_back(batch);
  }
}

void AckFrom::forget(AttemptId attempt) {
  std::erase_if(waiting_, [attempt](const Batch& one) { return one.attempt == attempt; });
}

std::vector<AckFrom::Batch> AckFrom::read(TimePoint now) {
  const std::uint64_t before = acknowledged_;
  std::array<char, 4096> block{};
  ssize_t got = 0;
  while ((got = ::read(fifo_.fd(), block.data(), block.size())) > 0) {
    had_writer_ = true;
    part_.append(block.data(), static_cast<std::size_t>(got));
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = part_.find('\n', begin)) != std::string::npos; begin = end + 1)
      take(std::string_view(part_).substr(begin, end - begin));
    part_.erase(0, begin);
    if (part_.size() > kLongestLine) part_.resize(kLongestLine);  // it is no number any more
  }
  if (got == 0) {  // no writer; with one it would be EAGAIN
    if (!alone_since_) alone_since_ = now;
  } else {
    had_writer_ = true;
    alone_since_.reset();
  }
  if (acknowledged_ != before) {
    last_ = now;
    if (told_) tell_stalled("acknowledgements come again", true);
  }
  std::vector<Batch> ready;
  while (!waiting_.empty() && waiting_.front().until <= acknowledged_) {
    ready.push_back(waiting_.front());
    waiting_.pop_front();
  }
  return ready;
}

void AckFrom::take(std::string_view line) {
  const auto number = parse_number<std::uint64_t>(line);
  if (number && *number >= acknowledged_ && *number <= given_) {
    acknowledged_ = *number;
    return;
  }
  // One that comes at every message must not flood the log.
  if (!std::has_single_bit(++strange_)) return;
  Notice warning{.name = NoticeName::warning, .level = Level::warning};
  warning.reason =
      "--ack-from: '" + printable(line, 32) + "' is not the number of a message that waits (" +
      std::to_string(acknowledged_ + 1) + " to " + std::to_string(given_) + "); it changes nothing";
  announcer_.announce(warning);
}

void AckFrom::hung_up() {
  // The publisher has found the new FIFO before us. If it has ended, nobody writes there.
  if (fifo_.follow()) return alone_since_.reset();
  if (waits() || !fifo_.open_again()) over_ = true;
}

void AckFrom::tend(TimePoint now, bool reader_gone) {
  if (!waits()) return;
  if (now >= look_at_) {
    look_at_ = now + kLookAgain;
    if (fifo_.follow()) alone_since_.reset();
    const bool was_there = had_writer_ || reader_gone;
    if (was_there && alone_since_ && now >= *alone_since_ + kWriterPatience) over_ = true;
  }
  if (!told_ && keepalive_ > Duration::zero() && now >= last_ + keepalive_ / 2)
    tell_stalled("no acknowledgement comes through --ack-from", false);
}

std::optional<TimePoint> AckFrom::due() const {
  if (!waits()) return std::nullopt;
  return look_at_;
}

std::size_t AckFrom::unacknowledged() const {
  return std::accumulate(waiting_.begin(), waiting_.end(), std::size_t{0},
                         [](std::size_t sum, const Batch& one) { return sum + one.count; });
}

void AckFrom::tell_stalled(const char* reason, bool ended) {
  told_ = !ended;
  announcer_.announce(stalled_notice(reason, ended));
}

}  // namespace mqfail
