// SPDX-License-Identifier: Apache-2.0
#include "probe/round.hpp"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "session/clock.hpp"

namespace mqfail {
namespace {

// How long ago that is by the clock of this machine.
Duration age_of(StateTime time) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<Duration>(now) - std::chrono::milliseconds(time);
}

}  // namespace

Round::Round(const ServerList& servers, const ProbeSettings& settings, RoundGround& ground,
             bool keep)
    : settings_(settings),
      host_topics_(settings.primary_host.id.empty()
                       ? std::vector<std::string>()
                       : state_topics(settings.primary_host.id, settings.primary_host.version)),
      ground_(ground),
      keep_(keep),
      begin_(steady_now()) {
  reports_.reserve(servers.size());
  for (const Server& server : servers) {
    reports_.push_back({.server = server});
    const Protocol first = fixed_protocol(server, settings_.protocol).value_or(Protocol::mqtt5);
    begin(reports_.size() - 1, first);
  }
}

Round::~Round() {
  for (auto& [attempt, one] : attempts_) leave(attempt, one);
}

bool Round::ask() {
  const TimePoint end = begin_ + settings_.time_limit;
  while (unanswered_ > 0) {
    if (!wait(std::min(end, due_.begin()->first))) return false;
    look_for_pongs();
    hear();
    const TimePoint now = steady_now();
    while (!due_.empty() && (due_.begin()->first <= now || end <= now)) {
      const AttemptId late = due_.begin()->second;
      due_.erase(due_.begin());
      time_out(late);
    }
  }
  return true;
}

std::optional<std::vector<Publication>> Round::publish(const Message& message,
                                                       const std::vector<std::size_t>& to) {
  std::vector<Publication> results;
  std::vector<Attempt*> waiting;  // in the order of `to`; null: decided
  for (const std::size_t place : to) {
    const AttemptId attempt = kept_.at(place);
    Attempt& one = attempts_.at(attempt);
    results.push_back({place, give(attempt, one, message)});
    waiting.push_back(results.back().refused ? nullptr : &one);
  }
  const TimePoint begun = steady_now();
  const TimePoint end = begun + settings_.connect_timeout;
  std::vector<Acknowledged> arrived;
  while (true) {
    std::size_t open = 0;
    const TimePoint now = steady_now();
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (waiting[i] == nullptr) continue;
      Attempt& one = *waiting[i];
      if (one.open) {
        arrived.clear();
        ground_.transport.take_acknowledged(kept_.at(results[i].place), arrived);
        if (!arrived.empty()) one.acknowledged = arrived.front();
      }
      const bool mqtt5 = one.protocol == Protocol::mqtt5;
      if (one.acknowledged && one.acknowledged->code >= 0x80) {
        results[i].refused =
            Reason{Cause::ack_refused, Phase::publish, one.acknowledged->code, mqtt5, {}};
      } else if (!one.acknowledged && one.lost) {
        results[i].refused = one.lost;
      } else if (!one.acknowledged && now >= end) {
        const auto ms = static_cast<int>(milliseconds(now - begun));
        results[i].refused = Reason{Cause::ack_timeout, Phase::publish, ms, mqtt5, {}};
      } else if (!one.acknowledged) {
        ++open;
        continue;
      }
      waiting[i] = nullptr;
    }
    if (open == 0) return results;
    if (!wait(end)) return std::nullopt;
  }
}

// Hands the message over; why not, if that is not possible.
std::optional<Reason> Round::give(AttemptId attempt, Attempt& one, const Message& message) {
  if (!one.open) return one.lost;
  const ConnectionFacts& facts = reports_[one.place].facts;
  const auto unfit = [&](std::string why) {
    return Reason{Cause::unfit, Phase::publish, 0, one.protocol == Protocol::mqtt5, std::move(why)};
  };
  if (message.retain && !facts.retain_available) return unfit("the server keeps no messages");
  if (facts.maximum_qos < message.qos) return unfit("the server takes QoS 0 only");
  // Topic, packet id and the lengths take less than 16 bytes more.
  const std::size_t size = message.topic.size() + message.payload.size() + 16;
  if (facts.maximum_packet_size != 0 && size > facts.maximum_packet_size)
    return unfit("the message is larger than the server takes");
  one.packet = ground_.transport.publish(attempt, message);
  if (!one.packet) return Reason{Cause::closed, Phase::publish, 0, false, {}};
  ground_.transport.flush(attempt, 1);
  return std::nullopt;
}

void Round::begin(std::size_t place, Protocol protocol) {
  const auto attempt = static_cast<AttemptId>(++ground_.attempts);
  Attempt& one = attempts_[attempt];
  one.place = place;
  one.protocol = protocol;
  ConnectSettings connect = settings_.connect;
  connect.client_id += "-" + std::to_string(place);
  connect.connect_timeout =
      reports_[place].server.connect_timeout.value_or(settings_.connect_timeout);
  for (const std::string& topic : host_topics_) connect.watched.push_back({topic, true});
  ground_.transport.connect(attempt, reports_[place].server, connect, protocol);
  ++unanswered_;
  due_.emplace(steady_now() + connect.connect_timeout, attempt);
}

// False if it was interrupted.
bool Round::wait(TimePoint until) {
  const Duration left = until - steady_now();
  pollfd fds[] = {{ground_.mailbox.fd(), POLLIN, 0}, {ground_.interrupt_fd, POLLIN, 0}};
  poll(fds, 2, left > Duration::zero() ? static_cast<int>(milliseconds(left)) + 1 : 0);
  if ((fds[1].revents & POLLIN) != 0) return false;
  for (const Event& event : ground_.mailbox.take()) on_event(event);
  return true;
}

void Round::on_event(const Event& event) {
  if (const auto* const reached = std::get_if<event::Reached>(&event)) {
    if (Attempt* const one = find(reached->attempt)) one->phase = reached->phase;
  } else if (const auto* const connected = std::get_if<event::Connected>(&event)) {
    connected_to(connected->attempt);
  } else if (const auto* const failed = std::get_if<event::Failed>(&event)) {
    failed_at(failed->attempt, failed->reason);
  } else if (const auto* const lost = std::get_if<event::Lost>(&event)) {
    failed_at(lost->attempt, lost->reason);
  }
}

// Null for one of an earlier round.
Round::Attempt* Round::find(AttemptId attempt) {
  const auto found = attempts_.find(attempt);
  return found == attempts_.end() ? nullptr : &found->second;
}

void Round::connected_to(AttemptId attempt) {
  Attempt* const one = find(attempt);
  const ConnectionFacts* const facts = ground_.transport.facts(attempt);
  if (one == nullptr || facts == nullptr || one->answered) return;
  reports_[one->place].facts = *facts;
  one->waiting_for_pong = true;
  one->asked = steady_now();
  ground_.transport.ping(attempt);
  ground_.transport.flush(attempt, 0);
}

void Round::failed_at(AttemptId attempt, const Reason& reason) {
  Attempt* const one = find(attempt);
  if (one == nullptr) return;
  if (one->answered) {
    one->lost = reason;
    leave(attempt, *one);
    return;
  }
  const bool again = !fixed_protocol(reports_[one->place].server, settings_.protocol) &&
                     one->protocol == Protocol::mqtt5 &&
                     verdict(reason, false, one->waiting_for_pong) == Verdict::older_protocol;
  const std::size_t place = one->place;
  if (!again) reports_[place].reason = reason;
  settle(attempt, *one, false);
  if (again) begin(place, Protocol::mqtt311);
}

void Round::look_for_pongs() {
  for (auto& [attempt, one] : attempts_) {
    if (!one.waiting_for_pong || one.answered || ground_.transport.pongs(attempt) == 0) continue;
    if (std::exchange(one.alive, true)) continue;
    ServerReport& report = reports_[one.place];
    report.ping = steady_now() - one.asked;
    if (!host_topics_.empty()) {
      report.state = StateMessage{};  // none yet
      due_.emplace(one.asked + settings_.primary_host.patience, attempt);
      continue;
    }
    report.up = true;
    settle(attempt, one, keep_);
  }
}

// What is retained comes before the pong, as a rule. Where 3.0 says something, 2.2 does not count.
void Round::hear() {
  for (const Heard& heard : ground_.mailbox.take_heard()) {
    if (Attempt* const one = find(heard.attempt)) {
      auto& known = one->heard;
      const StateMessage state = read_state(heard.topic, heard.payload);
      if (!known || state.v3 || !known->v3) known = state;
    }
  }
  for (auto& [attempt, one] : attempts_) {
    if (one.alive && !one.answered) judge_host(attempt, one);
  }
}

void Round::judge_host(AttemptId attempt, Attempt& one) {
  using Says = StateMessage::Says;
  if (!one.heard || one.heard->says == Says::unknown) return;
  ServerReport& report = reports_[one.place];
  report.state = one.heard;
  if (report.state->time) report.state_age = age_of(*report.state->time);
  report.up = report.state->says == Says::online;
  if (!report.up) {
    report.reason = Reason{Cause::primary_host, Phase::subscribe, 0, false,
                           report.state->says == Says::offline ? "its STATE says offline"
                                                               : "its STATE cannot be read"};
  }
  settle(attempt, one, keep_ && report.up);
}

void Round::time_out(AttemptId attempt) {
  Attempt& one = attempts_.at(attempt);
  if (one.answered) return;
  ServerReport& report = reports_[one.place];
  if (!report.reason && one.alive) {
    const auto ms = static_cast<int>(milliseconds(steady_now() - one.asked));
    report.reason = Reason{Cause::primary_host, Phase::subscribe, ms, false, {}};
  }
  if (!report.reason) report.reason = Reason{Cause::timeout, one.phase, 0, false, {}};
  settle(attempt, one, false);
}

void Round::settle(AttemptId attempt, Attempt& one, bool keep) {
  one.answered = true;
  reports_[one.place].total = steady_now() - begin_;
  --unanswered_;
  if (keep) {
    kept_[one.place] = attempt;
  } else {
    leave(attempt, one);
  }
}

void Round::leave(AttemptId attempt, Attempt& one) {
  if (std::exchange(one.open, false)) ground_.transport.disconnect(attempt, Duration::zero());
}

}  // namespace mqfail
