// SPDX-License-Identifier: Apache-2.0
// --ack-to FILE of mqfail-pub (delivery.md P8): tells the other end of a FIFO how far the input is
// settled, a decimal number a line. Numbers are cumulative, so that only the newest one matters:
// what does not fit into the FIFO is replaced by the next.
#pragma once

#include <cstdint>
#include <deque>

#include "base/fifo.hpp"
#include "base/time.hpp"
#include "session/notice.hpp"

namespace mqfail {

/// Not thread-safe; one owner.
class AckTo {
 public:
  /// `by_number`: what is told is the number of the message (-l); else it is what note() was given
  /// (--json).
  AckTo(Fifo fifo, bool by_number, Announcer& announcer)
      : fifo_(std::move(fifo)), by_number_(by_number), announcer_(announcer) {}

  /// The message `number` has this `ack`. `over`: it is settled, or has failed and was told.
  void note(std::uint64_t number, std::uint64_t ack, bool over);
  /// All messages up to this number are settled, or have failed.
  void settled(std::uint64_t number);
  /// Writes what is due, and looks whether the FIFO is another one now.
  void tend(TimePoint now);

  /// The descriptor to wait for with POLLOUT; -1: nothing waits.
  int fd() const { return waits_ ? fifo_.fd() : -1; }
  /// When tend() wants to be called again.
  TimePoint due() const { return look_at_; }

 private:
  struct Noted {
    std::uint64_t number;
    std::uint64_t ack;
    bool over;
  };
  void write();

  Fifo fifo_;
  const bool by_number_;
  Announcer& announcer_;
  std::deque<Noted> noted_;
  std::uint64_t value_ = 0, written_ = 0;
  bool waits_ = false;  // the FIFO is full
  bool told_ = false;
  TimePoint look_at_{};
};

}  // namespace mqfail
