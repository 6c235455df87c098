// SPDX-License-Identifier: Apache-2.0
#include "publish/ack_to.hpp"

#include <unistd.h>

#include <cerrno>
#include <string>

namespace mqfail {
namespace {

constexpr auto kLookAgain = std::chrono::seconds(1);

}  // namespace

void AckTo::note(std::uint64_t number, std::uint64_t ack, bool over) {
  if (ack == 0 || by_number_) return;
  // Failed messages in a row need one entry, however many there are.
  if (over && !noted_.empty() && noted_.back().over) {
    noted_.back() = {number, ack, over};
  } else {
    noted_.push_back({number, ack, over});
  }
}

void AckTo::settled(std::uint64_t number) {
  if (by_number_) value_ = number;
  while (!noted_.empty() && noted_.front().number <= number) {
    value_ = noted_.front().ack;
    noted_.pop_front();
  }
}

void AckTo::tend(TimePoint now) {
  if (now >= look_at_) {
    look_at_ = now + kLookAgain;
    if (fifo_.follow()) written_ = 0;  // whoever reads there does not know it yet
  }
  if (value_ != written_) write();
}

void AckTo::write() {
  const std::string line = std::to_string(value_) + "\n";  // shorter than PIPE_BUF: all or nothing
  const ssize_t done = ::write(fifo_.fd(), line.data(), line.size());
  waits_ = done < 0 && errno == EAGAIN;
  if (done > 0) written_ = value_;
  if (waits_ != told_) {
    told_ = waits_;
    announcer_.announce(stalled_notice(waits_ ? "nobody reads the acknowledgements of --ack-to"
                                              : "the acknowledgements of --ack-to are read again",
                                       !waits_));
  }
}

}  // namespace mqfail
