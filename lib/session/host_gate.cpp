// SPDX-License-Identifier: Apache-2.0
#include "session/host_gate.hpp"

#include <algorithm>
#include <utility>

namespace mqfail {

// [tck-id-message-flow-edge-node-birth-publish-phid-wait]: STATE is subscribed to before all else.
void HostGate::begin(AttemptId attempt, const std::string& server, ConnectSettings& connect) {
  if (!settings_) return;
  for (std::string& topic : state_topics(settings_->id, settings_->version)) {
    connect.watched.push_back({std::move(topic), true});
  }
  connect.watch_first = true;
  Attempt& one = attempts_[attempt];
  one.view.server = server;
  one.bound = connect.connect_timeout;
  one.subscribes = !connect.subscriptions.empty();
}

HostGate::Step HostGate::admit(Attempt& attempt) {
  attempt.stage = attempt.subscribes ? Stage::subscribing : Stage::live;
  return attempt.subscribes ? Step::subscribe : Step::pass;
}

HostGate::Step HostGate::connected(AttemptId attempt) {
  const auto found = attempts_.find(attempt);
  if (found == attempts_.end()) return Step::pass;
  Attempt& one = found->second;
  if (one.stage == Stage::subscribing) {
    one.stage = Stage::live;
    return Step::pass;
  }
  if (one.stage != Stage::connecting) return Step::nothing;
  one.stage = Stage::waiting;
  if (one.last == HostDecision::wait) return Step::wait;
  return one.last == HostDecision::use ? admit(one) : Step::refuse;
}

HostGate::Step HostGate::heard(const Heard& heard) {
  const auto found = attempts_.find(heard.attempt);
  if (found == attempts_.end()) return Step::nothing;
  const auto topics = state_topics(settings_->id, settings_->version);
  if (std::find(topics.begin(), topics.end(), heard.topic) == topics.end()) return Step::nothing;
  Attempt& one = found->second;
  const StateMessage state =
      heard.too_large
          ? StateMessage{StateMessage::Says::unreadable, {}, heard.topic == topics.front()}
          : read_state(heard.topic, heard.payload);
  if (state.says == StateMessage::Says::unreadable && !std::exchange(one.warned, true)) {
    return Step::warn;
  }
  const HostDecision decision = host_.judge(one.view, state);
  if (decision == HostDecision::wait) return Step::nothing;
  one.last = decision;
  switch (one.stage) {
    case Stage::connecting:
      return Step::nothing;
    case Stage::waiting:
      return decision == HostDecision::use ? admit(one) : Step::refuse;
    case Stage::subscribing:
      return decision == HostDecision::use ? Step::nothing : Step::refuse;
    case Stage::live:
      return decision == HostDecision::leave ? Step::leave : Step::nothing;
  }
  return Step::nothing;
}

Reason HostGate::why(AttemptId attempt) const {
  const Attempt& one = attempts_.at(attempt);
  const bool older = one.last == HostDecision::older;
  const Phase phase = one.stage == Stage::live ? Phase::publish : Phase::subscribe;
  return {Cause::primary_host, phase, 0, false,
          older ? "its STATE is older than that on another server" : "its STATE says offline"};
}

}  // namespace mqfail
