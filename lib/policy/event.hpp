// SPDX-License-Identifier: Apache-2.0
// The vocabulary between the world and the mind: events are past participles, actions imperatives.
// Both are closed variants, so the compiler names every place that a new word must reach.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "policy/reason.hpp"
#include "policy/server.hpp"

namespace mqfail {

/// Identity of one try to connect; never reused in a run. What a finished attempt still says is
/// inert.
enum class AttemptId : std::uint64_t {};

/// Place of a server in the Roster. Stays valid for the whole run: entries are never renumbered.
enum class ServerIndex : std::uint32_t {};

/// What an attempt is for. `standby` stops after CONNACK and waits for TakeOver (--standby warm);
/// `probe` only asks whether a priority server accepts clients, under a client id of its own.
enum class Role { active, standby, probe };

/// The client id of an attempt (failover.md section 4): no two living connections that may share a
/// session have the same one.
struct ClientId {
  enum class Form {
    random,     ///< of this attempt alone
    numbered,   ///< the id of the run or the server: as it is, then "-standby", "-standby-2" ...
    by_server,  ///< the id, "-" and the server's own
  };
  Form form = Form::random;
  std::uint32_t number = 0;  ///< of `numbered`: 0 as it is, 1 "-standby", n "-standby-n"
  friend bool operator==(const ClientId&, const ClientId&) = default;
};

/// What ends a run that finds no server. `none`: no bound, the reason itself is decisive.
enum class Bound {
  none,
  once,             ///< --once: one pass, no reconnect
  startup_passes,   ///< startupMaxReconnectAttempts
  passes,           ///< maxReconnectAttempts
  startup_timeout,  ///< startupTimeout
  give_up_after,    ///< giveUpAfter
};
/// As the user writes it: "startupTimeout"; empty for `none`.
std::string_view name(Bound bound);

/// Where a list comes from. A document is the configuration itself and replaces the configured
/// servers. All others are updates, which only add to them (failover.md section 5).
enum class ListSource {
  document,   ///< a document, --servers
  url,        ///< updateURIsURL
  topic,      ///< updatesTopic
  srv,        ///< --srv, discovery:(dns://NAME)
  multicast,  ///< discovery:(multicast://GROUP)
};

/// As the user knows it: "document", "updateURIsURL", "updatesTopic", "srv", "multicast".
std::string_view name(ListSource source);

/// Why the live server changes while its connection is good.
enum class Move {
  none,       ///< it does not: the old connection was lost, or there was none
  failback,   ///< a priority server is back
  rebalance,  ///< another server comes first since an update
};

namespace event {
struct Started {};  ///< begin the first pass
/// How far an attempt has come; optional, it only makes the phase of a timeout true.
struct Reached {
  AttemptId attempt;
  Phase phase;
};
/// CONNACK is accepted, but something must show itself before the server may be used, within
/// `patience` from now. If it does not, the attempt has failed for `cause`. May be told again.
struct Accepted {
  AttemptId attempt;
  Duration patience;
  Cause cause = Cause::timeout;
};
struct Connected {
  AttemptId attempt;
};  ///< CONNACK accepted and every filter granted; of `standby` and `probe`: CONNACK accepted
struct Failed {
  AttemptId attempt;
  Reason reason;
};  ///< an attempt ended before Connected
/// A Connected attempt ended. `silent`: how long ago its server gave the last sign of life
/// (delivery.md S8), a stale one its last message; 0 where the end itself was one.
struct Lost {
  AttemptId attempt;
  Reason reason;
  Duration silent{};
};
/// A connection that Disconnect{.first = true} named has ended.
struct Left {
  AttemptId attempt;
};
struct Ticked {};   ///< deadline() has come
struct Hurried {};  ///< SIGUSR1: try now instead of waiting
/// The run ends after this time, whatever is left to do; max(): it does not.
struct EndsIn {
  Duration left;
};
/// A list was read again. `rebalance`: its source asks the clients to move to the server that comes
/// first; rebalanceUpdateURIs may say otherwise.
struct ListChanged {
  ServerList servers;
  ListSource source = ListSource::document;
  bool rebalance = false;
};
struct Stopped {};  ///< orderly end wanted
}  // namespace event

using Event = std::variant<event::Started, event::Reached, event::Accepted, event::Connected,
                           event::Failed, event::Lost, event::Left, event::Ticked, event::Hurried,
                           event::EndsIn, event::ListChanged, event::Stopped>;

namespace action {
/// Begin an attempt. Its time bound is enforced by the policy, which abandons it when time is up.
/// `bound`: the longest that it may take, so that the addresses of a name can share it.
struct Connect {
  AttemptId attempt;
  ServerIndex server;
  Role role;
  Protocol protocol;
  ClientId client_id = {};
  Duration bound{};
};
/// The Connected standby is to be live: SUBSCRIBE on it. Answered like a Connect, by Connected or
/// Failed, and bounded like one.
struct TakeOver {
  AttemptId attempt;
  ServerIndex server;
};
/// Drop an attempt that is not live, whether it is under way or has ended by itself; no event of it
/// counts any more.
struct Abandon {
  AttemptId attempt;
};
/// The live connection has ended by itself: what it still holds may be taken, then it is dropped.
struct Retire {
  AttemptId attempt;
};
/// Leave in good order. `first`: the next connection takes over its session, so it waits for Left.
struct Disconnect {
  AttemptId attempt;
  bool first = false;
};
/// The attempt is live now, beside those that are (FailoverSettings::width). `epoch` counts from 1
/// and rises with each change of the server. `from`: the server whose loss left none live;
/// `outage`: time since its last sign of life. Empty and 0 for the first connection and beside a
/// live one. `move`: why a good connection is left. If it still lives (`outage` is 0), the
/// Disconnect of `from` follows. In a cluster the old connection has ended before, so that this one
/// could take over its session.
struct Use {
  AttemptId attempt;
  ServerIndex server;
  std::uint64_t epoch;
  std::optional<ServerIndex> from;
  Duration outage;
  Move move = Move::none;
};
// The Tell actions are for the reporter; they do nothing to a connection.

/// The attempt ended or timed out, `verdict` says what follows.
struct TellFailed {
  AttemptId attempt;
  ServerIndex server;
  Reason reason;
  Verdict verdict;
  Role role = Role::active;
};
struct TellStandbyReady {
  AttemptId attempt;
  ServerIndex server;
};
struct TellStandbyLost {
  AttemptId attempt;
  ServerIndex server;
  Reason reason;
  Duration up;
};
/// `maybe_twin`: closed without a word sooner than `stable`, three times in a row or more, and the
/// client id is the user's: another client may use it (mosquitto tells no more, on MQTT 5 neither).
/// `failback_hold`: a failback has led to this connection, and it was not stable. The next failback
/// waits this long.
struct TellLost {
  AttemptId attempt;
  ServerIndex server;
  Reason reason;
  Duration up;
  bool maybe_twin = false;
  std::optional<Duration> failback_hold = {};
};
/// A pass ended without success; the next begins after `delay`. `pass` counts them since the start
/// or the last stable connection; 0 is the initialReconnectDelay after a loss. `warn`: tell it
/// loudly.
struct TellBackoff {
  Duration delay;
  std::uint64_t pass;
  bool warn;
};
/// `source`: not given after a redirection. `refused`: servers of an update that are not used
/// (Roster::change), as host:port.
struct TellListChanged {
  std::vector<ServerIndex> added;
  std::vector<ServerIndex> removed;
  std::optional<ListSource> source = {};
  std::vector<std::string> refused = {};
};
/// `by` names other servers (MQTT 5, section 4.13). `to`: those that are tried next, in this order;
/// empty: none is. `refused`: those that are not used, as host:port, and `why` says the reason.
/// `moved`: 0x9D, the server says that the configuration should change.
struct TellRedirected {
  ServerIndex by;
  std::vector<ServerIndex> to;
  std::vector<std::string> refused;
  std::string why;
  bool moved = false;
};
/// Our connection to one of them ended because we connected to the other: from now on they are
/// treated as nodes of one cluster.
struct TellCluster {
  ServerIndex one;
  ServerIndex other;
};
/// The run is over. `kind`: unavailable (69), denied (77); `reason`: the last or decisive one;
/// `passes` and `attempts` count since the start or the last stable connection. `bound`: what was
/// used up; `elapsed`: time since the start or the loss of the last live connection.
struct GiveUp {
  ErrorKind kind;
  Reason reason;
  std::uint64_t passes;
  std::uint64_t attempts;
  Bound bound = Bound::none;
  Duration elapsed{};
};
}  // namespace action

using Action = std::variant<action::Connect, action::TakeOver, action::Abandon, action::Retire,
                            action::Disconnect, action::Use, action::TellFailed,
                            action::TellStandbyReady, action::TellStandbyLost, action::TellLost,
                            action::TellBackoff, action::TellListChanged, action::TellRedirected,
                            action::TellCluster, action::GiveUp>;
using Actions = std::vector<Action>;

}  // namespace mqfail
