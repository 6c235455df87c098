// SPDX-License-Identifier: Apache-2.0
#include "probe/round.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <string>
#include <utility>

#include "base/number.hpp"
#include "session/clock.hpp"

namespace mqfail {
namespace {

using Say = DirectEvent;

// How long ago that is by the clock of this machine.
Duration age_of(StateTime time) {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  // A server may say any time: an age of up to 146,000 years has room.
  constexpr StateTime kMost = Duration::max().count() / 1000 / 2;
  return now - std::chrono::milliseconds(std::clamp(time, -kMost, kMost));
}

std::int64_t days_until(std::int64_t seconds) {
  // In seconds: 9999-12-31, which RFC 5280 gives for "no end", is too far away in nanoseconds.
  const auto now =
      std::chrono::ceil<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
  return std::chrono::floor<std::chrono::days>(std::chrono::seconds(seconds) - now).count();
}

ProbePhase probe_phase(Phase phase) {
  switch (phase) {
    case Phase::dns:
      return ProbePhase::dns;
    case Phase::tcp:
      return ProbePhase::tcp;
    case Phase::tls:
      return ProbePhase::tls;
    case Phase::ws:
      return ProbePhase::ws;
    case Phase::connack:
      return ProbePhase::connack;
    case Phase::subscribe:
      return ProbePhase::suback;
    case Phase::publish:
      return ProbePhase::round_trip;
  }
  return ProbePhase::connack;
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
      mark_(settings.connect.client_id + "-" + std::to_string(ground.attempts) + " "),
      cross_(settings.cross ? CrossMatrix(servers.size()) : CrossMatrix()) {
  ground_.transport.forget_names();
  ground_.transport.prepare(servers);
  begin_ = steady_now();
  reports_.reserve(servers.size());
  not_ready_ = servers.size();
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
  while ((unanswered_ > 0 || (exchanging_ && !exchange_is_over())) && !found_) {
    if (!wait(due_.empty() ? end : std::min(end, due_.begin()->first))) return false;
    const TimePoint now = steady_now();
    while (!due_.empty() && (due_.begin()->first <= now || end <= now)) {
      const AttemptId late = due_.begin()->second;
      due_.erase(due_.begin());
      time_out(late, attempts_.at(late));
    }
    if (end <= now) break;
  }
  for (std::size_t place = 0; place < reports_.size(); ++place) {
    ServerReport& report = reports_[place];
    report.asked_to_the_end = report.up || report.reason;
    if (!report.up && !cross_.empty()) cross_.leave_out(place);
  }
  return true;
}

void Round::begin(std::size_t place, Protocol protocol) {
  const auto attempt = static_cast<AttemptId>(++ground_.attempts);
  Attempt& one = attempts_[attempt];
  one.place = place;
  one.protocol = protocol;
  current_[place] = attempt;
  ConnectSettings connect = settings_.connect;
  connect.client_id += "-" + std::to_string(place);
  connect.connect_timeout =
      reports_[place].server.connect_timeout.value_or(settings_.connect_timeout);
  ++unanswered_;
  TimePoint due = steady_now() + connect.connect_timeout;
  if (settings_.cross) due = std::min(due, begin_ + settings_.time_limit / 2);
  due_.emplace(due, attempt);
  ground_.transport.connect(attempt, reports_[place].server, connect, protocol);
}

// False if it was interrupted.
bool Round::wait(TimePoint until) {
  const bool whole = ground_.transport.turn(until, ground_.interrupt_fd);
  for (const DirectEvent& event : ground_.transport.take_events()) on_event(event);
  return whole;
}

void Round::on_event(const DirectEvent& event) {
  const auto found = attempts_.find(event.attempt);
  if (found == attempts_.end()) return;  // of an earlier round
  Attempt& one = found->second;
  if (const auto* const reached = std::get_if<Say::Reached>(&event.what)) {
    one.phase = probe_phase(reached->phase);
  } else if (std::holds_alternative<Say::Connected>(event.what)) {
    connected_to(event.attempt, one, event);
  } else if (std::holds_alternative<Say::Subscribed>(event.what)) {
    subscribed_at(event.attempt, one, event);
  } else if (std::holds_alternative<Say::Ponged>(event.what)) {
    if (std::exchange(one.alive, true)) return;
    note(one, ProbePhase::ping, event.at - one.asked);
    go_on(event.attempt, one);
  } else if (std::holds_alternative<Say::PublishDone>(event.what)) {
    acknowledged_at(event.attempt, one, event);
  } else if (std::holds_alternative<Say::Heard>(event.what)) {
    heard_at(event.attempt, one, event);
  } else {
    failed_at(event.attempt, one, event);
  }
}

void Round::connected_to(AttemptId attempt, Attempt& one, const DirectEvent& event) {
  if (one.answered) return;
  ServerReport& report = reports_[one.place];
  report.facts = *std::get<Say::Connected>(event.what).facts;
  const DirectFacts& facts = report.facts;
  report.times = {facts.dns, facts.tcp, facts.tls, facts.ws, facts.connack};
  if (facts.peer.expires) report.certificate_days = days_until(*facts.peer.expires);
  one.connected = true;
  one.asked = steady_now();
  std::vector<std::string> filters = host_topics_;
  if (!settings_.topic.empty()) filters.push_back(settings_.topic);
  if (filters.empty()) return ping(attempt, one);
  one.phase = ProbePhase::suback;
  ground_.transport.subscribe(attempt, filters, std::min(1, facts.features.maximum_qos));
}

void Round::ping(AttemptId attempt, Attempt& one) {
  one.phase = ProbePhase::ping;
  one.asked = steady_now();
  ground_.transport.ping(attempt);
}

void Round::subscribed_at(AttemptId attempt, Attempt& one, const DirectEvent& event) {
  if (one.answered) return;
  note(one, ProbePhase::suback, event.at - one.asked);
  for (const int code : std::get<Say::Subscribed>(event.what).codes) {
    if (code < 0x80) continue;
    const bool mqtt5 = one.protocol == Protocol::mqtt5;
    return fail(attempt, one, {Cause::suback, Phase::subscribe, code, mqtt5, {}},
                ProbePhase::suback);
  }
  ping(attempt, one);
}

// The pong has to come; then the host must be there, and then the message.
void Round::go_on(AttemptId attempt, Attempt& one) {
  if (one.answered || !one.alive) return;
  if (!host_topics_.empty() && !judge_host(attempt, one)) return;
  if (settings_.topic.empty()) return settle(attempt, one, true);
  if (one.published != TimePoint()) return;
  one.phase = ProbePhase::puback;
  if (!settings_.cross) return send_own(attempt, one);
  --not_ready_;
  one.ready = steady_now();
  one.published = TimePoint::max();  // it waits for the others
  exchange_if_all_are_ready();
}

// The message of a server is told from all others by the place in it.
void Round::send_own(AttemptId attempt, Attempt& one) {
  const std::string payload = mark_ + std::to_string(one.place);
  const int qos = std::min(1, reports_[one.place].facts.features.maximum_qos);
  one.published = steady_now();
  if (settings_.cross) one.waited = one.published - one.ready;
  one.phase = qos > 0 ? ProbePhase::puback : ProbePhase::round_trip;
  one.packet = ground_.transport.publish(
      attempt, {.topic = settings_.topic, .payload = payload, .qos = qos});
}

void Round::acknowledged_at(AttemptId attempt, Attempt& one, const DirectEvent& event) {
  const Acknowledged its = std::get<Say::PublishDone>(event.what).acknowledged;
  if (one.answered || one.packet == 0 || its.packet_id != one.packet) {
    one.acknowledged = its;
    return;
  }
  one.packet = 0;
  note(one, ProbePhase::puback, event.at - one.published);
  one.phase = ProbePhase::round_trip;
  if (its.code >= 0x80) {
    const bool mqtt5 = one.protocol == Protocol::mqtt5;
    return fail(attempt, one, {Cause::ack_refused, Phase::publish, its.code, mqtt5, {}},
                ProbePhase::puback);
  }
  if (reports_[one.place].time(ProbePhase::round_trip)) settle(attempt, one, true);
}

// What is retained comes before the pong, as a rule. Where 3.0 says something, 2.2 does not count.
void Round::heard_at(AttemptId attempt, Attempt& one, const DirectEvent& event) {
  const auto& heard = std::get<Say::Heard>(event.what);
  if (std::find(host_topics_.begin(), host_topics_.end(), heard.topic) != host_topics_.end()) {
    const StateMessage state = read_state(heard.topic, heard.payload);
    if (!one.heard || state.v3 || !one.heard->v3) one.heard = state;
    go_on(attempt, one);
  }
  if (heard.topic != settings_.topic || !heard.payload.starts_with(mark_)) return;
  const auto from = parse_number<std::size_t>(std::string_view(heard.payload).substr(mark_.size()));
  if (!from || *from >= reports_.size()) return;
  take_arrival(one.place, *from, event.at);
  if (*from != one.place || one.answered || reports_[one.place].time(ProbePhase::round_trip))
    return;
  note(one, ProbePhase::round_trip, event.at - one.published);
  if (one.packet == 0) settle(attempt, one, true);
}

void Round::take_arrival(std::size_t place, std::size_t from, TimePoint at) {
  if (!exchanging_) return;
  CrossMatrix::Cell& cell = cross_.at(from, place);
  if (cell.outcome != CrossMatrix::Outcome::missing) return;
  cell.outcome = CrossMatrix::Outcome::arrived;
  cell.time = at - attempts_.at(current_.at(from)).published;
  --awaited_;
}

// With --cross nothing is sent before every server hears us, or a message could be missed.
void Round::exchange_if_all_are_ready() {
  if (!settings_.cross || exchanging_ || not_ready_ > 0) return;
  exchanging_ = true;
  std::vector<AttemptId> ready;
  for (const auto& [place, attempt] : current_) {
    if (!attempts_.at(attempt).answered) ready.push_back(attempt);
  }
  const TimePoint due =
      std::min(steady_now() + settings_.connect_timeout, begin_ + settings_.time_limit);
  for (const AttemptId from : ready) {
    for (const AttemptId to : ready) {
      cross_.at(attempts_.at(from).place, attempts_.at(to).place).outcome =
          CrossMatrix::Outcome::missing;
    }
  }
  awaited_ = ready.size() * ready.size();
  std::erase_if(due_, [&](const auto& one) { return !attempts_.at(one.second).answered; });
  for (const AttemptId attempt : ready) {
    send_own(attempt, attempts_.at(attempt));
    due_.emplace(due, attempt);
  }
}

bool Round::exchange_is_over() const {
  return awaited_ == 0 || due_.empty();
}

void Round::failed_at(AttemptId attempt, Attempt& one, const DirectEvent& event) {
  const auto& ended = std::get<Say::Ended>(event.what);
  if (one.answered) {
    one.lost = ended.reason;
    leave(attempt, one);
    return;
  }
  if (!one.connected) {
    ServerReport& report = reports_[one.place];
    report.facts = *ended.facts;
    report.times = {report.facts.dns, report.facts.tcp, report.facts.tls, report.facts.ws};
    if (report.facts.peer.expires) report.certificate_days = days_until(*report.facts.peer.expires);
  }
  const bool again = !fixed_protocol(reports_[one.place].server, settings_.protocol) &&
                     one.protocol == Protocol::mqtt5 &&
                     verdict(ended.reason, false, one.connected) == Verdict::older_protocol;
  if (!again)
    return fail(attempt, one, ended.reason,
                one.connected ? one.phase : probe_phase(ended.reason.phase));
  const std::size_t place = one.place;
  one.answered = true;
  --unanswered_;
  leave(attempt, one);
  begin(place, Protocol::mqtt311);
}

// True if the host is online.
bool Round::judge_host(AttemptId attempt, Attempt& one) {
  using Says = StateMessage::Says;
  ServerReport& report = reports_[one.place];
  if (!one.heard || one.heard->says == Says::unknown) {
    if (!report.state) {
      std::erase_if(due_, [attempt](const auto& each) { return each.second == attempt; });
      TimePoint due = one.asked + settings_.primary_host.patience;
      if (settings_.cross) due = std::min(due, begin_ + settings_.time_limit / 2);  // others wait
      due_.emplace(due, attempt);
    }
    report.state = StateMessage{};  // none yet
    return false;
  }
  report.state = one.heard;
  if (report.state->time) report.state_age = age_of(*report.state->time);
  if (report.state->says == Says::online) return true;
  fail(
      attempt, one,
      {Cause::primary_host, Phase::subscribe, 0, false,
       report.state->says == Says::offline ? "its STATE says offline" : "its STATE cannot be read"},
      ProbePhase::suback);
  return false;
}

void Round::time_out(AttemptId attempt, Attempt& one) {
  if (one.answered || one.published == TimePoint::max()) return;
  ServerReport& report = reports_[one.place];
  if (report.state && report.state->says != StateMessage::Says::online) {
    const auto ms = static_cast<int>(milliseconds(steady_now() - one.asked));
    return fail(attempt, one, {Cause::primary_host, Phase::subscribe, ms, false, {}},
                ProbePhase::suback);
  }
  const Phase phase = one.phase <= ProbePhase::connack ? static_cast<Phase>(one.phase)
                      : one.phase <= ProbePhase::ping  ? Phase::subscribe
                                                       : Phase::publish;
  fail(attempt, one, {Cause::timeout, phase, 0, false, {}}, one.phase);
}

void Round::fail(AttemptId attempt, Attempt& one, Reason reason, ProbePhase phase) {
  ServerReport& report = reports_[one.place];
  report.reason = std::move(reason);
  report.phase = phase;
  settle(attempt, one, false);
}

void Round::settle(AttemptId attempt, Attempt& one, bool up) {
  const bool was_ready = one.published != TimePoint();
  one.answered = true;
  reports_[one.place].up = up;
  reports_[one.place].total = steady_now() - begin_ - one.waited;
  --unanswered_;
  found_ = found_ || (up && settings_.first);
  const bool hears = up && settings_.cross;  // what the others publish
  if (!hears && !(up && keep_)) leave(attempt, one);
  if (settings_.cross && !up && !was_ready) {
    --not_ready_;
    exchange_if_all_are_ready();
  }
}

void Round::leave(AttemptId attempt, Attempt& one) {
  if (std::exchange(one.open, false)) ground_.transport.leave(attempt);
}

}  // namespace mqfail
