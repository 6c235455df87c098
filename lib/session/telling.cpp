// SPDX-License-Identifier: Apache-2.0
// What the session tells of the policy's actions: one function for each notice.
#include <algorithm>
#include <utility>

#include "base/number.hpp"
#include "base/text.hpp"
#include "policy/protocol_name.hpp"
#include "policy/roster.hpp"
#include "policy/session_keeper.hpp"
#include "session/session.hpp"

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

NoticeName name_of(Move move) {
  switch (move) {
    case Move::none:
      break;
    case Move::failback:
      return NoticeName::failback;
    case Move::rebalance:
      return NoticeName::rebalanced;
  }
  return NoticeName::failover;
}

// Which attempts are not for the live connection.
void tell_role(Notice& notice, Role role) {
  if (role == Role::standby) notice.more.emplace_back("role", std::string("standby"));
  if (role == Role::probe) notice.more.emplace_back("role", std::string("probe"));
}

bool was_interrupted(const action::Use& use) {
  return use.from && (use.move == Move::none || use.outage > Duration::zero());
}

Duration time_of(const ConnectionFacts& facts) {
  return facts.dns + facts.tcp + facts.tls + facts.ws + facts.connack;
}

}  // namespace

Notice Session::about(NoticeName name, ServerIndex index) const {
  const Server& server = failover_.server(index);
  Notice notice{.name = name};
  notice.server = server.id;
  notice.uri = redacted_uri(server);
  return notice;
}

void Session::tell_trying(const action::Connect& connect) {
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
  connected.more.emplace_back("client_id", facts.client_id);
  if (!facts.assigned_client_id.empty()) {
    connected.more.emplace_back("assigned_id", facts.assigned_client_id);
  }
  if (facts.standby) tell_role(connected, Role::standby);
  if (was_interrupted(use)) {
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
  for (std::size_t i = 0; i < facts.watched.size(); ++i) {
    if (facts.watched[i] < 0x80) continue;
    Notice refused = about(NoticeName::warning, use.server);
    refused.level = Level::warning;
    refused.code = facts.watched[i];
    refused.reason = "the server does not let us subscribe to " +
                     printable(settings_.connect.watched[i].topic, 300) +
                     ", so nothing of it is heard";
    announcer_.announce(refused);
  }
  // A changed entry of the same server is no other server.
  if (use.from && !same_endpoint(failover_.server(*use.from), failover_.server(use.server))) {
    Notice failover = about(name_of(use.move), use.server);
    failover.epoch = use.epoch;
    if (was_interrupted(use)) failover.dur = use.outage;
    failover.more = {{"from", failover_.server(*use.from).id}, {"to", failover.server}};
    announcer_.announce(failover);
    standing_.moved(use.move);
  }
  const bool kept = is_kept(use, facts);
  if (was_interrupted(use) && !settings_.connect.subscriptions.empty()) tell_gap(use, kept);
  check_cluster(use, facts.session_present);
}

// Servers that are said to be nodes of one cluster have our session in common.
void Session::check_cluster(const action::Use& use, bool resumed) {
  if (!settings_.connect.keeps_session() || resumed || !use.from || *use.from == use.server) return;
  const Server& from = failover_.server(*use.from);
  const Server& server = failover_.server(use.server);
  if (!same_cluster(from, server) || std::exchange(warned_of_cluster_, true)) return;
  Notice notice = about(NoticeName::warning, use.server);
  notice.level = Level::warning;
  notice.reason = server.id + " has no session of ours, so messages may be missing: " + from.id +
                  " and " + server.id +
                  " are named as nodes of one cluster, but seem to have no session in common; "
                  "leave out --cluster or cluster= if they are not";
  announcer_.announce(notice);
}

// Whether the server has kept for us what came meanwhile. While the node of our queue is down,
// RabbitMQ says that it has our session, and closes at the SUBSCRIBE. When the node is back, the
// session is there again, without what came.
bool Session::is_kept(const action::Use& use, const ConnectionFacts& facts) {
  const bool closed = closed_sessions_.erase(session_keeper(failover_.server(use.server))) != 0;
  return facts.session_present && !closed;
}

// Only a session of ours that the server has kept holds what came meanwhile, and only what was
// subscribed to with QoS 1 or 2 (delivery.md S8).
void Session::tell_gap(const action::Use& use, bool kept) {
  int qos = 2;
  for (const Subscription& one : settings_.connect.subscriptions) qos = std::min(qos, one.qos);
  Notice gap = about(NoticeName::gap, use.server);
  gap.level = Level::warning;
  gap.epoch = use.epoch;
  gap.dur = use.outage;
  gap.reason = "nothing could arrive";
  const bool may_miss = qos == 0 || !kept;
  if (may_miss) standing_.missed();
  gap.more = {{"qos", std::int64_t{qos}}, {"may_be_missing", may_miss}};
  announcer_.announce(gap);
}

void Session::carry_out(const action::TellFailed& failed, TimePoint /*now*/) {
  if (failed.verdict == Verdict::older_protocol) {
    // No failure but a step of the search: the attempt that follows says why it is made.
    older_because_ = "with MQTT 3.1.1, because MQTT 5 was answered by: " + describe(failed.reason);
    return;
  }
  if (failed.reason.cause == Cause::closed && failed.reason.phase == Phase::subscribe) {
    closed_sessions_.insert(session_keeper(failover_.server(failed.server)));
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
}

void Session::carry_out(const action::TellLost& lost, TimePoint now) {
  Notice notice = about(NoticeName::lost, lost.server);
  notice.level = Level::warning;
  notice.attempt = number(lost.attempt);
  notice.epoch = find(lost.attempt)->epoch;
  explain(notice, lost.reason);
  notice.more = {{"up_ms", milliseconds(lost.up)}};
  if (lost.maybe_twin) {
    notice.more.emplace_back("twin", std::string("another client may use our client id"));
  }
  if (lost.failback_hold)
    notice.more.emplace_back("failback_hold_ms", milliseconds(*lost.failback_hold));
  announcer_.announce(notice);
  work_.lost(lost.attempt, lost.reason, now);
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
  if (changed.source) notice.more.emplace_back("source", std::string(name(*changed.source)));
  if (!changed.refused.empty()) {
    notice.level = Level::warning;
    notice.reason =
        "an update may not add servers without TLS to servers with TLS, and not more "
        "than " +
        std::to_string(Roster::kMostLearned) + " servers in a run";
    notice.more.emplace_back("refused", changed.refused);
  }
  announcer_.announce(notice);
  list_servers();
}

void Session::carry_out(const action::TellRedirected& told, TimePoint /*now*/) {
  Notice notice = about(NoticeName::redirected, told.by);
  notice.reason = told.why;
  std::vector<std::string> to;
  for (const ServerIndex index : told.to) to.push_back(failover_.server(index).id);
  if (told.to.empty() || told.moved) notice.level = Level::warning;
  if (told.moved && !to.empty()) notice.reason = "the server has moved: change the list of servers";
  notice.more = {{"to", std::move(to)}, {"moved", told.moved}};
  if (!told.refused.empty()) notice.more.emplace_back("refused", told.refused);
  announcer_.announce(notice);
}

void Session::carry_out(const action::TellCluster& cluster, TimePoint /*now*/) {
  const std::string& one = failover_.server(cluster.one).id;
  const std::string& other = failover_.server(cluster.other).id;
  announcer_.announce(
      {.name = NoticeName::warning,
       .level = Level::warning,
       .reason = "our connection to " + one + " ended because we connected to " + other +
                 ": they are treated as nodes of one cluster from now on; name them "
                 "so with --cluster or ?cluster=NAME, or leave out -i"});
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
