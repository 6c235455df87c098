// SPDX-License-Identifier: Apache-2.0
// The options of failover.md, section 1, as values with their defaults. lib/config parses them from
// a URI or from flags.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "policy/event.hpp"

namespace mqfail {

/// How random a delay is (policy/backoff). none gives the exact delays of ActiveMQ: 10, 20, 40 ...
enum class Jitter { full, equal, decorrelated, none };

/// Which servers of a redirection are used (failover.md section 6).
enum class Redirect {
  off,    ///< none
  known,  ///< those of the roster
  any,    ///< all
};

/// startupTimeout if the user gave no bound. A server that starts a moment later is waited for, and
/// a list of dead servers is an error within seconds (failover.md, section 1).
inline constexpr Duration kStartupTimeout = std::chrono::seconds(10);

struct BackoffSettings {
  /// initialReconnectDelay; if given, also the delay after a loss.
  std::optional<Duration> initial;
  Duration cap = std::chrono::seconds(30);
  bool exponential = true;
  double multiplier = 2.0;  ///< at least 1
  Jitter jitter = Jitter::full;
  friend bool operator==(const BackoffSettings&, const BackoffSettings&) = default;
};

struct FailoverSettings {
  BackoffSettings backoff;
  bool randomize = false;
  std::int64_t max_passes = -1;          ///< maxReconnectAttempts: -1 never gives up
  std::int64_t startup_max_passes = -1;  ///< startupMaxReconnectAttempts; -1: take max_passes
  bool once = false;                     ///< --once: one pass, no reconnect
  /// The user gave a bound (any of these, also -1 or off, or -W). It takes the place of
  /// kStartupTimeout.
  bool bounded = false;
  /// A live connection may end over a message: what the server says is no fault of the client then.
  bool publishes = false;
  std::optional<Duration> startup_timeout;  ///< startupTimeout, if it was given
  std::optional<Duration> give_up_after;
  Duration connect_timeout = std::chrono::seconds(5);
  std::optional<Duration> connect_stagger;
  Duration stable = std::chrono::seconds(10);
  std::int64_t warn_every = 10;       ///< warnAfterReconnectAttempts; 0 and below: never
  bool forget_learned = false;        ///< updateClusterClientsOnRemove
  bool redirect_credentials = false;  ///< send ours to a server outside of the roster
  /// rebalanceUpdateURIs; not given: if the source of the update asks for it.
  std::optional<bool> rebalance;
  Redirect redirect = Redirect::known;                   ///< of redirect and reconnectSupported
  Duration rebalance_spread = std::chrono::seconds(30);  ///< moves are spread over this time
  std::int64_t max_redirects = 3;                        ///< in one pass
  std::int64_t width = 1;        ///< number of live servers (--acks); 0: all (--standby hot)
  std::int64_t standbys = 0;     ///< backupPoolSize: connections kept ready beside the live one
  bool priority_backup = false;  ///< failback; only if one server is live at a time
  ServerList priority_servers;   ///< priorityURIs, compared by endpoint; empty: the first server
  Duration priority_probe_interval = std::chrono::seconds(30);
  std::int64_t priority_stable = 2;                   ///< good probes in a row before failing back
  Duration priority_hold = std::chrono::seconds(60);  ///< least time on a server before failback
  std::optional<Protocol> protocol;                   ///< -V; not given: MQTT 5 first, then 3.1.1
  bool mqtt5_required = false;   ///< --sequence, -D ...: servers without MQTT 5 are not used
  bool client_id_given = false;  ///< by the user, so another run may use the same id
  bool keeps_session = false;    ///< -c, -x: the session belongs to its client id
  friend bool operator==(const FailoverSettings&, const FailoverSettings&) = default;
};

}  // namespace mqfail
