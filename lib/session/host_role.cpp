// SPDX-License-Identifier: Apache-2.0
#include "session/host_role.hpp"

#include <utility>

namespace mqfail {

void HostRole::begin(AttemptId attempt, ConnectSettings& connect) {
  if (!settings_) return;
  const auto version = settings_->version == StateVersion::v2 ? StateVersion::v2 : StateVersion::v3;
  topic_ = state_topics(settings_->id, version).front();
  const StateTime time = settings_->time();
  attempts_[attempt] = {time};
  Will will;
  will.topic = topic_;
  will.payload = payload(false, time);
  will.qos = 1;
  will.retain = true;
  connect.will = std::move(will);
  connect.watched.push_back({topic_, true});
}

void HostRole::online(AttemptId attempt, Transport& transport) {
  const auto found = attempts_.find(attempt);
  if (found == attempts_.end()) return;
  found->second.live = true;
  say(attempt, true, found->second.time, transport);
}

void HostRole::heard(const Heard& heard, Transport& transport) {
  const auto found = attempts_.find(heard.attempt);
  if (found == attempts_.end() || !found->second.live || heard.topic != topic_) return;
  if (heard.too_large) return;
  const StateMessage state = read_state(heard.topic, heard.payload);
  if (state.says != StateMessage::Says::offline) return;
  say(heard.attempt, true, found->second.time, transport);
}

void HostRole::leave(AttemptId attempt, Transport& transport) {
  const auto found = attempts_.find(attempt);
  if (found == attempts_.end() || !std::exchange(found->second.live, false)) return;
  say(attempt, false, settings_->time(), transport);
}

std::string HostRole::payload(bool online, StateTime time) const {
  if (settings_->version == StateVersion::v2) return online ? "ONLINE" : "OFFLINE";
  return write_state(online, time);
}

// The acknowledgement is not waited for: the connection that loses it loses the retained message to
// the will.
void HostRole::say(AttemptId attempt, bool online, StateTime time, Transport& transport) const {
  const std::string text = payload(online, time);
  transport.publish(attempt, {topic_, text, 1, true});
  transport.flush(attempt, 0);
}

}  // namespace mqfail
