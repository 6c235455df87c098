// SPDX-License-Identifier: Apache-2.0
// What mqfail-pub knows of its servers, each under a key: which are in the roster now, which could
// not be reached when they were last tried, and which cannot do what the run asks for. "Every
// server" means every other server of the roster as it is now.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "policy/server.hpp"

namespace mqfail {

/// Which server, for as long as the run. Two names of one endpoint (same_endpoint) have one key:
/// messages are stored there, whatever the roster calls it.
using ServerKey = std::uint32_t;

class ServerBook {
 public:
  /// The key, and the cluster as it is now.
  ServerKey key_of(const Server& server);
  /// The roster as it is now; before the first call it is empty.
  void list(const std::vector<const Server*>& roster);
  void reached(ServerKey server) { known_.at(server).down = false; }
  void not_reached(ServerKey server) { known_.at(server).down = true; }
  /// Forgets which servers could not be reached; a failed try marks them again.
  void forget_down();
  bool is_down(ServerKey server) const { return known_.at(server).down; }
  /// How many stores these servers are: the nodes of one cluster have one in common.
  std::size_t stores(const std::vector<ServerKey>& servers) const;
  /// The server is connected, and it cannot do what the run asks for (Cause::unfit), or can.
  void note_unfit(ServerKey server, bool unfit) { known_.at(server).unfit = unfit; }
  /// How many stores the servers of the roster are that are not unfit.
  std::size_t fit_stores() const;
  /// Whether `such` is true for all servers of the roster that are not unfit.
  bool all(const std::function<bool(ServerKey)>& such) const;

 private:
  struct Known {
    bool listed = false, down = false, unfit = false;
    std::string cluster = {};  // empty: none
  };
  std::unordered_map<std::string, ServerKey> keys_;
  std::vector<Known> known_;  // by key
};

}  // namespace mqfail
