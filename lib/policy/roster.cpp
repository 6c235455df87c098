// SPDX-License-Identifier: Apache-2.0
#include "policy/roster.hpp"

#include <algorithm>
#include <utility>

namespace mqfail {
namespace {

bool holds(const std::vector<ServerIndex>& list, ServerIndex index) {
  return std::find(list.begin(), list.end(), index) != list.end();
}

bool equal_but_for_id(const Server& a, const Server& b) {
  if (!same_endpoint(a, b)) return false;  // spares most of them the copy
  Server renamed = a;
  renamed.id = b.id;
  return renamed == b;
}

std::vector<ServerIndex> missing_from(const std::vector<ServerIndex>& list,
                                      const std::vector<ServerIndex>& wanted) {
  std::vector<ServerIndex> out;
  for (const ServerIndex index : wanted) {
    if (!holds(list, index)) out.push_back(index);
  }
  return out;
}

}  // namespace

Roster::Roster(const ServerList& servers, const BackoffSettings& cooling) : cooling_(cooling) {
  for (const Server& server : servers) configured_.push_back(add(server));
  reorder();
}

bool Roster::contains(ServerIndex index) const {
  return holds(order_, index);
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
  entry(index).rests_until = now + entry(index).cooling.next(random);
}

void Roster::put_off(ServerIndex index, TimePoint since, Random& random) {
  entry(index).put_off_until = since + entry(index).putting_off.next(random);
}

TimePoint Roster::free_at(ServerIndex index) const {
  return std::max(entry(index).rests_until, entry(index).put_off_until);
}

void Roster::hurry() {
  for (Entry& entry : entries_) entry.put_off_until = {};
}

void Roster::settled(ServerIndex index) {
  entry(index).cooling.reset();
  entry(index).putting_off.reset();
}

bool Roster::all_cooling(TimePoint now) const {
  return std::all_of(order_.begin(), order_.end(), [&](auto i) { return is_cooling(i, now); });
}

Protocol Roster::protocol(ServerIndex index, Protocol preferred) const {
  return entry(index).speaks.value_or(preferred);
}

RosterChange Roster::change(const ServerList& servers, ListSource source, bool forget) {
  RosterChange change;
  if (servers.empty()) return change;
  const std::vector<ServerIndex> before = order_;
  if (source == ListSource::document) {
    configured_.clear();
    for (const Server& server : servers) configured_.push_back(find_or_add(server));
  } else {
    if (forget) {
      learned_.clear();
    } else {
      learned_.insert(learned_.begin(), updated_.begin(), updated_.end());
    }
    updated_.clear();
    for (const Server& server : servers) updated_.push_back(find_endpoint_or_add(server));
    if (lost_ && holds(updated_, *lost_)) lost_.reset();
  }
  reorder();
  change.added = missing_from(before, order_);
  change.removed = missing_from(order_, before);
  change.any = before != order_;
  return change;
}

ServerIndex Roster::add(const Server& server) {
  entries_.push_back({server, Backoff(cooling_), {}, Backoff(cooling_), {}, {}});
  return ServerIndex(static_cast<std::uint32_t>(entries_.size() - 1));
}

ServerIndex Roster::find_or_add(const Server& server) {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (!equal_but_for_id(entries_[i].server, server)) continue;
    entries_[i].server.id = server.id;
    return ServerIndex(static_cast<std::uint32_t>(i));
  }
  return add(server);
}

// An update knows endpoints only: where one is configured, that entry with its credentials is
// meant.
ServerIndex Roster::find_endpoint_or_add(const Server& server) {
  for (const ServerIndex index : order_) {
    if (same_endpoint(entry(index).server, server)) return index;
  }
  return find_or_add(server);
}

void Roster::reorder() {
  order_.clear();
  for (const auto* list : {&updated_, &configured_, &learned_}) {
    for (const ServerIndex index : *list) {
      const bool is_double = std::any_of(order_.begin(), order_.end(), [&](ServerIndex other) {
        return same_endpoint(server(other), server(index));
      });
      if (!is_double) order_.push_back(index);
    }
  }
}

}  // namespace mqfail
