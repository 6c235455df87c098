// SPDX-License-Identifier: Apache-2.0
// What a round does once it has asked: it gives the announcement to servers that have answered.
#include <string>
#include <utility>

#include "probe/round.hpp"
#include "session/clock.hpp"

namespace mqfail {

std::optional<std::vector<Publication>> Round::publish(const Message& message,
                                                       const std::vector<std::size_t>& to) {
  std::vector<Publication> results;
  std::vector<Attempt*> waiting;  // in the order of `to`; null: decided
  for (const std::size_t place : to) {
    const AttemptId attempt = current_.at(place);
    Attempt& one = attempts_.at(attempt);
    results.push_back({place, give(attempt, one, message)});
    waiting.push_back(results.back().refused ? nullptr : &one);
  }
  const TimePoint begun = steady_now();
  const TimePoint end = begun + settings_.connect_timeout;
  while (true) {
    std::size_t open = 0;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (waiting[i] == nullptr) continue;
      bool undecided = false;
      results[i].refused = outcome_at(*waiting[i], begun, end, undecided);
      if (undecided) {
        ++open;
      } else {
        waiting[i] = nullptr;
      }
    }
    if (open == 0) return results;
    if (!wait(end)) return std::nullopt;
  }
}

// Why a message was not taken, if that is known: `open` says that nothing is known yet.
std::optional<Reason> Round::outcome_at(Attempt& one, TimePoint begun, TimePoint end,
                                        bool& open) const {
  const bool mqtt5 = one.protocol == Protocol::mqtt5;
  if (one.acknowledged) {
    if (one.acknowledged->code < 0x80) return std::nullopt;
    return Reason{Cause::ack_refused, Phase::publish, one.acknowledged->code, mqtt5, {}};
  }
  if (one.lost) return one.lost;
  const TimePoint now = steady_now();
  open = now < end;
  if (open) return std::nullopt;
  const auto ms = static_cast<int>(milliseconds(now - begun));
  return Reason{Cause::ack_timeout, Phase::publish, ms, mqtt5, {}};
}

// Hands the message over; why not, if that is not possible.
std::optional<Reason> Round::give(AttemptId attempt, Attempt& one, const Message& message) {
  if (!one.open) return one.lost;
  const ServerFeatures& has = reports_[one.place].facts.features;
  const auto unfit = [&](std::string why) {
    return Reason{Cause::unfit, Phase::publish, 0, one.protocol == Protocol::mqtt5, std::move(why)};
  };
  if (message.retain && !has.retain) return unfit("the server keeps no messages");
  if (has.maximum_qos < message.qos) return unfit("the server takes QoS 0 only");
  // Topic, packet id and the lengths take less than 16 bytes more.
  const std::size_t size = message.topic.size() + message.payload.size() + 16;
  if (has.maximum_packet_size != 0 && size > has.maximum_packet_size)
    return unfit("the message is larger than the server takes");
  one.acknowledged.reset();
  ground_.transport.publish(attempt, message);
  return std::nullopt;
}

}  // namespace mqfail
