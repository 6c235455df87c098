// SPDX-License-Identifier: Apache-2.0
// The virtual time of the world, and what is to happen in it. Equal times keep their order.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "base/time.hpp"

namespace mqfail::test {

class Agenda {
 public:
  static constexpr TimePoint kBegin{std::chrono::hours(1)};

  TimePoint now() const { return now_; }
  void at(TimePoint when, std::function<void()> what) {
    entries_.push_back({std::max(when, now_), ++last_, std::move(what)});
    std::push_heap(entries_.begin(), entries_.end(), later);
  }
  void in(Duration delay, std::function<void()> what) { at(now_ + delay, std::move(what)); }
  std::optional<TimePoint> next() const {
    return entries_.empty() ? std::nullopt : std::optional(entries_.front().when);
  }
  /// Moves the time to `when`; the caller has seen to it that nothing was to happen before.
  void move_to(TimePoint when) { now_ = std::max(now_, when); }
  /// Lets the first entry happen, at its time.
  void happen() {
    std::pop_heap(entries_.begin(), entries_.end(), later);
    const Entry entry = std::move(entries_.back());
    entries_.pop_back();
    now_ = std::max(now_, entry.when);
    entry.what();
  }

 private:
  struct Entry {
    TimePoint when;
    std::uint64_t order;
    std::function<void()> what;
  };
  static bool later(const Entry& a, const Entry& b) {
    return std::pair(a.when, a.order) > std::pair(b.when, b.order);
  }

  TimePoint now_ = kBegin;
  std::uint64_t last_ = 0;
  std::vector<Entry> entries_;  // a heap
};

}  // namespace mqfail::test
