// SPDX-License-Identifier: Apache-2.0
#include "subscribe/overlap.hpp"

#include <algorithm>
#include <string>

#include "transport/topic_filter.hpp"

namespace mqfail {
namespace {

// Ours go down from here, so that they differ from those that another program has given in the same
// session before.
constexpr std::uint32_t kFirstIdentifier = kLargestIdentifier;

}  // namespace

bool overlap(std::string_view one, std::string_view other) {
  one = without_share(one);
  other = without_share(other);
  // A leading wildcard does not match a topic that begins with $.
  if (one.starts_with('$') != other.starts_with('$')) return false;
  while (true) {
    if (one == "#" || other == "#") return true;
    const std::size_t one_end = one.find('/');
    const std::size_t other_end = other.find('/');
    const std::string_view level = one.substr(0, one_end);
    const std::string_view other_level = other.substr(0, other_end);
    if (level != other_level && level != "+" && other_level != "+") return false;
    if (one_end == std::string_view::npos || other_end == std::string_view::npos) {
      if (one_end == other_end) return true;
      // "a/#" also matches its parent "a".
      const std::string_view rest =
          one_end == std::string_view::npos ? other.substr(other_end) : one.substr(one_end);
      return rest == "/#";
    }
    one.remove_prefix(one_end + 1);
    other.remove_prefix(other_end + 1);
  }
}

void set_apart(std::vector<Subscription>& subscriptions) {
  std::vector<std::uint32_t> groups;
  std::uint32_t last = 0;
  for (const Subscription& one : subscriptions) {
    std::vector<bool> taken(last + 2);
    for (std::size_t i = 0; i < groups.size(); ++i) {
      if (overlap(one.filter, subscriptions[i].filter)) taken[groups[i]] = true;
    }
    const auto free = std::find(taken.begin(), taken.end(), false);
    groups.push_back(static_cast<std::uint32_t>(free - taken.begin()));
    last = std::max(last, groups.back());
  }
  for (std::size_t i = 0; i < groups.size(); ++i) {
    subscriptions[i].identifier = last == 0 ? 0 : kFirstIdentifier - groups[i];
  }
}

Overlap::Overlap(std::size_t identifiers, Duration window) : copies_(window) {
  for (std::size_t i = 0; i < identifiers; ++i) {
    places_.push_back(copies_.join(std::to_string(i), TimePoint(), false));
  }
}

bool Overlap::is_copy(std::uint32_t identifier, const Digest& message, TimePoint now) {
  if (identifier == 0 || kFirstIdentifier - identifier >= places_.size()) return false;
  const std::size_t place = places_[kFirstIdentifier - identifier];
  if (copies_.is_copy(place, message, now)) return true;
  copies_.printed(place, message, now);
  return false;
}

}  // namespace mqfail
