// SPDX-License-Identifier: Apache-2.0
#include "subscribe/retained_removal.hpp"

#include <algorithm>
#include <utility>

#include "policy/reason.hpp"

namespace mqfail {
namespace {

// Unacknowledged at a time: what a 3.1.1 server, which cannot say, takes for certain (mosquitto).
constexpr std::size_t kWindow = 20;
// Waiting for room at a time; a server with more retained messages is read as fast as it forgets.
constexpr std::size_t kMostWaiting = 1000;
// As mqfail-pub's --ack-timeout.
constexpr auto kPatience = std::chrono::seconds(10);

}  // namespace

RetainedRemoval::Place* RetainedRemoval::find(AttemptId attempt) {
  const auto found = std::find_if(places_.begin(), places_.end(),
                                  [&](const Place& place) { return place.attempt == attempt; });
  return found == places_.end() ? nullptr : &*found;
}

const RetainedRemoval::Place* RetainedRemoval::find(AttemptId attempt) const {
  return const_cast<RetainedRemoval*>(this)->find(attempt);
}

void RetainedRemoval::online(AttemptId attempt, const std::string& server_id,
                             const ConnectionFacts& facts) {
  places_.push_back({attempt, server_id, std::min(facts.maximum_qos, 1),
                     std::min<std::size_t>(kWindow, facts.receive_maximum)});
}

void RetainedRemoval::offline(AttemptId attempt) {
  Place* const place = find(attempt);
  if (place == nullptr) return;
  take_answers(*place);  // what came before the end still counts
  left_ += place->unwritten.size() + place->waiting.size() + place->sent.size();
  places_.erase(places_.begin() + (place - places_.data()));
}

void RetainedRemoval::note(AttemptId attempt, std::string_view topic) {
  if (Place* const place = find(attempt)) place->unwritten.emplace_back(topic);
}

void RetainedRemoval::written() {
  for (Place& place : places_) {
    for (std::string& topic : place.unwritten) place.waiting.push_back(std::move(topic));
    place.unwritten.clear();
  }
}

std::vector<Trouble> RetainedRemoval::go_on(TimePoint now) {
  std::vector<Trouble> troubles;
  for (Place& place : places_) {
    take_answers(place);
    send(place, now);
    if (!place.sent.empty() && now - place.sent.front().at >= kPatience) {
      troubles.push_back({place.attempt, {Cause::ack_timeout, Phase::publish, 0, false, {}}});
    }
  }
  return troubles;
}

void RetainedRemoval::take_answers(Place& place) {
  if (place.sent.empty()) return;
  answers_.clear();
  transport_.take_acknowledged(place.attempt, answers_);
  for (const Acknowledged& one : answers_) {
    const auto sent = std::find_if(place.sent.begin(), place.sent.end(), [&](const Sent& each) {
      return each.packet_id == one.packet_id;
    });
    if (sent == place.sent.end()) continue;
    place.sent.erase(sent);
    if (one.code < 0x80) {
      ++removed_;
      continue;
    }
    ++left_;
    if (std::exchange(place.told, true)) continue;
    Notice notice{.name = NoticeName::warning, .level = Level::warning};
    notice.server = place.server_id;
    notice.code = one.code;
    notice.reason = "the server does not let us remove a retained message: " +
                    std::string(mqtt5_reason_name(one.code));
    announcer_.announce(notice);
  }
}

void RetainedRemoval::send(Place& place, TimePoint now) {
  bool any = false;
  while (!place.waiting.empty() && place.sent.size() < place.window) {
    const Message empty{place.waiting.front(), {}, place.qos, true};
    const auto packet_id = transport_.publish(place.attempt, empty);
    if (!packet_id) break;  // Lost is on its way
    if (place.qos > 0) {
      place.sent.push_back({*packet_id, now});
    } else {
      ++removed_;
    }
    place.waiting.pop_front();
    any = true;
  }
  if (any) transport_.flush(place.attempt, place.sent.size());
}

bool RetainedRemoval::is_full(AttemptId attempt) const {
  const Place* const place = find(attempt);
  return place != nullptr && place->unwritten.size() + place->waiting.size() >= kMostWaiting;
}

bool RetainedRemoval::is_busy() const {
  return std::any_of(places_.begin(), places_.end(),
                     [this](const Place& place) { return is_busy(place.attempt); });
}

bool RetainedRemoval::is_busy(AttemptId attempt) const {
  const Place* const place = find(attempt);
  return place != nullptr &&
         !(place->unwritten.empty() && place->waiting.empty() && place->sent.empty());
}

std::optional<TimePoint> RetainedRemoval::deadline() const {
  std::optional<TimePoint> until;
  for (const Place& place : places_) {
    if (place.sent.empty()) continue;
    const TimePoint at = place.sent.front().at + kPatience;
    until = std::min(until.value_or(at), at);
  }
  return until;
}

std::uint64_t RetainedRemoval::left() const {
  std::uint64_t count = left_;
  for (const Place& place : places_) {
    count += place.unwritten.size() + place.waiting.size() + place.sent.size();
  }
  return count;
}

}  // namespace mqfail
