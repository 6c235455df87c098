// SPDX-License-Identifier: Apache-2.0
// When to send a PINGREQ, and when a silent server is lost (failover.md section 3). Pure: it is
// told what happened and when, and says what is due; it knows no clock, socket or thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>

#include "base/time.hpp"

namespace mqfail {

/// Of one connection. Every `now` is on one monotonic scale and never goes back.
class Keepalive {
 public:
  enum class Due { nothing, ping, loss };

  /// `period` 0: never a ping, never a loss.
  Keepalive(Duration period, TimePoint now) : period_(period), sent_(now), life_(now) {}

  /// The server's own keepalive (MQTT 5, 3.2.2.3.14; 0: it does not look). Ours is the smaller of
  /// the two: a client may ping at any time (3.1.2.10), so the server cannot make us look more
  /// seldom.
  void promise(Duration server) {
    if (server > Duration::zero() && (server < period_ || period_ <= Duration::zero()))
      period_ = server;
  }
  Duration period() const { return period_; }

  /// The kernel took something.
  void sent(TimePoint now) { sent_ = std::max(sent_, now); }
  /// A PINGREQ was appended to what waits to be sent, for the keepalive or for another purpose.
  /// True if it is the first since the last sign of life: a loss depends on its answer.
  bool pinged(TimePoint now) {
    pinged_ = now;
    owed_ += kAnswerBytes;
    if (asked_) return false;
    asked_ = now;
    return true;
  }
  /// That PINGREQ cannot have been answered yet: the server gets half a period from now.
  void excuse(TimePoint now) {
    if (asked_) asked_ = now;
  }
  /// Bytes of MQTT have come, `whole` if a packet ended in them. While a packet is under way, the
  /// answers to our pings would count as its bytes: only more bytes than those are a sign of life.
  void arrived(TimePoint now, std::size_t bytes, bool whole) {
    if (!whole) {
      const std::size_t answers = std::min(bytes, owed_);
      owed_ -= answers;
      if (bytes == answers) return;
    }
    lives(now);
  }
  /// A PINGRESP was read as the packet that it is.
  void answered() { owed_ -= std::min(owed_, kAnswerBytes); }
  /// We do not read: silence is ours until we read again. Pings go on.
  void pause(bool on, TimePoint now) {
    if (!on && paused_) lives(now);
    paused_ = on;
  }

  /// What is due, until the caller has told that it was done.
  Due due(TimePoint now) const {
    if (period_ <= Duration::zero()) return Due::nothing;
    if (now >= loss_due()) return Due::loss;
    return now >= ping_due() ? Due::ping : Due::nothing;
  }
  /// When a ping is so late that whoever has to send it is held up. It does not ask whether the
  /// server lives: who is held up does not read.
  TimePoint overdue() const {
    if (period_ <= Duration::zero()) return TimePoint::max();
    return ping_due() + period_ / 8;
  }
  /// When something will be due at the earliest, if nothing happens; may be in the past.
  TimePoint deadline() const {
    if (period_ <= Duration::zero()) return TimePoint::max();
    return std::min(ping_due(), loss_due());
  }
  /// The last sign of life.
  TimePoint life() const { return life_; }

 private:
  static constexpr std::size_t kAnswerBytes = 2;

  void lives(TimePoint now) {
    life_ = now;
    asked_.reset();
  }
  // Nothing has arrived for a period, whatever was sent, or nothing was sent. A ping that waits
  // behind what the kernel does not take needs no second one.
  TimePoint ping_due() const { return std::max(pinged_, std::min(sent_, life_)) + period_; }
  // One and a half periods of silence. A process that was itself stopped finds old news: the server
  // gets half a period to answer a ping in any case.
  TimePoint loss_due() const {
    if (paused_ || !asked_) return TimePoint::max();
    return std::max(life_ + period_ * 3 / 2, *asked_ + period_ / 2);
  }

  Duration period_;
  TimePoint sent_, life_;
  TimePoint pinged_{};              // the last PINGREQ
  std::optional<TimePoint> asked_;  // the first PINGREQ since the last sign of life
  std::size_t owed_ = 0;            // bytes of answers that have not come
  bool paused_ = false;
};

}  // namespace mqfail
