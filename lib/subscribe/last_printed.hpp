// SPDX-License-Identifier: Apache-2.0
// The digest of the message that was printed last on each topic. By it a retained message that a
// new SUBSCRIBE brings again is recognised (delivery.md S6).
#pragma once

#include <cstdint>
#include <unordered_map>
#include <utility>

#include "base/siphash.hpp"

namespace mqfail {

/// Remembers at least the kMost / 2 topics that were used last, in at most about 4 MiB. A topic
/// that is forgotten is printed again.
class LastPrinted {
 public:
  static constexpr std::size_t kMost = 65536;

  void printed(const Digest& topic, const Digest& payload) { place(topic) = payload.first; }
  bool is(const Digest& topic, const Digest& payload) {
    const auto young = young_.find(topic.first);
    if (young != young_.end()) return young->second == payload.first;
    const auto old = old_.find(topic.first);
    return old != old_.end() && old->second == payload.first;
  }
  std::size_t size() const { return young_.size() + old_.size(); }

 private:
  using Topics = std::unordered_map<std::uint64_t, std::uint64_t>;

  std::uint64_t& place(const Digest& topic) {
    const auto known = young_.find(topic.first);
    if (known != young_.end()) return known->second;
    if (young_.size() >= kMost / 2) {
      old_ = std::move(young_);
      young_ = {};
    }
    return young_[topic.first];
  }

  Topics young_;
  Topics old_;  // unused since young_ was begun
};

}  // namespace mqfail
