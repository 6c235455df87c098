// SPDX-License-Identifier: Apache-2.0
#include "subscribe/copies.hpp"

#include <algorithm>

namespace mqfail {
namespace {
std::uint64_t bit(std::size_t place) {
  return std::uint64_t{1} << place;
}
}  // namespace

std::size_t Copies::join(const std::string& server, TimePoint since, bool resumed) {
  const auto known = std::find_if(places_.begin(), places_.end(),
                                  [&](const Place& p) { return p.server == server; });
  if (resumed && known != places_.end()) {
    ++known->connections;
    return static_cast<std::size_t>(known - places_.begin());
  }
  const auto old = static_cast<std::size_t>(known - places_.begin());
  const bool replaced = known != places_.end() && known->connections > 0;
  const std::uint64_t of_server = known == places_.end() ? 0 : bit(old);
  // The old connection of the same server may still have messages for us: then it keeps its place.
  auto free = known;
  if (free == places_.end() || free->connections > 0) {
    if (free != places_.end()) free->server.clear();
    free = std::find_if(places_.begin(), places_.end(),
                        [](const Place& p) { return p.connections == 0; });
  }
  if (free == places_.end()) {
    if (places_.size() == kServers) return kNoPlace;
    free = places_.emplace(places_.end());
  }
  *free = {server, since, 1};
  const auto place = static_cast<std::size_t>(free - places_.begin());
  for (Place& one : places_) {
    if (one.successor == place) one.successor = kNoPlace;
  }
  if (replaced) places_[old].successor = place;
  for (Print& print : prints_) {
    const bool sent_it = ((print.senders | print.earlier) & of_server) != 0;
    print.senders &= ~bit(place);
    print.earlier = sent_it ? print.earlier | bit(place) : print.earlier & ~bit(place);
  }
  return place;
}

void Copies::leave(std::size_t place) {
  if (place != kNoPlace) --places_[place].connections;
}

// The print that `digest` from `place` repeats; null if it repeats none.
Copies::Print* Copies::find_copied(std::size_t place, const Digest& digest, TimePoint now) {
  forget_old(now);
  if (place == kNoPlace) return nullptr;
  const auto numbers = prints_.equal(digest);
  if (numbers.empty()) return nullptr;
  // A server sends equal messages in the order of their prints. So the prints from before it joined
  // come first, then those that it has sent, then those that it has not sent.
  const auto next = std::partition_point(numbers.begin(), numbers.end(), [&](std::uint64_t number) {
    const Print& one = prints_[number];
    return one.at < places_[place].since || (one.senders & bit(place)) != 0;
  });
  Print* copied = next == numbers.end() ? nullptr : &prints_[*next];
  if (copied == nullptr && numbers.size() == 1) {
    // A message that was printed just before the server joined may have reached that server just
    // after. If only one equal message was printed, this one is taken for its copy. If there are
    // several, or if the server sent that one on its connection before, a message could be lost
    // that way.
    Print& only = prints_[numbers.back()];
    if (((only.senders | only.earlier) & bit(place)) == 0 &&
        only.at >= places_[place].since - kSkew)
      copied = &only;
  }
  return copied;
}

bool Copies::is_copy(std::size_t place, const Digest& digest, TimePoint now) {
  Print* const copied = find_copied(place, digest, now);
  if (copied != nullptr) copied->senders |= bit(place);
  return copied != nullptr;
}

void Copies::printed(std::size_t place, const Digest& digest, TimePoint now) {
  if (place == kNoPlace) return;
  if (prints_.size() == kMost) prints_.forget_first();
  // What the old connection of a server still had is no message that its new one owes.
  std::uint64_t senders = 0;
  for (; place != kNoPlace; place = places_[place].successor) senders |= bit(place);
  prints_.add({digest, now, senders});
}

bool Copies::sent_by_all(const Print& print) const {
  for (std::size_t place = 0; place < places_.size(); ++place) {
    // A server that is away may come back with its session and send it then.
    const Place& one = places_[place];
    const bool may_send = one.connections > 0 || !one.server.empty();
    if (may_send && one.since <= print.at && (print.senders & bit(place)) == 0) return false;
  }
  return true;
}

void Copies::forget_old(TimePoint now) {
  while (!prints_.empty()) {
    const Print& oldest = prints_.front();
    const Duration age = now - std::max(oldest.at, resumed_);
    // A server that joins now may still send what is younger than that (is_copy).
    const bool settled = age > kSkew && sent_by_all(oldest);
    if (age <= window_ && !settled) return;
    prints_.forget_first();
  }
}

}  // namespace mqfail
