// SPDX-License-Identifier: Apache-2.0
#include "publish/server_book.hpp"

#include <algorithm>

namespace mqfail {

ServerKey ServerBook::key_of(const Server& server) {
  const auto [known, is_new] =
      keys_.emplace(endpoint_key(server), static_cast<ServerKey>(known_.size()));
  if (is_new) known_.emplace_back();
  known_[known->second].cluster = server.cluster;
  return known->second;
}

void ServerBook::list(const std::vector<const Server*>& roster) {
  for (Known& one : known_) one.listed = false;
  for (const Server* const server : roster) known_[key_of(*server)].listed = true;
}

void ServerBook::forget_down() {
  for (Known& one : known_) one.down = false;
}

std::size_t ServerBook::stores(const std::vector<ServerKey>& servers) const {
  std::size_t count = 0;
  for (auto one = servers.begin(); one != servers.end(); ++one) {
    const std::string& cluster = known_.at(*one).cluster;
    const bool counted =
        !cluster.empty() && std::any_of(servers.begin(), one, [&](ServerKey before) {
          return known_.at(before).cluster == cluster;
        });
    if (!counted) ++count;
  }
  return count;
}

std::size_t ServerBook::fit_stores() const {
  std::vector<ServerKey> fit;
  for (std::size_t key = 0; key < known_.size(); ++key) {
    if (known_[key].listed && !known_[key].unfit) fit.push_back(static_cast<ServerKey>(key));
  }
  return stores(fit);
}

bool ServerBook::all(const std::function<bool(ServerKey)>& such) const {
  for (std::size_t key = 0; key < known_.size(); ++key) {
    const Known& one = known_[key];
    if (one.listed && !one.unfit && !such(static_cast<ServerKey>(key))) return false;
  }
  return true;
}

}  // namespace mqfail
