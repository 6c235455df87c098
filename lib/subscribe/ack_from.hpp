// SPDX-License-Identifier: Apache-2.0
// --ack-from FILE of mqfail-sub (delivery.md S9): messages get numbers, and are acknowledged to
// their servers when their numbers have come back through a FIFO. The numbers of two runs are never
// the same, because what an earlier run left in the FIFO must not count.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/fifo.hpp"
#include "base/time.hpp"
#include "policy/event.hpp"
#include "session/notice.hpp"

namespace mqfail {

/// Not thread-safe; one owner.
class AckFrom {
 public:
  /// Acknowledgements of one connection that go out together.
  struct Batch {
    AttemptId attempt;
    std::size_t count;
    std::uint64_t until;  ///< when this number has come back
  };

  /// The first message gets the number `base` + 1. `keepalive`: `stalled` is told when no number
  /// comes for half of it; 0: never.
  AckFrom(Fifo fifo, std::uint64_t base, Duration keepalive, Announcer& announcer)
      : fifo_(std::move(fifo)),
        given_(base),
        acknowledged_(base),
        keepalive_(keepalive),
        announcer_(announcer) {}

  /// A number for a message that is printed now.
  std::uint64_t give() { return ++given_; }
  /// The last one.
  std::uint64_t given() const { return given_; }

  /// What was written waits for its numbers.
  void wait(const Batch& batch, TimePoint now);
  /// The connection is gone: its messages come again.
  void forget(AttemptId attempt);
  /// Reads what has come back, and returns what can be acknowledged now, in order.
  std::vector<Batch> read(TimePoint now);
  /// Tells what is due, and looks whether the FIFO is another one now. `reader_gone`: nobody reads
  /// the messages any more.
  void tend(TimePoint now, bool reader_gone);

  /// The last writer has closed the FIFO. If messages wait, their numbers do not come any more.
  void hung_up();
  bool is_over() const { return over_; }

  bool waits() const { return !waiting_.empty(); }
  /// Messages wait, and no number has come for this time.
  bool stands(TimePoint now, Duration time) const { return waits() && now >= last_ + time; }
  /// Messages that are written and not acknowledged.
  std::size_t unacknowledged() const;
  int fd() const { return fifo_.fd(); }
  std::optional<TimePoint> due() const;

 private:
  void take(std::string_view line);
  void tell_stalled(const char* reason, bool ended);

  Fifo fifo_;
  std::uint64_t given_, acknowledged_;
  const Duration keepalive_;
  Announcer& announcer_;
  std::deque<Batch> waiting_;
  std::string part_;  // the beginning of a line
  TimePoint last_{};  // a number came, or the first message began to wait
  TimePoint look_at_{};
  bool over_ = false;
  // A FIFO that was put in the place of another one never hangs up if nobody has opened it yet.
  bool had_writer_ = false;
  std::optional<TimePoint> alone_since_;  // nobody has it open for writing
  bool told_ = false;                     // that it is stalled
  std::uint64_t strange_ = 0;             // numbers that are none of ours
};

}  // namespace mqfail
