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
  since = clock_.at(since);
  const auto known = std::find_if(places_.begin(), places_.end(),
                                  [&](const Place& p) { return p.server == server; });
  if (resumed && known != places_.end()) {
    ++known->connections;
    return static_cast<std::size_t>(known - places_.begin());
  }
  const auto old = static_cast<std::size_t>(known - places_.begin());
  const bool replaced = known != places_.end() && known->connections > 0;
  const std::uint64_t of_server = known == places_.end() ? 0 : bit(old);
  Place joined{.server = server, .since = since, .connections = 1};
  if (known != places_.end()) {
    joined.copies = known->copies;
    joined.reached = joined.behind = known->reached;
    joined.late_until = since + std::max(window_, kBridgePatience);
  }
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
  *free = joined;
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
  const auto equal = prints_.equal(digest);
  const auto recent = std::partition_point(equal.begin(), equal.end(), [&](std::uint64_t number) {
    return is_old(prints_[number], now);
  });
  Print* const copied = find_recent(place, {recent, equal.end()}, now);
  return copied != nullptr ? copied : find_late(place, equal, now);
}

Copies::Print* Copies::find_recent(std::size_t place, std::span<const std::uint64_t> numbers,
                                   TimePoint now) {
  // A server sends equal messages in the order of their prints. So the prints from before it joined
  // come first, then those that it has sent, then those that it has not sent.
  const Place& here = places_[place];
  const auto next = std::partition_point(numbers.begin(), numbers.end(), [&](std::uint64_t number) {
    const Print& one = prints_[number];
    return one.at < here.since || (one.senders & bit(place)) != 0;
  });
  if (next != numbers.end()) return &prints_[*next];
  // A message that was printed just before the server joined may have reached that server just
  // after. If only one equal message was printed, this one is taken for its copy. If there are
  // several, if the server sent that one on its connection before, or if it has had time to send
  // it, a message could be lost that way.
  if (numbers.size() != 1 || now > here.since + kSkew) return nullptr;
  Print& only = prints_[numbers.front()];
  const bool has_sent_it = ((only.senders | only.earlier) & bit(place)) != 0;
  return has_sent_it || only.at < here.since - kSkew ? nullptr : &only;
}

// The print that the server repeats late. It sends what it owes in order. So a copy is near the
// next one that it owes; or, if the first ones did not reach us, near kProof others that came late.
Copies::Print* Copies::find_late(std::size_t place, std::span<const std::uint64_t> equal,
                                 TimePoint now) {
  if (equal.size() != 1) return nullptr;
  Print& only = prints_[equal.front()];
  if (!owes(place, only, now)) return nullptr;
  std::uint64_t& next = places_[place].next;
  next = std::max(next, prints_.first());
  while (next < equal.front() && !owes(place, prints_[next], now)) ++next;
  const bool follows = only.at <= prints_[next].at + 2 * kSkew;
  const Place& here = places_[place];
  return follows || (here.late == kProof && is_near(only, here)) ? &only : nullptr;
}

bool Copies::is_near(const Print& print, const Place& place) {
  return print.at >= place.late_at - 2 * kSkew && print.at <= place.late_at + 2 * kSkew;
}

// `print` may be late. Until there is a proof it is not taken for a copy.
void Copies::note_late(std::size_t place, const Print& print) {
  Place& here = places_[place];
  here.late = is_near(print, here) ? std::min(here.late + 1, kProof) : 1;
  here.late_at = print.at;
}

bool Copies::is_copy(std::size_t place, const Digest& digest, TimePoint now) {
  now = clock_.at(now);
  Print* const copied = find_copied(place, digest, now);
  if (place == kNoPlace) return false;
  const auto equal = prints_.equal(digest);
  if (equal.size() == 1 && owes(place, prints_[equal.front()], now))
    note_late(place, prints_[equal.front()]);
  if (copied == nullptr) return false;
  copied->senders |= with_successors(place);
  // Whoever is always the first brings no copies, and yet what the others bring.
  for (std::size_t sender = 0; sender < places_.size(); ++sender) {
    if ((copied->senders & bit(sender)) == 0) continue;
    Place& one = places_[sender];
    one.copies = std::min(one.copies + 1, kProof);
    if (copied->at >= one.since) one.reached = std::max(one.reached, copied->at);
  }
  // What it brings late comes from several places: its sockets, its bridges.
  Place& here = places_[place];
  if (copied->at < here.since) here.late_until = std::max(here.late_until, now + window_);
  return true;
}

void Copies::printed(std::size_t place, const Digest& digest, TimePoint now) {
  if (place == kNoPlace) return;
  if (prints_.size() == kMost) prints_.forget_first();
  prints_.add({digest, clock_.at(now), with_successors(place)});
}

// What the old connection of a server still had is no message that its new one owes.
std::uint64_t Copies::with_successors(std::size_t place) const {
  std::uint64_t all = 0;
  for (; place != kNoPlace; place = places_[place].successor) all |= bit(place);
  return all;
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

bool Copies::is_old(const Print& print, TimePoint now) const {
  return now - print.at > window_;
}

// Whether the server may still send the print late.
bool Copies::owes(std::size_t place, const Print& print, TimePoint now) const {
  const Place& one = places_[place];
  if (one.copies < kProof || one.server.empty()) return false;
  if (((print.senders | print.earlier) & bit(place)) != 0) return false;
  if (one.connections != 0 && print.at < one.since)
    return now <= one.late_until && print.at >= one.behind - kSkew;
  return print.at >= one.reached - kSkew;
}

bool Copies::is_owed(const Print& print, TimePoint now) const {
  for (std::size_t place = 0; place < places_.size(); ++place) {
    if (owes(place, print, now)) return true;
  }
  return false;
}

void Copies::forget_old(TimePoint now) {
  while (!prints_.empty()) {
    const Print& oldest = prints_.front();
    const Duration age = now - oldest.at;
    // A server that joins now may still send what is younger than that (is_copy).
    const bool settled = age > kSkew && sent_by_all(oldest);
    if (!is_old(oldest, now) && !settled) return;
    if (is_owed(oldest, now)) return;
    prints_.forget_first();
  }
}

}  // namespace mqfail
