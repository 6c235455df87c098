// SPDX-License-Identifier: Apache-2.0
#include "probe/announcement_plan.hpp"

#include <utility>

namespace mqfail {

AnnouncementPlan::Step AnnouncementPlan::after(const std::vector<bool>& up, TimePoint now) {
  bool returned = false;
  for (std::size_t place = 0; place < servers_.size(); ++place) {
    One& one = servers_[place];
    if (!up[place]) {
      one = {.was_down = true, .has_it = std::nullopt};
    } else {
      returned = std::exchange(one.was_down, false) || returned;
    }
  }
  if (returned || up != list_) {
    list_ = up;
    changed_ = now;
    rebalance_ = returned;
    for (One& one : servers_) one.has_it.reset();
  } else if (now - changed_ >= kAgainAfter) {
    rebalance_ = false;  // who connects later shall not move
  }
  Step step{.to = {}, .rebalance = rebalance_};
  for (std::size_t place = 0; place < servers_.size(); ++place) {
    const One& one = servers_[place];
    if (up[place] && (!one.has_it || now - *one.has_it >= kAgainAfter)) step.to.push_back(place);
  }
  return step;
}

}  // namespace mqfail
