// SPDX-License-Identifier: Apache-2.0
// The ordered servers and what is remembered of each: resting until, put off until, protocol
// spoken, who was lost.
// A pool that is only a pool: it never decides when to connect. Order and updates: failover.md 2
// and 5. A list of n servers costs n steps, wherever they come from (2.6).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "policy/backoff.hpp"
#include "policy/event.hpp"
#include "policy/server.hpp"

namespace mqfail {

/// What an update did to the order; `any` is false if it left everything as it was.
struct RosterChange {
  std::vector<ServerIndex> added;
  std::vector<ServerIndex> removed;
  bool any = false;
};

class Roster {
 public:
  /// `servers` become indices 0, 1, 2 ...; the later of two with the same endpoint is never tried.
  Roster(const ServerList& servers, const BackoffSettings& cooling);

  /// Valid for the whole run, also for servers that have left the order.
  const Server& server(ServerIndex index) const { return entry(index).server; }
  /// The order of preference: last update, configured, learned earlier; without doubles.
  const std::vector<ServerIndex>& order() const { return order_; }
  bool contains(ServerIndex index) const { return entry(index).listed; }

  /// The order of one pass: shuffled (Fisher-Yates) if `randomize`; the server lost last comes
  /// last.
  std::vector<ServerIndex> pass(bool randomize, Random& random) const;

  /// `index` was connected and is lost. It stays last in every pass until another one is lost or an
  /// update of the list names it.
  void lost(ServerIndex index) { lost_ = index; }
  /// `index` rests for one back-off of its own, longer each time until settled().
  void cool(ServerIndex index, TimePoint now, Random& random);
  /// `index` failed while others are live: it is not missed so badly that it could not wait for one
  /// back-off of its own, longer each time until settled(), counted from `since`.
  void put_off(ServerIndex index, TimePoint since, Random& random);
  /// The same, until `end`.
  void put_off_until(ServerIndex index, TimePoint end);
  /// When `index` may be tried while others are live: neither put off nor resting.
  TimePoint free_at(ServerIndex index) const;
  /// Until when `index` rests; in the past if it does not.
  TimePoint rests_until(ServerIndex index) const { return entry(index).rests_until; }
  /// Changes whenever some server may be tried sooner than was said before.
  std::uint64_t revision() const { return revision_; }
  /// Nobody is put off any more; who rests goes on resting.
  void hurry();
  /// A connection to `index` proved stable: its next rest is a first one again.
  void settled(ServerIndex index);
  bool is_cooling(ServerIndex index, TimePoint now) const { return entry(index).rests_until > now; }
  bool all_cooling(TimePoint now) const;

  /// The protocol to open with: what this server was found to speak, else `preferred`.
  Protocol protocol(ServerIndex index, Protocol preferred) const;
  /// Proved: by its word, or by a connection with MQTT 5.
  void remember_protocol(ServerIndex index, Protocol protocol);
  /// It takes 3.1.1 and has closed on MQTT 5 without a word, which a proxy with a dead backend does
  /// as well: 3.1.1 is opened with until forget_guess().
  void guess_older(ServerIndex index) { entry(index).guessed_older = true; }
  void forget_guess(ServerIndex index) { entry(index).guessed_older = false; }
  bool guesses_older(ServerIndex index) const;
  bool has_spoken_mqtt5(ServerIndex index) const { return entry(index).speaks == Protocol::mqtt5; }

  /// A document replaces the configured servers, an update adds to them (`forget`: and drops what
  /// earlier updates added). An empty list changes nothing. Entries that differ in their id only
  /// are renamed in place; any other difference makes a new entry.
  RosterChange change(const ServerList& servers, ListSource source, bool forget);

 private:
  struct Entry {
    Server server;
    std::size_t endpoint;  // the same number for the same endpoint
    Backoff cooling;
    TimePoint rests_until{};
    Backoff putting_off;
    TimePoint put_off_until{};
    std::optional<Protocol> speaks;
    bool guessed_older = false;
    bool listed = false;           // in order_
    bool without_secrets = false;  // it has left every list, and its secrets were overwritten
  };
  Entry& entry(ServerIndex index) { return entries_[static_cast<std::size_t>(index)]; }
  const Entry& entry(ServerIndex index) const { return entries_[static_cast<std::size_t>(index)]; }
  ServerIndex add(const Server& server);
  ServerIndex find_or_add(const Server& server);
  ServerIndex find_endpoint_or_add(const Server& server);
  void reorder();
  void drop_secrets();
  std::size_t endpoint_of(const Server& server);
  void note_sooner(TimePoint before, TimePoint after);

  BackoffSettings cooling_;    // of each server's own back-offs
  std::deque<Entry> entries_;  // a deque, so that server() stays valid while the roster grows
  std::unordered_map<std::string, std::size_t> endpoints_;  // by endpoint_key()
  std::vector<std::vector<ServerIndex>> entries_at_;        // by endpoint
  std::vector<ServerIndex> configured_;
  std::vector<ServerIndex> updated_;  // of the last update
  std::vector<ServerIndex> learned_;  // of updates before it
  std::vector<ServerIndex> order_;
  std::optional<ServerIndex> lost_;
  std::uint64_t revision_ = 0;
  mutable TimePoint all_rest_until_{};  // as long as the revision and the order stay
  mutable std::uint64_t seen_revision_ = 0;
};

}  // namespace mqfail
