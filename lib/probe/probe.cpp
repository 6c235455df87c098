// SPDX-License-Identifier: Apache-2.0
#include "probe/probe.hpp"

#include <poll.h>
#include <sys/resource.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "session/clock.hpp"
#include "session/mailbox.hpp"
#include "session/session.hpp"
#include "transport/paho_transport.hpp"

namespace mqfail {
namespace {

// Each server takes two descriptors, so a long roster exceeds the usual soft limit of 1,024.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// All servers at the same time, each with one attempt after the other until it has answered.
class Round {
 public:
  Round(const ServerList& servers, const ProbeSettings& settings, Mailbox& mailbox)
      : settings_(settings), mailbox_(mailbox), transport_(mailbox), begin_(steady_now()) {
    reports_.reserve(servers.size());
    for (const Server& server : servers) {
      reports_.push_back({.server = server});
      const Protocol first = fixed_protocol(server, settings_.protocol).value_or(Protocol::mqtt5);
      begin(reports_.size() - 1, first);
    }
  }

  ServerReports run() {
    const TimePoint end = begin_ + settings_.time_limit;
    while (open_ > 0) {
      const Duration left = std::min(end, due_.begin()->first) - steady_now();
      pollfd bell{mailbox_.fd(), POLLIN, 0};
      poll(&bell, 1, left > Duration::zero() ? static_cast<int>(milliseconds(left)) + 1 : 0);
      for (const Event& event : mailbox_.take()) on_event(event);
      look_for_pongs();
      const TimePoint now = steady_now();
      while (!due_.empty() && (due_.begin()->first <= now || end <= now)) {
        const AttemptId late = due_.begin()->second;
        due_.erase(due_.begin());
        time_out(late);
      }
    }
    return std::move(reports_);
  }

 private:
  struct Attempt {
    std::size_t place;
    Protocol protocol;
    Phase phase = Phase::dns;
    bool waiting_for_pong = false;
    bool answered = false;
    TimePoint asked{};
  };

  void begin(std::size_t place, Protocol protocol) {
    const auto attempt = static_cast<AttemptId>(++last_);
    attempts_.emplace(attempt, Attempt{place, protocol});
    ConnectSettings connect = settings_.connect;
    connect.client_id += "-" + std::to_string(place);
    connect.connect_timeout =
        reports_[place].server.connect_timeout.value_or(settings_.connect_timeout);
    transport_.connect(attempt, reports_[place].server, connect, protocol);
    ++open_;
    due_.emplace(steady_now() + connect.connect_timeout, attempt);
  }

  void time_out(AttemptId attempt) {
    Attempt& one = attempts_.at(attempt);
    if (one.answered) return;
    ServerReport& report = reports_[one.place];
    if (!report.reason) report.reason = Reason{Cause::timeout, one.phase, 0, false, {}};
    close(attempt, one);
  }

  void close(AttemptId attempt, Attempt& one) {
    one.answered = true;
    reports_[one.place].total = steady_now() - begin_;
    --open_;
    transport_.disconnect(attempt, Duration::zero());
  }

  void on_event(const Event& event) {
    if (const auto* const reached = std::get_if<event::Reached>(&event)) {
      attempts_.at(reached->attempt).phase = reached->phase;
    } else if (const auto* const connected = std::get_if<event::Connected>(&event)) {
      connected_to(connected->attempt);
    } else if (const auto* const failed = std::get_if<event::Failed>(&event)) {
      failed_at(failed->attempt, failed->reason);
    } else if (const auto* const lost = std::get_if<event::Lost>(&event)) {
      failed_at(lost->attempt, lost->reason);
    }
  }

  void connected_to(AttemptId attempt) {
    Attempt& one = attempts_.at(attempt);
    const ConnectionFacts* const facts = transport_.facts(attempt);
    if (facts == nullptr || one.answered) return;
    reports_[one.place].facts = *facts;
    one.waiting_for_pong = true;
    one.asked = steady_now();
    transport_.ping(attempt);
    transport_.flush(attempt, 0);
  }

  void failed_at(AttemptId attempt, const Reason& reason) {
    Attempt& one = attempts_.at(attempt);
    if (one.answered) return;
    const bool again = !fixed_protocol(reports_[one.place].server, settings_.protocol) &&
                       one.protocol == Protocol::mqtt5 &&
                       verdict(reason, false, one.waiting_for_pong) == Verdict::older_protocol;
    const std::size_t place = one.place;
    if (!again) reports_[place].reason = reason;
    close(attempt, one);
    if (again) begin(place, Protocol::mqtt311);
  }

  void look_for_pongs() {
    for (auto& [attempt, one] : attempts_) {
      if (!one.waiting_for_pong || one.answered || transport_.pongs(attempt) == 0) continue;
      ServerReport& report = reports_[one.place];
      report.ping = steady_now() - one.asked;
      report.up = true;
      close(attempt, one);
    }
  }

  const ProbeSettings& settings_;
  Mailbox& mailbox_;
  PahoTransport transport_;
  const TimePoint begin_;
  ServerReports reports_;
  std::unordered_map<AttemptId, Attempt> attempts_;
  std::multimap<TimePoint, AttemptId> due_;  // every attempt that may be open
  std::uint64_t last_ = 0;
  std::size_t open_ = 0;
};

}  // namespace

Result<ServerReports> probe(const ServerList& servers, const ProbeSettings& settings) {
  raise_descriptor_limit();
  auto mailbox = Mailbox::make();
  if (!mailbox) return mailbox.error();
  // Never destroyed: the end of the program would wait for a name that does not resolve.
  auto* const round = new Round(servers, settings, *mailbox->release());
  return round->run();
}

}  // namespace mqfail
