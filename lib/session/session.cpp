// SPDX-License-Identifier: Apache-2.0
#include "session/session.hpp"

#include <algorithm>
#include <csignal>
#include <utility>
#include <variant>

#include "base/number.hpp"

namespace mqfail {
namespace {

// How long a server may take to read the DISCONNECT of a connection that makes way for another one.
constexpr Duration kMakeWayPatience = std::chrono::milliseconds(500);

}  // namespace

Session::Session(SessionSettings settings, Failover failover, Transport& transport,
                 Mailbox& mailbox, Work& work, Announcer& announcer, TimePoint started)
    : settings_(std::move(settings)),
      failover_(std::move(failover)),
      transport_(transport),
      mailbox_(mailbox),
      work_(work),
      announcer_(announcer),
      started_(started),
      gate_(settings_.primary_host),
      host_(settings_.host) {}

void Session::start(TimePoint now) {
  standing_.begin(now);
  list_servers();
  events_.emplace_back(event::Started{});
  step(now);
}

std::optional<TimePoint> Session::turn(TimePoint now) {
  for (const int signal : std::exchange(signals_, {})) heed(signal, now);
  if (ending_) return std::nullopt;
  read_mail();
  step(now);
  if (const auto due = failover_.deadline(); due && *due <= now) {
    events_.emplace_back(event::Ticked{});
    step(now);
  }
  if (!ending_) pump(now);
  if (const auto at = run_end(); !ending_ && at && now >= *at) {
    end({Ending::How::timed_out, ErrorKind::unavailable, 0});
  }
  return earlier(earlier(failover_.deadline(), work_.deadline()), run_end());
}

std::optional<TimePoint> Session::run_end() const {
  return settings_.run_for ? std::optional(started_ + *settings_.run_for) : std::nullopt;
}

// What was heard comes first: it may be known already when Connected is told.
void Session::read_mail() {
  Mail mail = mailbox_.take();
  for (Heard& heard : mail.heard) {
    follow(heard.attempt, gate_.heard(heard));
    host_.heard(heard, transport_);
    if (settings_.heard) settings_.heard(std::move(heard));
  }
  for (Event& event : mail.events) {
    if (const auto* const connected = std::get_if<event::Connected>(&event)) {
      follow(connected->attempt, gate_.connected(connected->attempt));
    } else {
      events_.push_back(std::move(event));
    }
  }
  for (ListNews& news : mail.lists) heed(std::move(news));
}

// Between the transport's Connected and the policy's stands the primary host.
void Session::follow(AttemptId attempt, HostGate::Step step) {
  switch (step) {
    case HostGate::Step::nothing:
      return;
    case HostGate::Step::pass:
      events_.emplace_back(event::Connected{attempt});
      return;
    case HostGate::Step::wait:
      events_.emplace_back(event::Accepted{attempt, gate_.patience(), Cause::primary_host});
      return;
    case HostGate::Step::subscribe:
      transport_.take_over(attempt);
      events_.emplace_back(event::Accepted{attempt, gate_.bound(attempt)});
      return;
    case HostGate::Step::refuse:
      transport_.disconnect(attempt, Duration::zero());
      events_.emplace_back(event::Failed{attempt, gate_.why(attempt)});
      return;
    case HostGate::Step::leave:
      if (const auto one = find(attempt); one != held_.end()) one->given_up = true;
      events_.emplace_back(event::Lost{attempt, gate_.why(attempt)});
      return;
    case HostGate::Step::warn:
      announcer_.announce({.name = NoticeName::warning,
                           .level = Level::warning,
                           .reason = "a STATE message of the primary host cannot be read; it is "
                                     "ignored"});
      return;
  }
}

int Session::finish(TimePoint now) {
  Notice exit{.name = NoticeName::exit};
  const int status = work_.finish(*ending_, reached_, now, exit);
  end_finished();
  events_ = {event::Stopped{}};
  step(now);
  // What is live is left in good order, whether the policy has stopped now or gave up before.
  for (const Held& one : held_) {
    if (one.live) part(one.attempt, settings_.leave_patience);
  }
  exit.more.insert(exit.more.begin(), {"exit", std::int64_t{status}});
  if (standing_.gaps() != 0) exit.more.emplace_back("gaps", as_int(standing_.gaps()));
  if (status != 0) exit.level = Level::error;
  standing_.end(now);
  if (settings_.ended) settings_.ended(status);
  announcer_.announce(exit);
  return status;
}

// Steps the policy through what has happened, and through what its actions bring about.
void Session::step(TimePoint now) {
  while (!events_.empty()) {
    const Event event = std::move(events_.front());
    events_.pop_front();
    if (const auto* const lost = std::get_if<event::Lost>(&event);
        lost != nullptr && has_ended_while_left(*lost, now)) {
      continue;
    }
    const Actions actions = failover_.step(event, now);
    if (settings_.trace) settings_.trace(event, now, actions, failover_);
    for (const Action& action : actions) {
      std::visit([this, now](const auto& one) { carry_out(one, now); }, action);
    }
  }
}

// A connection that is left ends by itself: the Work learns what that says about its messages, and
// waits for it no longer. The policy does not know it any more.
bool Session::has_ended_while_left(const event::Lost& lost, TimePoint now) {
  const auto one = find(lost.attempt);
  if (one == held_.end() || one->live || one->ended || makes_way(lost.attempt)) return false;
  one->ended = true;
  work_.lost(lost.attempt, lost.reason, now);
  work_.offline(lost.attempt, now);
  end_finished();
  return true;
}

bool Session::makes_way(AttemptId attempt) const {
  return std::find(making_way_.begin(), making_way_.end(), attempt) != making_way_.end();
}

void Session::pump(TimePoint now) {
  for (Trouble& trouble : work_.pump(now)) {
    events_.emplace_back(event::Lost{trouble.attempt, std::move(trouble.reason), trouble.silent});
  }
  end_finished();
  const auto ends_by = earlier(work_.ends_by(), run_end());
  if (std::exchange(ends_by_, ends_by) != ends_by)
    events_.emplace_back(event::EndsIn{ends_by ? *ends_by - now : Duration::max()});
  step(now);
  if (work_.done()) end({});
}

void Session::heed(int signal, TimePoint now) {
  if (signal == SIGUSR1) {
    events_.emplace_back(event::Hurried{});
  } else if (signal == SIGHUP && !(settings_.hangup_ends && settings_.hangup_ends())) {
    if (settings_.read_again) settings_.read_again();
  } else if (signal == SIGHUP && interrupted_) {
    // A terminal that goes says it twice, by itself and through its shell: that is no impatience.
  } else if (!std::exchange(interrupted_, true)) {
    work_.stop(now);
  } else {
    end({Ending::How::interrupted, ErrorKind::unavailable, signal});
  }
}

void Session::heed(ListNews news) {
  if (settings_.list_read) settings_.list_read(news.source);
  const auto warn = [&](std::string reason) {
    announcer_.announce(
        {.name = NoticeName::warning, .level = Level::warning, .reason = std::move(reason)});
  };
  for (std::string& warning : news.warnings) warn(std::move(warning));
  if (news.servers && news.servers->empty()) return;
  if (news.servers) {
    events_.emplace_back(event::ListChanged{std::move(*news.servers), news.source, news.rebalance});
  } else {
    const Error& error = news.servers.error();
    warn("the servers stay as they are: " + error.message +
         (error.hint.empty() ? "" : "; " + error.hint));
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

// In good order, with the last word of a host.
void Session::part(AttemptId attempt, Duration patience) {
  host_.leave(attempt, transport_);
  transport_.disconnect(attempt, patience);
}

// The only place where a connection that the Work had comes to its end while the run goes on.
void Session::end_finished() {
  for (const AttemptId attempt : work_.take_finished()) {
    const auto one = find(attempt);
    if (one != held_.end() && one->ended && !one->given_up) {
      transport_.abandon(attempt);
      if (one->first) events_.emplace_back(event::Left{attempt});
    } else if (one != held_.end() && one->first) {
      making_way_.push_back(attempt);
      continue;
    } else {
      part(attempt, Duration::zero());
    }
    forget(attempt);
  }
  if (!may_wait_) return;
  for (const AttemptId attempt : std::exchange(making_way_, {})) {
    part(attempt, kMakeWayPatience);
    events_.emplace_back(event::Left{attempt});
    forget(attempt);
  }
}

void Session::forget(AttemptId attempt) {
  gate_.end(attempt);
  host_.end(attempt);
  if (const auto one = find(attempt); one != held_.end() && !one->live) held_.erase(one);
}

void Session::drop(Held& one, TimePoint now) {
  one.live = false;
  if (!one.place.empty()) standing_.leave(one.place, now);
}

std::vector<Session::Held>::iterator Session::find(AttemptId attempt) {
  return std::find_if(held_.begin(), held_.end(),
                      [&](const Held& one) { return one.attempt == attempt; });
}

void Session::carry_out(const action::Connect& connect, TimePoint /*now*/) {
  tell_trying(connect);
  transport_.connect(connect.attempt, failover_.server(connect.server), connect_settings(connect),
                     connect.protocol);
}

// A probe keeps nothing.
ConnectSettings Session::connect_settings(const action::Connect& connect) {
  ConnectSettings settings = settings_.connect;
  if (connect.role == Role::probe) {
    settings = {};
    settings.keepalive = settings_.connect.keepalive;
  }
  if (failover_.server(connect.server).is_foreign) {
    settings.properties.authentication_method.reset();
    settings.properties.authentication_data.reset();
  }
  settings.standby = connect.role == Role::standby;
  settings.client_id = client_id(connect);
  settings.connect_timeout = connect.bound;
  if (connect.role == Role::active) {
    gate_.begin(connect.attempt, endpoint_key(failover_.server(connect.server)), settings);
    host_.begin(connect.attempt, settings);
  }
  return settings;
}

std::string Session::client_id(const action::Connect& connect) const {
  if (connect.client_id.form == ClientId::Form::random) return settings_.random_id();
  const Server& server = failover_.server(connect.server);
  const std::string id = server.client_id.value_or(settings_.connect.client_id);
  if (connect.client_id.form == ClientId::Form::by_server) return id + "-" + server.id;
  if (connect.client_id.number == 0) return id;
  const std::string number = std::to_string(connect.client_id.number);
  return id + "-standby" + (connect.client_id.number == 1 ? "" : "-" + number);
}

void Session::carry_out(const action::TakeOver& take_over, TimePoint /*now*/) {
  transport_.take_over(take_over.attempt);
}

void Session::carry_out(const action::Abandon& abandon, TimePoint /*now*/) {
  gate_.end(abandon.attempt);
  host_.end(abandon.attempt);
  transport_.abandon(abandon.attempt);
}

void Session::carry_out(const action::Retire& retire, TimePoint now) {
  const auto one = find(retire.attempt);
  drop(*one, now);
  one->ended = true;
  work_.offline(retire.attempt, now);
  end_finished();
}

void Session::carry_out(const action::Disconnect& disconnect, TimePoint now) {
  const auto one = find(disconnect.attempt);
  if (one == held_.end()) {
    transport_.disconnect(disconnect.attempt, Duration::zero());
  } else if (!ending_) {  // else finish() leaves it
    drop(*one, now);
    one->first = disconnect.first;
    work_.leave(disconnect.attempt, now);
  }
}

void Session::carry_out(const action::Use& use, TimePoint now) {
  const ConnectionFacts& facts = *transport_.facts(use.attempt);
  held_.push_back({use.attempt, use.epoch, use.server});
  reached_ = true;
  host_.online(use.attempt, transport_);
  tell_connected(use, facts);
  // Before whatever else has happened: the connection is of no use.
  auto unfit = work_.online(use.attempt, failover_.server(use.server), use.epoch, facts, now);
  if (unfit) {
    events_.emplace_front(event::Lost{use.attempt, std::move(*unfit)});
  } else {
    const Server& server = failover_.server(use.server);
    standing_.use(server.id, redacted_uri(server), now);
    find(use.attempt)->place = server.id;
  }
}

}  // namespace mqfail
