// SPDX-License-Identifier: Apache-2.0
#include "subscribe/novelty.hpp"

#include <algorithm>
#include <utility>

#include "policy/session_keeper.hpp"

namespace mqfail {

Novelty::Feed Novelty::online(const Server& server, const ConnectionFacts& facts, TimePoint now) {
  Feed feed;
  feed.first = !std::exchange(any_, true);
  // Every message that is published after the SUBSCRIBE comes through this connection, too.
  if (settings_.several_servers) {
    feed.place = copies_.join(server.id, facts.subscribed_at, facts.session_present);
    feed.since = facts.subscribed_at;
    feed.in_step = feed.first;
  }
  if (settings_.kept_sessions) {
    feed.visit = kept_.join(session_keeper(server), facts.session_present, now);
    if (const std::size_t place = feed.visit.place; place != KeptCopies::kNoPlace) {
      redelivered_.resize(std::max(redelivered_.size(), place + 1));
      if (!facts.session_present) redelivered_[place].forget();
    }
  }
  if (facts.identifiers != 0) {
    feed.overlap = std::make_shared<Overlap>(facts.identifiers, settings_.window);
  }
  return feed;
}

void Novelty::offline(Feed& feed) {
  copies_.leave(std::exchange(feed.place, Copies::kNoPlace));
  kept_.leave(feed.visit);
}

void Novelty::blocked(Feed& feed, TimePoint now) {
  copies_.blocked(now);
  if (feed.overlap) feed.overlap->blocked(now);
}

void Novelty::resumed(Feed& feed, TimePoint now) {
  copies_.resumed(now);
  KeptCopies::resumed(feed.visit, now);
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
    feed.in_step = copies_.has_copy(feed.place, identity_.both, now);
  }
  return !feed.in_step;
}

void Novelty::digest(const Message& message) {
  const Digest topic = digester_(message.topic);
  const Digest payload = digester_(message.payload);
  // Crosswise, or equal topic and payload would cancel out.
  identity_ = {topic,
               payload,
               {topic.first ^ payload.second, topic.second ^ payload.first},
               message.payload.empty()};
}

bool Novelty::is_redelivered(const Message& message, const Feed& feed) {
  return feed.visit.place != KeptCopies::kNoPlace && message.qos > 0 &&
         redelivered_[feed.visit.place].is_again(message, identity_.both);
}

// Whether a server keeps such a message for a session that is away. What a SUBSCRIBE brings is told
// apart by last_printed_.
bool Novelty::may_be_kept(const Message& message) const {
  return settings_.kept_sessions && servers_ > 1 && message.qos > 0 &&
         (!message.retain || settings_.retain_as_published);
}

Novelty::News Novelty::judge(const Message& message, Feed& feed, TimePoint now) {
  numbered_ = message.number != 0;
  counts_ = false;
  verdict_ = {};
  if (numbered_) return judge_number(message, feed, now);
  const bool apart = feed.overlap && message.subscription != 0;
  const bool kept = may_be_kept(message);
  if (!apart && !settings_.kept_sessions && !settings_.several_servers &&
      !settings_.hold_back_unchanged) {
    return News::fresh;
  }
  digest(message);
  if (is_redelivered(message, feed)) {
    ++copies_seen_;
    return News::known;
  }
  // Filters first, so that among several servers each counts a message once.
  if (apart && feed.overlap->is_copy(message.subscription, identity_.both, now)) {
    ++copies_seen_;
    return News::known;
  }
  if (settings_.several_servers && copies_.is_copy(feed.place, identity_.both, now)) {
    ++copies_seen_;
    return News::known;
  }
  if (kept) {
    return judge_kept(message.duplicate ? KeptCopies::Kind::repeated : KeptCopies::Kind::plain,
                      feed, now);
  }
  if (message.retain && !feed.first && settings_.hold_back_unchanged &&
      last_printed_.is(identity_.topic, identity_.payload)) {
    ++unchanged_;
    return News::known;
  }
  return News::fresh;
}

Novelty::News Novelty::judge_number(const Message& message, Feed& feed, TimePoint now) {
  verdict_ = sequences_.judge(message.publisher, message.number, message.retain);
  const bool again = verdict_.kind == SequenceTracker::Verdict::Kind::duplicate;
  if (again) ++copies_seen_;
  const bool kept = may_be_kept(message);
  if (kept || settings_.hold_back_unchanged) digest(message);
  if (again && settings_.numbers) {
    if (kept) kept_.brought(feed.visit, identity_.both);
    return News::known;
  }
  // It needs no counting among others with numbers, and it is not an old message even if it equals
  // the last one.
  return kept ? judge_kept(KeptCopies::Kind::numbered, feed, now) : News::fresh;
}

Novelty::News Novelty::judge_kept(KeptCopies::Kind kind, Feed& feed, TimePoint now) {
  switch (kept_.judge(feed.visit, identity_.both, kind, now)) {
    case KeptCopies::Answer::copy:
      ++copies_seen_;
      return News::known;
    case KeptCopies::Answer::candidate:
      return News::doubtful;
    case KeptCopies::Answer::behind:
      return News::behind;
    case KeptCopies::Answer::fresh:
      counts_ = true;
      break;
    case KeptCopies::Answer::again:
      break;
  }
  return News::fresh;
}

std::optional<Novelty::News> Novelty::take_fate(Feed& feed) {
  const auto copies = KeptCopies::take_fate(feed.visit);
  if (!copies) return std::nullopt;
  copies_seen_ += *copies;
  return *copies == 0 ? News::fresh : News::known;
}

void Novelty::printed(const Feed& feed, TimePoint now) {
  if (settings_.several_servers && !numbered_) {
    copies_.printed(feed.place, identity_.both, now);
    counted_at_ = now;
  }
  if (counts_) {
    const auto kind = numbered_ ? KeptCopies::Kind::numbered : KeptCopies::Kind::plain;
    kept_.printed(feed.visit, identity_.both, kind, now);
  }
  note_last(identity_);
}

void Novelty::printed_after_all(const Identity& identity, const Feed& feed, bool in_doubt,
                                TimePoint now) {
  kept_.printed(feed.visit, identity.both, KeptCopies::Kind::plain, now, in_doubt);
  note_last(identity);
}

void Novelty::note_last(const Identity& identity) {
  if (settings_.hold_back_unchanged && !(settings_.removes && identity.empty)) {
    last_printed_.printed(identity.topic, identity.payload);
  }
}

}  // namespace mqfail
