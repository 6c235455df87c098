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
// The longest time that a connection that makes way may take. Nothing of ours needs more than one
// second to leave a server.
constexpr Duration kMakeWay = std::chrono::seconds(2);

// With more servers in use at once nothing is noticed: they have to be named.
constexpr std::size_t kMostApart = 4096;

// A server that ends a connection for another one closes it. A reset is the end of a server.
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

// The ids of both begin with the same words.
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

// A session goes from node to node with its id, so one connection of ours has it at a time. And one
// node of a cluster is enough where several acknowledgements are wanted.
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

// What has taken the session of `gone` over, if it was one of ours.
const Failover::Engine::Attempt* Failover::Engine::rival(const Attempt& gone,
                                                         const Reason& reason) const {
  if (gone.client_id.form == ClientId::Form::random) return nullptr;
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
  if (gone.attempt.client_id.form == ClientId::Form::random || apart.size() > kMostApart) return;
  for (const Accepted& one : live) {
    if (one.attempt.client_id != gone.attempt.client_id) continue;
    if (now - std::max(one.since, gone.since) <= kTakeOver) continue;
    apart.insert(std::minmax(one.attempt.server, gone.attempt.server));
  }
}

// 0x8e is proof. A close without a word may have any cause, so it takes a second one, of the other
// connection where both are wanted; and it is a guess, for which no server and no session is left.
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

// The session is needed at the priority server. Closed in good order first, it leaves no will.
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
