// SPDX-License-Identifier: Apache-2.0
#include "policy/roster.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

#include "base/text.hpp"

namespace mqfail {
namespace {

bool is_discovery(ListSource source) {
  return source == ListSource::srv || source == ListSource::multicast;
}

bool holds(const std::vector<ServerIndex>& list, ServerIndex index) {
  return std::find(list.begin(), list.end(), index) != list.end();
}

// A connection to one is as good for the other.
bool equal_but_for_names(const Server& a, const Server& b) {
  Server renamed = a;
  renamed.id = b.id;
  renamed.cluster = b.cluster;
  return renamed == b;
}

Server without_secrets(Server server) {
  server.password.reset();
  server.tls.certificate_password.reset();
  server.tls.psk.reset();
  return server;
}

std::vector<ServerIndex> joined(std::vector<ServerIndex> first,
                                const std::vector<ServerIndex>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

// A set of servers or endpoints, by their numbers.
class Marks {
 public:
  explicit Marks(std::size_t size) : marks_(size) {}
  /// False if the number was in the set already.
  bool insert(std::size_t place) {
    const bool fresh = !marks_[place];
    marks_[place] = true;
    return fresh;
  }
  bool insert(ServerIndex index) { return insert(static_cast<std::size_t>(index)); }
  /// False also for a number that was not there when the set was made.
  bool has(ServerIndex index) const {
    const auto place = static_cast<std::size_t>(index);
    return place < marks_.size() && marks_[place];
  }

 private:
  std::vector<bool> marks_;
};

// What `wanted` has and `list` has not, each once. `size` is above every index.
std::vector<ServerIndex> missing_from(const std::vector<ServerIndex>& list,
                                      const std::vector<ServerIndex>& wanted, std::size_t size) {
  Marks there(size);
  for (const ServerIndex index : list) there.insert(index);
  std::vector<ServerIndex> out;
  for (const ServerIndex index : wanted) {
    if (there.insert(index)) out.push_back(index);
  }
  return out;
}

}  // namespace

Roster::Roster(const ServerList& servers, const BackoffSettings& cooling) : cooling_(cooling) {
  for (const Server& server : servers) configured_.push_back(add(server));
  reorder();
}

std::vector<ServerIndex> Roster::pass(bool randomize, Random& random) const {
  std::vector<ServerIndex> out = order_;
  if (randomize) {
    for (std::size_t left = out.size(); left > 1; --left) {
      std::swap(out[left - 1], out[random.below(left)]);
    }
  }
  if (lost_) std::stable_partition(out.begin(), out.end(), [&](auto i) { return i != *lost_; });
  return out;
}

void Roster::cool(ServerIndex index, TimePoint now, Random& random) {
  const TimePoint before =
      std::exchange(entry(index).rests_until, now + entry(index).cooling.next(random));
  note_sooner(before, entry(index).rests_until);
}

void Roster::put_off(ServerIndex index, TimePoint since, Random& random) {
  put_off_until(index, since + entry(index).putting_off.next(random));
}

void Roster::put_off_until(ServerIndex index, TimePoint end) {
  note_sooner(std::exchange(entry(index).put_off_until, end), end);
}

TimePoint Roster::free_at(ServerIndex index) const {
  return std::max(entry(index).rests_until, entry(index).put_off_until);
}

void Roster::hurry() {
  for (Entry& entry : entries_) entry.put_off_until = {};
  ++revision_;
}

void Roster::settled(ServerIndex index) {
  entry(index).cooling.reset();
  entry(index).putting_off.reset();
}

// While the revision stays the same, no rest ends sooner. So the end of the shortest rest is kept.
bool Roster::all_cooling(TimePoint now) const {
  if (seen_revision_ == revision_ && all_rest_until_ > now) return true;
  TimePoint shortest = TimePoint::max();
  for (const ServerIndex index : order_) {
    if (!is_cooling(index, now)) return false;
    shortest = std::min(shortest, rests_until(index));
  }
  seen_revision_ = revision_;
  all_rest_until_ = shortest;
  return true;
}

void Roster::note_sooner(TimePoint before, TimePoint after) {
  if (after < before) ++revision_;
}

Protocol Roster::protocol(ServerIndex index, Protocol preferred) const {
  if (guesses_older(index)) return Protocol::mqtt311;
  return entry(index).speaks.value_or(preferred);
}

void Roster::remember_protocol(ServerIndex index, Protocol protocol) {
  entry(index).speaks = protocol;
  entry(index).guessed_older = false;
}

bool Roster::guesses_older(ServerIndex index) const {
  return entry(index).guessed_older && !entry(index).speaks;
}

RosterChange Roster::change(const ServerList& servers, ListSource source, bool forget) {
  RosterChange change;
  if (servers.empty()) return change;
  const std::vector<ServerIndex> before = order_;
  if (source == ListSource::document) {
    configured_.clear();
    for (const Server& server : servers) configured_.push_back(find_or_add(server));
    use_entries_of(configured_);
    prefer_named();
  } else {
    change.refused = update(servers, source, forget);
  }
  drop_plain_text();
  reorder();
  drop_secrets();
  change.added = missing_from(before, order_, entries_.size());
  change.removed = missing_from(order_, before, entries_.size());
  change.any = before != order_ || std::exchange(regrouped_, false);
  return change;
}

// What the user has named or has had found: the configured servers, else those that are discovered.
// If all of them have TLS, an update adds none without it.
bool Roster::wants_tls(ListSource source) const {
  const auto all_tls = [&](const std::vector<ServerIndex>& servers) {
    return std::all_of(servers.begin(), servers.end(),
                       [&](auto index) { return is_tls(server(index).scheme); });
  };
  if (!configured_.empty()) return all_tls(configured_);
  if (is_discovery(source)) return false;
  bool any = false;
  for (const Update& one : updates_) {
    if (!is_discovery(one.source)) continue;
    if (!all_tls(one.servers)) return false;
    any = true;
  }
  return any;
}

// An update may have come before the servers by which it is judged.
void Roster::drop_plain_text() {
  const auto drop = [&](std::vector<ServerIndex>& servers) {
    std::erase_if(servers, [&](auto index) { return !is_tls(server(index).scheme); });
  };
  for (Update& one : updates_) {
    if (wants_tls(one.source)) drop(one.servers);
  }
  if (!wants_tls(ListSource::topic)) return;
  for (auto* const list : {&learned_, &admitted_, &preferred_}) drop(*list);
}

// Returns what may not be added.
std::vector<std::string> Roster::update(const ServerList& servers, ListSource source, bool forget) {
  std::vector<std::string> refused;
  Update update{source, {}};
  const bool tls_only = wants_tls(source);
  // Of what it did not bring itself, a source names the endpoint only.
  Marks lasting(entries_.size());
  for (const ServerIndex index : configured_) lasting.insert(index);
  for (const ServerIndex index : admitted_) lasting.insert(index);
  for (const Server& server : servers) {
    auto index = find_listed(server);
    const bool allowed = is_tls(server.scheme) || !tls_only;
    const bool own = index && entry(*index).source == source && !lasting.has(*index);
    if (allowed && (!index || own)) {
      if (const auto named = add_learned(server)) {
        index = named;
        entry(*index).source = source;
      }
    }
    if (index) {
      update.servers.push_back(*index);
    } else {
      refused.push_back(endpoint(server));
    }
  }
  if (update.servers.empty()) return refused;
  const auto old = std::find_if(updates_.begin(), updates_.end(),
                                [&](const Update& one) { return one.source == source; });
  if (old != updates_.end()) {
    if (!forget) learned_ = missing_from({}, joined(old->servers, learned_), entries_.size());
    updates_.erase(old);
  }
  if (forget) learned_.clear();
  if (lost_ && holds(update.servers, *lost_)) lost_.reset();
  use_entries_of(update.servers);
  updates_.insert(updates_.begin(), std::move(update));
  preferred_.clear();
  return refused;
}

std::optional<ServerIndex> Roster::find(ServerIndex by, const ServerReference& reference) const {
  const Server& sender = server(by);
  std::optional<ServerIndex> found;
  for (const ServerIndex index : order_) {
    const Server& one = server(index);
    if (one.scheme != sender.scheme || !same_word(one.host, reference.host)) continue;
    if (one.port == reference.port.value_or(sender.port)) return index;
    if (!reference.port && !found) found = index;
  }
  return found;
}

std::optional<ServerIndex> Roster::admit(const Server& server) {
  if (const auto known = find_listed(server)) return known;
  const auto index = add_learned(server);
  if (!index) return index;
  admitted_.push_back(*index);
  reorder();
  return index;
}

void Roster::prefer(std::vector<ServerIndex> servers) {
  preferred_ = std::move(servers);
  reorder();
}

void Roster::join(ServerIndex one, ServerIndex other) {
  const std::string absorbed = server(other).cluster;
  std::string name = server(one).cluster;
  if (name.empty()) name = absorbed.empty() ? server(one).id : absorbed;
  entry(one).joined = entry(one).server.cluster = name;
  entry(other).joined = entry(other).server.cluster = name;
  for (Entry& each : entries_) {
    if (!absorbed.empty() && each.server.cluster == absorbed)
      each.joined = each.server.cluster = name;
  }
  count_stores();
}

// The list names a server that is known. What join() has found out holds unless it names a cluster.
void Roster::take(Entry& known, const Server& server) {
  const std::string before = known.server.cluster;
  known.server = server;
  if (server.cluster.empty()) known.server.cluster = known.joined;
  regrouped_ = regrouped_ || known.server.cluster != before;
}

void Roster::count_stores() {
  std::set<std::string_view> clusters;
  stores_ = 0;
  for (const ServerIndex index : order_) {
    const std::string& cluster = server(index).cluster;
    if (cluster.empty() || clusters.insert(cluster).second) ++stores_;
  }
}

ServerIndex Roster::add(const Server& server) {
  const auto index = ServerIndex(static_cast<std::uint32_t>(entries_.size()));
  const std::size_t endpoint = endpoint_of(server);
  entries_.push_back({server, endpoint, Backoff(cooling_), {}, Backoff(cooling_), {}, {}});
  entries_at_[endpoint].push_back(index);
  return index;
}

ServerIndex Roster::find_or_add(const Server& server) {
  const std::vector<ServerIndex>& here = entries_at_[endpoint_of(server)];
  for (const ServerIndex index : here) {
    Entry& known = entry(index);
    if (known.without_secrets || !equal_but_for_names(known.server, server)) continue;
    take(known, server);
    return index;
  }
  for (const ServerIndex index : here) {
    Entry& known = entry(index);
    if (!known.without_secrets || !equal_but_for_names(known.server, without_secrets(server)))
      continue;
    take(known, server);
    known.without_secrets = false;
    return index;
  }
  return add(server);
}

std::optional<ServerIndex> Roster::find_listed(const Server& server) {
  for (const ServerIndex index : entries_at_[endpoint_of(server)]) {
    if (contains(index)) return index;
  }
  return std::nullopt;
}

std::optional<ServerIndex> Roster::add_learned(const Server& server) {
  const std::size_t before = entries_.size();
  if (learned_in_all_ >= kMostLearned) return std::nullopt;
  const ServerIndex index = find_or_add(server);
  learned_in_all_ += entries_.size() - before;
  return index;
}

std::size_t Roster::endpoint_of(const Server& server) {
  const auto [found, fresh] = endpoints_.try_emplace(endpoint_key(server), entries_at_.size());
  if (fresh) entries_at_.emplace_back();
  return found->second;
}

// In the order of preference.
template <class Visit>
void Roster::for_each_list(const Visit& visit) const {
  visit(preferred_);
  if (!updates_.empty()) visit(updates_.front().servers);
  visit(configured_);
  for (std::size_t i = 1; i < updates_.size(); ++i) visit(updates_[i].servers);
  visit(learned_);
  visit(admitted_);
}

// `named` has the entries of their endpoints from now on, in whatever list these are.
void Roster::use_entries_of(const std::vector<ServerIndex>& named) {
  std::vector<std::optional<ServerIndex>> at(entries_at_.size());
  for (const ServerIndex index : named) {
    std::optional<ServerIndex>& here = at[entry(index).endpoint];
    if (!here) here = index;
  }
  const auto use = [&](std::vector<ServerIndex>& list) {
    for (ServerIndex& index : list) index = at[entry(index).endpoint].value_or(index);
  };
  use(preferred_);
  for (Update& update : updates_) use(update.servers);
  use(learned_);
  use(admitted_);
}

// A redirection puts servers first. It does not keep one that nothing else names any more.
void Roster::prefer_named() {
  const std::vector<ServerIndex> preferred = std::exchange(preferred_, {});
  Marks named(entries_.size());
  for_each_list([&](const std::vector<ServerIndex>& list) {
    for (const ServerIndex index : list) named.insert(index);
  });
  std::copy_if(preferred.begin(), preferred.end(), std::back_inserter(preferred_),
               [&](ServerIndex index) { return named.has(index); });
}

// A server that is in no list any more is remembered without its secrets.
void Roster::drop_secrets() {
  Marks kept(entries_.size());
  for_each_list([&](const std::vector<ServerIndex>& list) {
    for (const ServerIndex index : list) kept.insert(index);
  });
  for (std::size_t place = 0; place < entries_.size(); ++place) {
    Entry& gone = entries_[place];
    if (!kept.insert(place) || gone.without_secrets) continue;
    gone.server = without_secrets(std::move(gone.server));
    gone.without_secrets = true;
  }
}

void Roster::reorder() {
  for (const ServerIndex index : order_) entry(index).listed = false;
  order_.clear();
  Marks endpoints(entries_at_.size());
  for_each_list([&](const std::vector<ServerIndex>& list) {
    for (const ServerIndex index : list) {
      if (!endpoints.insert(entry(index).endpoint)) continue;
      entry(index).listed = true;
      order_.push_back(index);
    }
  });
  count_stores();
  ++revision_;
}

}  // namespace mqfail
