// SPDX-License-Identifier: Apache-2.0
// The servers in their order, and what is remembered of each: until when it rests or is put off,
// its protocol, and which server was lost last. The roster never decides when to connect. The rules
// of order and updates are in failover.md, sections 2 and 5. A list of n servers costs O(n) steps
// (section 2, rule 6).
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
#include "policy/server_reference.hpp"

namespace mqfail {

/// What a changed list did to the order. `any` is false if the order is the same. `refused`: what
/// an update named and may not add, as host:port.
struct RosterChange {
  std::vector<ServerIndex> added;
  std::vector<ServerIndex> removed;
  std::vector<std::string> refused;
  bool any = false;
};

class Roster {
 public:
  /// Most servers that updates and redirections may add in a run. Every server of a run is
  /// remembered, so a hostile list must not use up the memory.
  static constexpr std::size_t kMostLearned = 65536;

  /// `servers` get the indices 0, 1, 2 ... If two have the same endpoint, the later one is never
  /// tried. `cooling`: the back-off of each server's rests.
  Roster(const ServerList& servers, const BackoffSettings& cooling);

  /// The reference is valid for the whole run, also after the server has left the order.
  const Server& server(ServerIndex index) const { return entry(index).server; }
  /// The order of preference: servers that a redirection has put first, those of the last update,
  /// configured servers, the last lists of other sources, servers of earlier updates, and last
  /// those that only a redirection has named. Each endpoint is there once.
  const std::vector<ServerIndex>& order() const { return order_; }
  bool contains(ServerIndex index) const { return entry(index).listed; }
  /// The servers of order() if each cluster counts once.
  std::size_t stores() const { return stores_; }
  /// From now on both are nodes of one cluster, unless a list names another cluster for them.
  void join(ServerIndex one, ServerIndex other);

  /// The order of one pass: shuffled (Fisher-Yates) if `randomize`. The server that was lost last
  /// comes last.
  std::vector<ServerIndex> pass(bool randomize, Random& random) const;

  /// The connection to `index` was lost. The server comes last in every pass until another server
  /// is lost or an update of the list names it.
  void lost(ServerIndex index) { lost_ = index; }
  /// `index` rests for one back-off of its own. It is longer each time, until settled().
  void cool(ServerIndex index, TimePoint now, Random& random);
  /// `index` failed while other servers are live, so it can wait: it is put off for one back-off of
  /// its own from `since`. The back-off is longer each time, until settled().
  void put_off(ServerIndex index, TimePoint since, Random& random);
  /// `index` is put off until `end`.
  void put_off_until(ServerIndex index, TimePoint end);
  /// When `index` may be tried while other servers are live: it neither rests nor is put off.
  TimePoint free_at(ServerIndex index) const;
  /// The end of the rest of `index`. It is in the past if `index` does not rest.
  TimePoint rests_until(ServerIndex index) const { return entry(index).rests_until; }
  /// Changes whenever a server may be tried sooner than this roster said before.
  std::uint64_t revision() const { return revision_; }
  /// No server is put off any more. Rests go on.
  void hurry();
  /// A connection to `index` was stable, so its back-offs begin again with the first delay.
  void settled(ServerIndex index);
  bool is_cooling(ServerIndex index, TimePoint now) const { return entry(index).rests_until > now; }
  bool all_cooling(TimePoint now) const;

  /// The protocol of the next CONNECT: what the server is known to speak, else `preferred`.
  Protocol protocol(ServerIndex index, Protocol preferred) const;
  /// The protocol is proved, by a reason code or by a connection with MQTT 5.
  void remember_protocol(ServerIndex index, Protocol protocol);
  /// The server accepts 3.1.1 and has closed after a MQTT 5 CONNECT without a reason. A proxy whose
  /// server is down does this, too, so it proves nothing: 3.1.1 is used until forget_guess().
  void guess_older(ServerIndex index) { entry(index).guessed_older = true; }
  void forget_guess(ServerIndex index) { entry(index).guessed_older = false; }
  bool guesses_older(ServerIndex index) const;
  bool has_spoken_mqtt5(ServerIndex index) const { return entry(index).speaks == Protocol::mqtt5; }

  /// Whether the server has accepted us and could not do what the run asks for (Cause::unfit). It
  /// may have changed when it is tried again.
  void note_unfit(ServerIndex index, bool unfit) { entry(index).unfit = unfit; }
  bool is_unfit(ServerIndex index) const { return entry(index).unfit; }

  /// A document replaces the configured servers. An update adds to them; with `forget`, what the
  /// same source has named before leaves. An empty list changes nothing. An entry that differs only
  /// in its id or its cluster takes the new one; any other difference makes a new entry. Each
  /// endpoint is used with the entry that a document names for it, else with that of the source
  /// which named it first. An update may not add a server without TLS to configured servers that
  /// all have it (without any: to those that are discovered), nor more than kMostLearned servers in
  /// a run.
  RosterChange change(const ServerList& servers, ListSource source, bool forget);

  /// The server in the order that a reference means which `by` has sent: the same host and port,
  /// and the scheme and path of `by`. Without a port the one with the port of `by` comes first.
  std::optional<ServerIndex> find(ServerIndex by, const ServerReference& reference) const;
  /// Adds a server that only a redirection has named. Nothing if there are kMostLearned already.
  std::optional<ServerIndex> admit(const Server& server);
  /// The servers come first until an update says otherwise (0x9D, failover.md section 6).
  void prefer(std::vector<ServerIndex> servers);

 private:
  struct Entry {
    Server server;
    std::size_t endpoint;  // the same endpoint has the same number
    Backoff cooling;
    TimePoint rests_until{};
    Backoff putting_off;
    TimePoint put_off_until{};
    std::optional<Protocol> speaks;
    bool guessed_older = false;
    bool unfit = false;
    bool listed = false;                    // in order_
    bool without_secrets = false;           // it has left every list and its secrets are gone
    std::string joined = {};                // the cluster that join() has put it into
    std::optional<ListSource> source = {};  // the update that brought it
  };
  Entry& entry(ServerIndex index) { return entries_[static_cast<std::size_t>(index)]; }
  const Entry& entry(ServerIndex index) const { return entries_[static_cast<std::size_t>(index)]; }
  ServerIndex add(const Server& server);
  ServerIndex find_or_add(const Server& server);
  std::optional<ServerIndex> find_listed(const Server& server);
  std::optional<ServerIndex> add_learned(const Server& server);
  template <class Visit>
  void for_each_list(const Visit& visit) const;
  std::vector<std::string> update(const ServerList& servers, ListSource source, bool forget);
  bool wants_tls(ListSource source) const;
  void drop_plain_text();
  void use_entries_of(const std::vector<ServerIndex>& named);
  void prefer_named();
  void reorder();
  void count_stores();
  void take(Entry& known, const Server& server);
  void drop_secrets();
  std::size_t endpoint_of(const Server& server);
  void note_sooner(TimePoint before, TimePoint after);

  BackoffSettings cooling_;    // for each server's own back-offs
  std::deque<Entry> entries_;  // a deque keeps server() valid while the roster grows
  std::unordered_map<std::string, std::size_t> endpoints_;  // by endpoint_key()
  std::vector<std::vector<ServerIndex>> entries_at_;        // by endpoint
  struct Update {
    ListSource source;
    std::vector<ServerIndex> servers;
  };
  std::vector<ServerIndex> preferred_;  // by a redirection
  std::vector<Update> updates_;         // the last one of each source, the newest first
  std::vector<ServerIndex> configured_;
  std::vector<ServerIndex> learned_;   // by earlier updates
  std::vector<ServerIndex> admitted_;  // by a redirection
  std::vector<ServerIndex> order_;
  std::size_t learned_in_all_ = 0;  // entries that no document has made
  std::size_t stores_ = 0;
  bool regrouped_ = false;  // a list has put a known server into another cluster
  std::optional<ServerIndex> lost_;
  std::uint64_t revision_ = 0;
  mutable TimePoint all_rest_until_{};  // valid while the revision is seen_revision_
  mutable std::uint64_t seen_revision_ = 0;
};

}  // namespace mqfail
