// SPDX-License-Identifier: Apache-2.0
#include "subscribe/kept_copies.hpp"

#include <algorithm>
#include <utility>

namespace mqfail {
namespace {
std::uint64_t bit(std::size_t place) {
  return std::uint64_t{1} << place;
}
}  // namespace

KeptCopies::Visit KeptCopies::join(const std::string& server, bool resumed, TimePoint now) {
  auto place = std::find_if(places_.begin(), places_.end(),
                            [&](const Place& one) { return one.server == server; });
  if (place == places_.end()) {
    if (places_.size() == kServers) return {};
    place = places_.insert(places_.end(), Place{server});
  }
  Visit visit;
  visit.place = static_cast<std::size_t>(place - places_.begin());
  if (!resumed) {
    write_off(visit.place);
    return visit;
  }
  visit.drains = true;
  visit.silent_at = now + kSilence;
  return visit;
}

void KeptCopies::leave(Visit& visit) {
  visit.doubtful = true;
  if (std::exchange(visit.drains, false)) decide_at_end(visit);  // the rest comes next time
}

// Those of the equal prints that the server owes. What it has brought comes first, because a copy
// always counts for the oldest that is owed.
std::span<const std::uint64_t> KeptCopies::owed(std::size_t place, const Digest& digest) {
  const auto equal = prints_.equal(digest);
  const auto first = std::partition_point(
      equal.begin(), equal.end(), [&](std::uint64_t number) { return !owes(place, number); });
  return {first, equal.end()};
}

KeptCopies::Answer KeptCopies::judge(Visit& visit, const Digest& digest, Kind kind, TimePoint now) {
  if (visit.place == kNoPlace) return Answer::fresh;
  Place& here = places_[visit.place];
  const auto candidates = owed(visit.place, digest);
  const bool numbered = kind == Kind::numbered;
  if (numbered && (candidates.empty() || prints_[candidates.front()].numbered)) {
    return Answer::fresh;
  }
  if (candidates.empty()) {
    if (kind == Kind::repeated)
      return prints_.equal(digest).empty() ? Answer::fresh : Answer::again;
    const bool waits = visit.waiting != 0;
    // What was published while we had no server at all may come before the copies.
    if (visit.brought != 0 && ++visit.others == kProof) end_drain(visit);
    return waits ? Answer::behind : Answer::fresh;
  }
  const std::uint64_t number = candidates.front();
  const auto lags = [&] {
    return here.copies && is_single(digest) && follows(visit.place, number);
  };
  if (!visit.drains && !lags()) return Answer::fresh;
  prints_[number].brought |= bit(visit.place);
  here.reached = std::max(here.reached, prints_[number].at);
  visit.silent_at = now + kSilence;
  ++visit.brought;
  if (!visit.drains || visit.copies || here.trusted) {
    visit.others = 0;
    return Answer::copy;
  }
  visit.candidates.push_back({number, is_single(digest)});
  const bool waits = visit.patient && !numbered;
  if (waits) ++visit.waiting;
  if (visit.candidates.size() == kProof) {
    visit.copies = is_proof(visit.candidates);
    here.copies = here.copies || visit.copies;
    decide(visit, visit.copies);
    if (!visit.copies) end_drain(visit);
  }
  return waits ? Answer::candidate : Answer::fresh;
}

void KeptCopies::brought(const Visit& visit, const Digest& digest) {
  if (visit.place == kNoPlace) return;
  const auto equal = owed(visit.place, digest);
  if (!equal.empty()) prints_[equal.front()].brought |= bit(visit.place);
}

// Printed once only, but for doubtful prints. A visit leaves few of those.
bool KeptCopies::is_single(const Digest& digest) {
  int sure = 0;
  for (const std::uint64_t number : prints_.equal(digest)) {
    if (!prints_[number].doubtful && ++sure == 2) return false;
  }
  return sure == 1;
}

// A few of them may be stragglers.
bool KeptCopies::is_proof(std::vector<Candidate> candidates) {
  const auto singles = std::count_if(candidates.begin(), candidates.end(),
                                     [](const Candidate& one) { return one.single; });
  std::sort(candidates.begin(), candidates.end(),
            [](const Candidate& a, const Candidate& b) { return a.number < b.number; });
  const std::uint64_t span = candidates[kProof * 3 / 4].number - candidates[kProof / 4].number;
  return 2 * static_cast<std::size_t>(singles) >= kProof && span <= kNear;
}

void KeptCopies::decide(Visit& visit, bool are_copies) {
  if (visit.waiting == 0) return;
  visit.fate = are_copies ? visit.waiting : 0;
  visit.waiting = 0;
}

bool KeptCopies::has_brought_most(const Visit& visit) {
  std::size_t owed = 0;
  for (std::uint64_t number = prints_.first(); number < prints_.next(); ++number) {
    if (owes(visit.place, number) && !prints_[number].doubtful) ++owed;
  }
  return visit.brought > owed;
}

void KeptCopies::decide_at_end(Visit& visit) {
  const bool most = has_brought_most(visit);
  decide(visit, most);
  if (most && visit.copies) places_[visit.place].trusted = true;
}

void KeptCopies::end_drain(Visit& visit) {
  if (!std::exchange(visit.drains, false)) return;
  decide_at_end(visit);
  write_off(visit.place);
}

// What the server has not brought until now, it will not bring.
void KeptCopies::write_off(std::size_t place) {
  const Place& here = places_[place];
  for (Print& print : prints_) {
    const bool lags = here.copies && print.at >= here.reached - kSkew && is_single(print.digest);
    if (!lags) print.brought |= bit(place);
  }
}

// Whether the print is among the next ones that the server owes.
bool KeptCopies::follows(std::size_t place, std::uint64_t number) {
  const TimePoint from = places_[place].reached - kSkew;
  const TimePoint at = prints_[number].at;
  if (at < from) return false;
  auto next = std::partition_point(prints_.begin(), prints_.end(),
                                   [&](const Print& print) { return print.at < from; });
  while ((next->brought & bit(place)) != 0) ++next;
  return at <= next->at + 2 * kSkew;
}

void KeptCopies::printed(const Visit& visit, const Digest& digest, Kind kind, TimePoint now,
                         bool in_doubt) {
  if (visit.place == kNoPlace) return;
  // It does not owe equal ones, or it would not have been printed.
  for (const std::uint64_t number : owed(visit.place, digest)) {
    prints_[number].brought |= bit(visit.place);
  }
  if (prints_.size() == kMost) {
    if (visit.drains && owes(visit.place, prints_.first())) return;
    prints_.forget_first();
  }
  prints_.add({digest, now, bit(visit.place), kind == Kind::numbered, in_doubt && visit.doubtful});
}

void KeptCopies::answered(Visit& visit, TimePoint now) {
  if (!visit.drains || now < visit.silent_at) return;
  const bool may_wait_for_us = visit.waiting != 0 && visit.others == 0;
  if (!may_wait_for_us || has_brought_most(visit)) return end_drain(visit);
  decide(visit, false);
  visit.doubtful = true;
  visit.patient = false;
  visit.silent_at = now + kSilence;
}

std::optional<TimePoint> KeptCopies::due(const Visit& visit) {
  if (!visit.drains) return std::nullopt;
  return visit.silent_at;
}

std::optional<std::size_t> KeptCopies::take_fate(Visit& visit) {
  return std::exchange(visit.fate, std::nullopt);
}

}  // namespace mqfail
