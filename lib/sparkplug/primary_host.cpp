// SPDX-License-Identifier: Apache-2.0
#include "sparkplug/primary_host.hpp"

#include <algorithm>

namespace mqfail {

HostDecision PrimaryHost::judge(HostView& view, const StateMessage& state) {
  using Says = StateMessage::Says;
  if (view.v3 && !state.v3) return HostDecision::wait;
  if (state.says == Says::unknown || state.says == Says::unreadable) return HostDecision::wait;
  if (state.v3) view.v3 = true;
  if (state.says == Says::online) return judge_online(view, state.time);
  if (!view.in_use) return HostDecision::offline;
  if (state.time && view.online && *state.time < *view.online) return HostDecision::wait;
  view.in_use = false;
  return HostDecision::leave;
}

HostDecision PrimaryHost::judge_online(HostView& view, std::optional<StateTime> time) {
  if (time && view.in_use && view.online && *time < *view.online) return HostDecision::wait;
  if (time && !view.in_use && newest_ && *time < *newest_) {
    const auto before = by_server_.find(view.server);
    const auto passed = passed_over_.find(view.server);
    const bool stands = passed != passed_over_.end() && passed->second <= *time;
    if (!stands || (before != by_server_.end() && *time < before->second)) {
      passed_over_[view.server] = *time;
      return HostDecision::older;
    }
  }
  if (time) {
    newest_ = std::max(newest_.value_or(*time), *time);
    by_server_[view.server] = *time;
    view.online = time;
  }
  passed_over_.clear();
  view.in_use = true;
  return HostDecision::use;
}

}  // namespace mqfail
