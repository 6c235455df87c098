// SPDX-License-Identifier: Apache-2.0
// Printed messages in their order, and where the equal ones among them are. Each has a number that
// stays when older ones are forgotten.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/siphash.hpp"

namespace mqfail {

/// `Print` has a Digest `digest`. Who adds sees to it that the log does not grow for ever.
template <typename Print>
class PrintLog {
 public:
  std::size_t size() const { return prints_.size(); }
  bool empty() const { return prints_.empty(); }
  Print& front() { return prints_.front(); }
  auto begin() { return prints_.begin(); }
  auto end() { return prints_.end(); }

  /// The number of the oldest, and of the next one to be added.
  std::uint64_t first() const { return first_; }
  std::uint64_t next() const { return first_ + prints_.size(); }
  /// `number` is from first() on and below next().
  Print& operator[](std::uint64_t number) { return prints_[number - first_]; }
  /// The numbers of the prints with this digest, rising. They hold until the log changes.
  std::span<const std::uint64_t> equal(const Digest& digest) const {
    const auto found = equal_.find(digest);
    if (found == equal_.end()) return {};
    return std::span(found->second.numbers).subspan(found->second.head);
  }

  void add(const Print& print) {
    equal_[print.digest].numbers.push_back(next());
    prints_.push_back(print);
  }
  void forget_first() {
    const auto found = equal_.find(prints_.front().digest);
    EqualPrints& equal = found->second;
    ++equal.head;
    if (equal.head == equal.numbers.size()) {
      equal_.erase(found);
    } else if (equal.head > equal.numbers.size() / 2) {
      equal.numbers.erase(equal.numbers.begin(),
                          equal.numbers.begin() + static_cast<std::ptrdiff_t>(equal.head));
      equal.head = 0;
    }
    prints_.pop_front();
    ++first_;
  }

 private:
  // Those before `head` are forgotten.
  struct EqualPrints {
    std::vector<std::uint64_t> numbers;
    std::size_t head = 0;
  };
  struct DigestHash {
    std::size_t operator()(const Digest& digest) const { return digest.first; }
  };

  std::deque<Print> prints_;
  std::uint64_t first_ = 0;
  std::unordered_map<Digest, EqualPrints, DigestHash> equal_;
};

}  // namespace mqfail
