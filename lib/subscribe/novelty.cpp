// SPDX-License-Identifier: Apache-2.0
#include "subscribe/novelty.hpp"

#include <utility>

namespace mqfail {

Novelty::Feed Novelty::online(const std::string& server_id, const ConnectionFacts& facts) {
  Feed feed;
  feed.first = !std::exchange(any_, true);
  // Every message that is published after the SUBSCRIBE comes through this connection, too.
  if (settings_.several_servers) {
    feed.place = copies_.join(server_id, facts.subscribed_at, facts.session_present);
    feed.since = facts.subscribed_at;
    feed.in_step = feed.first;
  }
  if (facts.identifiers != 0) {
    feed.overlap = std::make_shared<Overlap>(facts.identifiers, settings_.window);
  }
  return feed;
}

void Novelty::offline(const Feed& feed) {
  copies_.leave(feed.place);
}

void Novelty::resumed(const Feed& feed, TimePoint now) {
  copies_.resumed(now);
  if (feed.overlap) feed.overlap->resumed(now);
}

bool Novelty::is_ahead(const Message& message, Feed& feed, TimePoint now) {
  if (!settings_.several_servers) return false;
  if (message.number != 0) return sequences_.opens_hole(message.publisher, message.number);
  if (feed.in_step) return false;
  const TimePoint margin = feed.since - Copies::kSkew;
  feed.in_step = now > feed.since + Copies::kSkew || counted_at_ < margin;
  if (!feed.in_step) {
    digest(message);
    feed.in_step = copies_.has_copy(feed.place, both_, now);
  }
  return !feed.in_step;
}

void Novelty::digest(const Message& message) {
  topic_ = digester_(message.topic);
  payload_ = digester_(message.payload);
  // Crosswise, or equal topic and payload would cancel out.
  both_ = {topic_.first ^ payload_.second, topic_.second ^ payload_.first};
}

bool Novelty::is_new(const Message& message, const Feed& feed, TimePoint now) {
  numbered_ = message.number != 0;
  empty_ = message.payload.empty();
  verdict_ = {};
  if (numbered_) {
    verdict_ = sequences_.judge(message.publisher, message.number, message.retain);
    const bool again = verdict_.kind == SequenceTracker::Verdict::Kind::duplicate;
    if (again) ++copies_seen_;
    if (again && settings_.numbers) return false;
    // It needs no counting, and it is not an old message even if it equals the last one.
    if (settings_.hold_back_unchanged) digest(message);
    return true;
  }
  const bool apart = feed.overlap && message.subscription != 0;
  if (!apart && !settings_.several_servers && !settings_.hold_back_unchanged) return true;
  digest(message);
  // Filters first, so that among several servers each counts a message once.
  if (apart && feed.overlap->is_copy(message.subscription, both_, now)) {
    ++copies_seen_;
    return false;
  }
  if (settings_.several_servers && copies_.is_copy(feed.place, both_, now)) {
    ++copies_seen_;
    return false;
  }
  if (message.retain && !feed.first && settings_.hold_back_unchanged &&
      last_printed_.is(topic_, payload_)) {
    ++unchanged_;
    return false;
  }
  return true;
}

void Novelty::printed(const Feed& feed, TimePoint now) {
  if (settings_.several_servers && !numbered_) {
    copies_.printed(feed.place, both_, now);
    counted_at_ = now;
  }
  if (settings_.hold_back_unchanged && !(settings_.removes && empty_)) {
    last_printed_.printed(topic_, payload_);
  }
}

}  // namespace mqfail
