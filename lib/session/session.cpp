// SPDX-License-Identifier: Apache-2.0
#include "session/session.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <string_view>
#include <utility>
#include <variant>

#include "base/number.hpp"
#include "policy/protocol_name.hpp"

namespace mqfail {
namespace {

void explain(Notice& notice, const Reason& reason) {
  notice.phase = std::string(name(reason.phase));
  if (reason.code != 0) notice.code = reason.code;
  notice.reason = describe(reason);
  notice.text = reason.text;
}

std::uint64_t number(AttemptId attempt) {
  return static_cast<std::uint64_t>(attempt);
}

// Which attempts are not for the live connection.
void tell_role(Notice& notice, Role role) {
  if (role == Role::standby) notice.more.emplace_back("role", std::string("standby"));
  if (role == Role::probe) notice.more.emplace_back("role", std::string("probe"));
}

Duration time_of(const ConnectionFacts& facts) {
  return facts.dns + facts.tcp + facts.tls + facts.ws + facts.connack;
}

}  // namespace

Session::Session(SessionSettings settings, Failover failover, Transport& transport,
                 Mailbox& mailbox, Work& work, Announcer& announcer, TimePoint started)
    : settings_(std::move(settings)),
      failover_(std::move(failover)),
      transport_(transport),
      mailbox_(mailbox),
      work_(work),
      announcer_(announcer),
      started_(started) {}

int Session::run() {
  list_servers();
  step(event::Started{}, steady_now());
  while (!ending_) wait(turn(steady_now()));
  const TimePoint now = steady_now();
  Notice exit{.name = NoticeName::exit};
  const int status = work_.finish(*ending_, reached_, now, exit);
  step(event::Stopped{}, now);
  // A policy that gave up has stopped by itself; what is live still is left in good order.
  for (const Live& one : live_) transport_.disconnect(one.attempt, settings_.leave_patience);
  exit.more.insert(exit.more.begin(), {"exit", std::int64_t{status}});
  if (open_gaps_ != 0) exit.more.emplace_back("gaps", open_gaps_);
  if (status != 0) exit.level = Level::error;
  announcer_.announce(exit);
  return status;
}

std::optional<TimePoint> Session::turn(TimePoint now) {
  for (const Event& event : mailbox_.take()) step(event, now);
  if (const auto due = failover_.deadline(); due && *due <= now) step(event::Ticked{}, now);
  if (!ending_ && settings_.documents != nullptr && settings_.documents->changed(now)) reload(now);
  if (!ending_) pump(now);
  if (!ending_ && settings_.run_for && now >= started_ + *settings_.run_for) {
    end({Ending::How::timed_out, ErrorKind::unavailable, 0});
  }
  std::optional<TimePoint> until = failover_.deadline();
  const auto sooner = [&until](std::optional<TimePoint> other) {
    if (other && (!until || *other < *until)) until = other;
  };
  sooner(work_.deadline());
  if (settings_.documents != nullptr) sooner(settings_.documents->deadline());
  if (settings_.run_for) sooner(started_ + *settings_.run_for);
  return until;
}

void Session::pump(TimePoint now) {
  for (Trouble& trouble : work_.pump(now)) lose(std::move(trouble), now);
  if (work_.done()) end({});
}

void Session::wait(std::optional<TimePoint> until) {
  if (ending_) return;
  DocumentWatch* const documents = settings_.documents;
  std::vector<pollfd> fds{{mailbox_.fd(), POLLIN, 0},
                          {settings_.signal_fd, POLLIN, 0},
                          {documents == nullptr ? -1 : documents->fd(), POLLIN, 0}};
  const std::size_t own = fds.size();
  work_.poll_fds(fds);
  timespec timeout{};
  if (until) {
    const auto left = std::max(*until - steady_now(), Duration::zero());
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    timeout.tv_sec = seconds.count();
    timeout.tv_nsec = std::chrono::duration_cast<std::chrono::nanoseconds>(left - seconds).count();
  }
  if (ppoll(fds.data(), fds.size(), until ? &timeout : nullptr, nullptr) <= 0) return;
  work_.on_poll(fds.data() + own, fds.size() - own);
  if (fds[2].revents != 0) documents->on_poll(steady_now());
  if (fds[1].revents != 0) signalled(steady_now());
}

void Session::signalled(TimePoint now) {
  signalfd_siginfo info{};
  if (read(settings_.signal_fd, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return;
  const int signal = static_cast<int>(info.ssi_signo);
  if (signal == SIGUSR1) {
    step(event::Hurried{}, now);
  } else if (signal == SIGHUP && !(settings_.hangup_ends && settings_.hangup_ends())) {
    reload(now);
  } else if (signal == SIGHUP && signals_ != 0) {
    // A terminal that goes says it twice, by itself and through its shell: that is no impatience.
  } else if (++signals_ == 1) {
    work_.stop(now);
  } else {
    end({Ending::How::interrupted, ErrorKind::unavailable, signal});
  }
}

void Session::reload(TimePoint now) {
  if (!settings_.reload) return;
  auto servers = settings_.reload();
  if (servers) {
    step(event::ListChanged{std::move(*servers)}, now);
  } else {
    announcer_.announce({.name = NoticeName::warning,
                         .level = Level::warning,
                         .reason = "the servers stay as they are: " + servers.error().message});
  }
}

void Session::list_servers() {
  std::vector<const Server*> servers;
  for (const ServerIndex index : failover_.roster()) servers.push_back(&failover_.server(index));
  work_.listed(servers);
}

void Session::end(Ending ending) {
  if (!ending_) ending_ = ending;
}

void Session::step(const Event& event, TimePoint now) {
  // The policy forgets an attempt with its Lost; the connection's place is cleared by TellLost.
  const Actions actions = failover_.step(event, now);
  if (settings_.trace) settings_.trace(event, now, actions, failover_);
  for (const Action& action : actions) {
    std::visit([this, now](const auto& one) { carry_out(one, now); }, action);
  }
  for (Trouble& trouble : std::exchange(unfit_, {})) lose(std::move(trouble), now);
}

void Session::lose(Trouble trouble, TimePoint now) {
  step(event::Lost{trouble.attempt, std::move(trouble.reason)}, now);
}

Session::LiveList::iterator Session::find(AttemptId attempt) {
  return std::find_if(live_.begin(), live_.end(),
                      [&](const Live& one) { return one.attempt == attempt; });
}

Notice Session::about(NoticeName name, ServerIndex index) const {
  const Server& server = failover_.server(index);
  Notice notice{.name = name};
  notice.server = server.id;
  notice.uri = redacted_uri(server);
  return notice;
}

void Session::carry_out(const action::Connect& connect, TimePoint /*now*/) {
  const Server& server = failover_.server(connect.server);
  Notice notice = about(NoticeName::trying, connect.server);
  notice.attempt = number(connect.attempt);
  notice.reason = std::exchange(older_because_, {});
  tell_role(notice, connect.role);
  announcer_.announce(notice);
  if (is_tls(server.scheme) && !(server.tls.verify_chain && server.tls.verify_name)) {
    Notice insecure = about(NoticeName::insecure, connect.server);
    insecure.level = Level::warning;
    insecure.reason =
        (server.tls.verify_chain ? "the name in the server certificate is not checked for "
                                 : "server certificate validation is disabled for ") +
        server.id;
    announcer_.announce(insecure);
  }
  transport_.connect(connect.attempt, server, connect_settings(connect.role), connect.protocol);
}

ConnectSettings Session::connect_settings(Role role) const {
  ConnectSettings settings = settings_.connect;
  if (role == Role::standby) {
    settings.client_id += "-standby";
    settings.standby = true;
  } else if (role == Role::probe) {
    settings = {};
    settings.client_id = settings_.probe_id;
    settings.keepalive = settings_.connect.keepalive;
    settings.connect_timeout = settings_.connect.connect_timeout;
  }
  return settings;
}

void Session::carry_out(const action::TakeOver& take_over, TimePoint /*now*/) {
  transport_.take_over(take_over.attempt);
}

void Session::carry_out(const action::Abandon& abandon, TimePoint now) {
  if (const auto one = find(abandon.attempt); one != live_.end()) {
    live_.erase(one);
    work_.offline(abandon.attempt, now);
    return;
  }
  transport_.abandon(abandon.attempt);
}

void Session::carry_out(const action::Disconnect& disconnect, TimePoint now) {
  const auto one = find(disconnect.attempt);
  if (one == live_.end()) {
    transport_.disconnect(disconnect.attempt, Duration::zero());
    return;
  }
  live_.erase(one);
  if (!ending_) return work_.leave(disconnect.attempt, now);
  transport_.disconnect(disconnect.attempt, settings_.leave_patience);
  work_.offline(disconnect.attempt, now);
}

void Session::carry_out(const action::Use& use, TimePoint now) {
  const ConnectionFacts* const facts = transport_.facts(use.attempt);
  live_.push_back({use.attempt, use.server, use.epoch});
  if (facts == nullptr) return;  // lost again already; the event is on its way
  reached_ = true;
  tell_connected(use, *facts);
  auto unfit = work_.online(use.attempt, failover_.server(use.server), use.epoch, *facts, now);
  if (unfit) unfit_.push_back({use.attempt, std::move(*unfit)});
}

void Session::tell_connected(const action::Use& use, const ConnectionFacts& facts) {
  Notice connected = about(NoticeName::connected, use.server);
  connected.attempt = number(use.attempt);
  connected.epoch = use.epoch;
  if (!facts.standby) connected.dur = time_of(facts);
  connected.more = {{"addr", facts.address},
                    {"session_present", facts.session_present},
                    {"protocol", std::string(name(facts.protocol))}};
  if (!facts.tls_version.empty()) {
    connected.more.emplace_back("tls", facts.tls_version);
    if (facts.tls_resumed) connected.more.emplace_back("tls_resumed", true);
  }
  if (!facts.assigned_client_id.empty()) {
    connected.more.emplace_back("assigned_id", facts.assigned_client_id);
  }
  if (facts.standby) tell_role(connected, Role::standby);
  if (use.from && !use.failback) {
    connected.more.emplace_back("outage_ms", milliseconds(use.outage));
  }
  announcer_.announce(connected);
  if (!facts.granted.empty()) {
    Notice subscribed = about(NoticeName::subscribed, use.server);
    subscribed.epoch = use.epoch;
    subscribed.dur = facts.subscribe;
    subscribed.more = {{"filters", as_int(facts.granted.size())}};
    if (const std::size_t ended = settings_.connect.unsubscriptions.size(); ended != 0) {
      subscribed.more.emplace_back("unsubscribed", as_int(ended));
    }
    announcer_.announce(subscribed);
  }
  if (use.from && *use.from != use.server) {
    Notice failover = about(use.failback ? NoticeName::failback : NoticeName::failover, use.server);
    failover.epoch = use.epoch;
    if (!use.failback) failover.dur = use.outage;
    failover.more = {{"from", failover_.server(*use.from).id}, {"to", failover.server}};
    announcer_.announce(failover);
  }
  if (use.from && !use.failback && !settings_.connect.subscriptions.empty()) {
    tell_gap(use, facts.session_present);
  }
}

// Only a session of ours that the server has kept holds what came meanwhile, and only what was
// subscribed to with QoS 1 or 2 (delivery.md S8).
void Session::tell_gap(const action::Use& use, bool resumed) {
  int qos = 2;
  for (const Subscription& one : settings_.connect.subscriptions) qos = std::min(qos, one.qos);
  Notice gap = about(NoticeName::gap, use.server);
  gap.level = Level::warning;
  gap.epoch = use.epoch;
  gap.dur = use.outage;
  gap.reason = "nothing could arrive";
  const bool may_miss = qos == 0 || !resumed;
  if (may_miss) ++open_gaps_;
  gap.more = {{"qos", std::int64_t{qos}}, {"may_be_missing", may_miss}};
  announcer_.announce(gap);
}

void Session::carry_out(const action::TellFailed& failed, TimePoint /*now*/) {
  if (failed.verdict == Verdict::older_protocol) {
    // No failure but a step of the search: the attempt that follows says why it is made.
    older_because_ = "with MQTT 3.1.1, because MQTT 5 was answered by: " + describe(failed.reason);
    return transport_.abandon(failed.attempt);
  }
  Notice notice = about(NoticeName::failed, failed.server);
  notice.level = failed.role == Role::probe ? Level::info : Level::warning;
  notice.attempt = number(failed.attempt);
  explain(notice, failed.reason);
  tell_role(notice, failed.role);
  announcer_.announce(notice);
  if (failed.role != Role::probe) {
    work_.failed(failover_.server(failed.server), failed.reason);
  }
  transport_.abandon(failed.attempt);
}

void Session::carry_out(const action::TellStandbyReady& ready, TimePoint /*now*/) {
  Notice notice = about(NoticeName::standby_ready, ready.server);
  notice.attempt = number(ready.attempt);
  if (const ConnectionFacts* const facts = transport_.facts(ready.attempt)) {
    notice.dur = time_of(*facts);
    notice.more = {{"addr", facts->address}, {"protocol", std::string(name(facts->protocol))}};
  }
  announcer_.announce(notice);
}

void Session::carry_out(const action::TellStandbyLost& lost, TimePoint /*now*/) {
  Notice notice = about(NoticeName::standby_lost, lost.server);
  notice.level = Level::warning;
  notice.attempt = number(lost.attempt);
  explain(notice, lost.reason);
  notice.more = {{"up_ms", milliseconds(lost.up)}};
  announcer_.announce(notice);
  transport_.abandon(lost.attempt);
}

void Session::carry_out(const action::TellLost& lost, TimePoint now) {
  Notice notice = about(NoticeName::lost, lost.server);
  notice.level = Level::warning;
  notice.attempt = number(lost.attempt);
  const auto one = find(lost.attempt);
  if (one != live_.end()) notice.epoch = one->epoch;
  explain(notice, lost.reason);
  notice.more = {{"up_ms", milliseconds(lost.up)}};
  if (lost.maybe_twin) {
    notice.more.emplace_back("twin", std::string("another client may use our client id"));
  }
  announcer_.announce(notice);
  if (one != live_.end()) live_.erase(one);
  work_.lost(lost.attempt, lost.reason, now);
  work_.offline(lost.attempt, now);
}

void Session::carry_out(const action::TellBackoff& backoff, TimePoint /*now*/) {
  Notice notice{.name = NoticeName::backoff, .level = backoff.warn ? Level::warning : Level::info};
  notice.more = {{"delay_ms", milliseconds(backoff.delay)}, {"round", as_int(backoff.pass)}};
  announcer_.announce(notice);
}

void Session::carry_out(const action::TellListChanged& changed, TimePoint /*now*/) {
  const auto ids = [this](const std::vector<ServerIndex>& indices) {
    std::vector<std::string> result;
    result.reserve(indices.size());
    for (const ServerIndex index : indices) result.push_back(failover_.server(index).id);
    return result;
  };
  Notice notice{.name = NoticeName::list_updated};
  notice.more = {{"added", ids(changed.added)}, {"removed", ids(changed.removed)}};
  announcer_.announce(notice);
  list_servers();
}

void Session::carry_out(const action::GiveUp& give_up, TimePoint /*now*/) {
  Notice notice{.name = NoticeName::gave_up, .level = Level::error};
  explain(notice, give_up.reason);
  notice.more = {{"passes", as_int(give_up.passes)},
                 {"attempts", as_int(give_up.attempts)},
                 {"elapsed_ms", milliseconds(give_up.elapsed)}};
  if (give_up.bound != Bound::none) {
    notice.more.emplace_back("bound", std::string(name(give_up.bound)));
  }
  announcer_.announce(notice);
  end({Ending::How::gave_up, give_up.kind, 0});
}

}  // namespace mqfail
