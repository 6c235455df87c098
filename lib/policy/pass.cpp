// SPDX-License-Identifier: Apache-2.0
#include "policy/pass.hpp"

namespace mqfail {

void Pass::replan(std::vector<ServerIndex> plan) {
  plan_ = std::move(plan);
  places_.clear();
  open_.clear();
  resting_.clear();
  by_time_.clear();
  for (Place place = 0; place < plan_.size(); ++place) {
    const auto server = static_cast<std::size_t>(plan_[place]);
    if (server >= places_.size()) places_.resize(server + 1, kNowhere);
    places_[server] = place;
    if (!had_turn(plan_[place])) open_.insert(open_.end(), place);
  }
  awake_ = open_;
}

void Pass::use_turn(ServerIndex server) {
  set(tried_, server, true);
  open_.erase(place_of(server));
  awake_.erase(place_of(server));
}

void Pass::give_turn_back(ServerIndex server) {
  set(tried_, server, false);
  if (place_of(server) == kNowhere) return;
  open_.insert(place_of(server));
  awake_.insert(place_of(server));
}

// Those whose rest is over may be asked again.
void Pass::wake(const Roster& roster, TimePoint now) const {
  refresh(roster);
  while (!resting_.empty() && resting_.begin()->first <= now) {
    const Place place = resting_.begin()->second;
    resting_.erase(resting_.begin());
    if (open_.contains(place)) awake_.insert(place);
  }
}

// The roster lets somebody be tried sooner than was noted here: the notes begin anew.
void Pass::refresh(const Roster& roster) const {
  if (revision_ == roster.revision()) return;
  revision_ = roster.revision();
  awake_ = open_;
  resting_.clear();
  by_time_.clear();
}

}  // namespace mqfail
