// SPDX-License-Identifier: Apache-2.0
#include "peers/peer.hpp"

#include <algorithm>
#include <set>
#include <thread>

#include "rig/client.hpp"
#include "rig/process.hpp"

namespace peers {
namespace {

/// One round: subscribed at each port, a message from each port to all.
bool is_whole(const std::vector<std::uint16_t>& ports, const std::string& topic) {
  try {
    std::vector<std::unique_ptr<rig::Client>> clients;
    for (const std::uint16_t port : ports) {
      clients.push_back(std::make_unique<rig::Client>(port));
      clients.back()->subscribe(topic, 1);
    }
    for (std::size_t i = 0; i < clients.size(); ++i)
      clients[i]->publish({.topic = topic, .payload = std::to_string(i), .qos = 1});
    for (const auto& client : clients) {
      std::set<std::string> came;
      while (came.size() < clients.size()) {
        const auto publish = client->receive(1s);
        if (!publish) return false;
        came.insert(publish->payload);
      }
    }
    return true;
  } catch (const rig::Broken&) {
    return false;  // a server that is not yet there
  }
}

}  // namespace

std::vector<std::string> Peer::uris() const {
  std::vector<std::string> all;
  for (const std::uint16_t port : ports())
    all.push_back("mqtt://127.0.0.1:" + std::to_string(port));
  return all;
}

void Peer::become(const std::string& form) {
  if (!form.empty()) throw rig::Broken("there is no form " + form);
}

void wait_until_whole(Peer& peer, milliseconds patience) {
  const rig::Moment end = rig::Clock::now() + patience;
  const auto left = [&] {
    return std::max(0ms, std::chrono::duration_cast<milliseconds>(end - rig::Clock::now()));
  };
  for (Node* const node : peer.nodes())
    if (!node->serves(left())) throw rig::Broken("a server does not serve: " + node->said());
  for (int round = 0; !is_whole(peer.ports(), "whole/" + std::to_string(round)); ++round) {
    if (left() == 0ms) throw rig::Broken("the servers do not hand on to each other");
    std::this_thread::sleep_for(50ms);  // nothing tells us when they do
  }
}

std::string missing_of(const std::vector<std::string>& programs,
                       const std::vector<std::string>& files) {
  std::string missing;
  const auto add = [&](const std::string& what) {
    missing += (missing.empty() ? "" : ", ") + what;
  };
  for (const std::string& program : programs) {
    try {
      if (!std::filesystem::exists(rig::find_program(program))) add(program);
    } catch (const rig::Broken&) {
      add(program);
    }
  }
  for (const std::string& file : files)
    if (!std::filesystem::exists(file)) add(file);
  return missing.empty() ? missing : "not installed: " + missing;
}

}  // namespace peers
