// SPDX-License-Identifier: Apache-2.0
// When messages are acknowledged to their servers: when they are written out (delivery.md S1), or,
// with --ack-from, when their numbers have come back as well (S9).
#pragma once

#include <poll.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "subscribe/ack_from.hpp"
#include "transport/transport.hpp"

namespace mqfail {

/// Not thread-safe; one owner.
class Acknowledgements {
 public:
  /// The transport outlives it. `ack_from`: null without --ack-from.
  Acknowledgements(Transport& transport, std::unique_ptr<AckFrom> ack_from)
      : transport_(transport), ack_from_(std::move(ack_from)) {}

  /// Each message has a number of its own, which acknowledges it and those before it.
  bool by_number() const { return ack_from_ != nullptr; }
  /// A number for a message that is printed now; 0: there are none.
  std::uint64_t give() { return ack_from_ ? ack_from_->give() : 0; }

  /// So many more messages of the connection are in the buffer, or need no printing.
  void put(AttemptId attempt, std::size_t count) {
    in_buffer_.push_back({attempt, count, ack_from_ ? ack_from_->given() : 0});
  }
  /// The buffer is written. True: as for take_numbers().
  bool written(TimePoint now, Duration patience);
  /// The buffer is never written: the reader has gone. With --ack-from its messages wait for
  /// numbers that do not come, and the end of the FIFO tells.
  void not_written(TimePoint now) {
    if (!ack_from_) return;
    for (const AckFrom::Batch& batch : std::exchange(in_buffer_, {})) ack_from_->wait(batch, now);
  }
  /// Acknowledges what has come back. True: it had stood still for `patience`, and goes on.
  bool take_numbers(TimePoint now, Duration patience);
  /// Messages wait for their numbers, and none has come for this time.
  bool stand(TimePoint now, Duration time) const {
    return ack_from_ && ack_from_->stands(now, time);
  }
  /// The connection is gone: its messages come again.
  void forget(AttemptId attempt) {
    if (ack_from_) ack_from_->forget(attempt);
  }

  void tend(TimePoint now, bool reader_gone) {
    if (ack_from_) ack_from_->tend(now, reader_gone);
  }
  /// No more numbers come, although messages wait for them.
  bool is_over() const { return ack_from_ && ack_from_->is_over(); }
  bool wait() const { return ack_from_ && ack_from_->waits(); }
  std::size_t unacknowledged() const { return ack_from_ ? ack_from_->unacknowledged() : 0; }

  /// What to wait for; on_poll() gets it with its revents, behind take_numbers().
  pollfd poll_fd() const { return {wait() && !is_over() ? ack_from_->fd() : -1, POLLIN, 0}; }
  void on_poll(const pollfd& fd) {
    if ((fd.revents & POLLHUP) != 0) ack_from_->hung_up();
  }
  std::optional<TimePoint> due() const { return ack_from_ ? ack_from_->due() : std::nullopt; }

 private:
  Transport& transport_;
  const std::unique_ptr<AckFrom> ack_from_;
  std::vector<AckFrom::Batch> in_buffer_;  // goes out with the buffer
};

}  // namespace mqfail
