// SPDX-License-Identifier: Apache-2.0
// Client ids, and servers that are nodes of one cluster (failover.md section 4). No two connections
// of a run that live at the same time and may share a session have the same client id.
#include <algorithm>
#include <utility>

#include "policy/failover_engine.hpp"

namespace mqfail {
namespace {

// How soon a server ends the connection whose session another connection has taken over.
constexpr Duration kTakeOver = std::chrono::seconds(1);
// How long the policy waits, at most, until a connection that makes way has ended. The session and
// the work leave a server within about 1.5 seconds.
constexpr Duration kMakeWay = std::chrono::seconds(2);

// Above this number of pairs that are apart, take-overs are no longer noticed: clusters must be
// named.
constexpr std::size_t kMostApart = 4096;

// A server that ends a connection because of a take-over closes it. A reset means that the server
// has died.
bool is_wordless(const Reason& reason) {
  return reason.cause == Cause::closed;
}

bool says_taken_over(const Reason& reason) {
  return reason.cause == Cause::disconnect && reason.code == 0x8e;
}

}  // namespace

// Whether `such` is true of a connection to another server, or of an attempt to have one.
template <class Such>
bool Failover::Engine::any_beside(ServerIndex server, const Such& such) const {
  const auto other = [&](const Attempt& one) { return one.server != server && such(one); };
  const auto accepted = [&](const Accepted& one) { return other(one.attempt); };
  return std::any_of(live.begin(), live.end(), accepted) ||
         std::any_of(standbys.begin(), standbys.end(), accepted) ||
         std::any_of(attempts.begin(), attempts.end(), other);
}

// Both have the same client id, but for a suffix.
bool Failover::Engine::have_one_id(ServerIndex one, ServerIndex other) const {
  return roster.server(one).client_id == roster.server(other).client_id;
}

ClientId Failover::Engine::client_id_for(ServerIndex server) const {
  const Server& known = roster.server(server);
  if (!settings.client_id_given && !settings.keeps_session && !known.client_id) return {};
  const bool guessed = std::any_of(sharing.begin(), sharing.end(), [&](const auto& pair) {
    return pair.first == server || pair.second == server;
  });
  if (settings.width == 0 && (guessed || !known.cluster.empty())) {
    return {ClientId::Form::by_server};
  }
  ClientId id{ClientId::Form::numbered};
  const auto has_it = [&](const Attempt& one) {
    const bool may_share = settings.standbys > 0 || share_sessions(server, one.server);
    return may_share && one.client_id == id && have_one_id(server, one.server);
  };
  while (any_beside(server, has_it)) ++id.number;
  return id;
}

// A session moves between the nodes of a cluster with its client id, so only one connection of ours
// may use it at a time. Where several acknowledgements are wanted, one node of a cluster is enough.
bool Failover::Engine::must_wait(ServerIndex server) const {
  if (settings.width > 1) {
    const Server& known = roster.server(server);
    return !known.cluster.empty() && any_beside(server, [&](const Attempt& one) {
      return same_cluster(known, roster.server(one.server));
    });
  }
  return settings.width == 1 && settings.keeps_session &&
         any_beside(server, [&](const Attempt& one) { return share_sessions(server, one.server); });
}

// The attempt or connection of ours that has taken over the session of `gone`; null: there is none.
const Failover::Engine::Attempt* Failover::Engine::rival(const Attempt& gone,
                                                         const Reason& reason) const {
  if (gone.client_id.form != ClientId::Form::numbered) return nullptr;
  if (!is_wordless(reason) && !says_taken_over(reason)) return nullptr;
  if (apart.size() > kMostApart) return nullptr;
  const auto took_it = [&](const Attempt& one) {
    const bool just_now =
        says_taken_over(reason) || returning == one.id || now - one.begun <= kTakeOver;
    return one.server != gone.server && one.begun >= gone.begun && just_now &&
           one.client_id == gone.client_id && have_one_id(one.server, gone.server) &&
           !apart.contains(std::minmax(one.server, gone.server));
  };
  const auto attempt = std::find_if(attempts.begin(), attempts.end(), took_it);
  if (attempt != attempts.end()) return &*attempt;
  const auto other = std::find_if(live.begin(), live.end(),
                                  [&](const Accepted& one) { return took_it(one.attempt); });
  return other == live.end() ? nullptr : &other->attempt;
}

// Connections with one id that have lived side by side longer than a take-over takes share nothing.
void Failover::Engine::note_apart(const Accepted& gone) {
  if (gone.attempt.client_id.form != ClientId::Form::numbered) return;
  if (apart.size() > kMostApart) return;
  for (const Accepted& one : live) {
    if (one.attempt.client_id != gone.attempt.client_id) continue;
    if (now - std::max(one.since, gone.since) <= kTakeOver) continue;
    apart.insert(std::minmax(one.attempt.server, gone.attempt.server));
  }
}

// 0x8e proves it. A close without a reason may have any cause, so a second close is needed. Where
// both connections are wanted, it must be a close of the other one. Even then it is a guess: no
// server is passed over and no session is given up because of it.
void Failover::Engine::note_shared(ServerIndex gone, ServerIndex thief, const Reason& reason) {
  if (share_sessions(gone, thief)) return;
  if (says_taken_over(reason)) {
    roster.join(gone, thief);
  } else {
    if (settings.width != 1 && settings.keeps_session) return;
    const bool again = !suspected.emplace(gone, thief).second;
    if (settings.width == 1 ? !again : !suspected.contains({thief, gone})) return;
    sharing.insert(std::minmax(gone, thief));
  }
  out.emplace_back(action::TellCluster{gone, thief});
}

bool Failover::Engine::share_sessions(ServerIndex one, ServerIndex other) const {
  return same_cluster(roster.server(one), roster.server(other)) ||
         sharing.contains(std::minmax(one, other));
}

// The priority server needs the session. The old connection is closed with DISCONNECT first, so its
// will is not sent.
void Failover::Engine::make_way(ServerIndex target) {
  const Accepted old = live.front();
  live.clear();
  out.emplace_back(action::Disconnect{old.attempt.id, true});
  making_way = MakingWay{old.attempt.id, target, now + kMakeWay};
  out_of_the_way(old);
}

void Failover::Engine::way_made(AttemptId id) {
  if (!making_way || making_way->attempt != id) return;
  const ServerIndex target = std::exchange(making_way, std::nullopt)->target;
  if (!roster.contains(target)) return fill();
  pass.use_turn(target);
  way_back = connect(target, Role::active);
}

// The attempt to a priority server has taken the session over before it is live itself. That is no
// loss.
void Failover::Engine::give_way(const Accepted& gone) {
  out.emplace_back(action::Retire{gone.attempt.id});
  way_back = std::exchange(returning, std::nullopt);
  out_of_the_way(gone);
}

void Failover::Engine::out_of_the_way(const Accepted& gone) {
  left(gone, now);
  begin_pass();  // the one that was left is as good as before
  failback.end();
  abandon_probe();
  state = FailoverState::connecting;
}

}  // namespace mqfail
