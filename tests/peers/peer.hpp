// SPDX-License-Identifier: Apache-2.0
// A peer: servers of one kind that mqfail uses as a user's servers. The files beside this one make
// them, a file for each kind.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "peers/node.hpp"

namespace peers {

class Peer {
 public:
  virtual ~Peer() = default;
  /// What mqfail is given, in this order: each of the ports, unless a peer has other addresses.
  virtual std::vector<std::string> uris() const;
  /// What a fault can happen to. Node 0 is what the first address leads to.
  virtual std::vector<Node*> nodes() = 0;
  /// The MQTT ports of the servers. What is published at one of them comes from all of them.
  virtual std::vector<std::uint16_t> ports() const = 0;
  /// Takes another form of the same kind, for example other addresses or a policy.
  virtual void become(const std::string& form);
  /// Whether MQTT 5 must be spoken with each server.
  virtual bool speaks_5() const = 0;
  /// Sessions belong to all servers together, not to each of them.
  virtual bool shares_sessions() const { return true; }
};

/// Waits until each message that is published at one of the servers comes from all of them. See
/// Node::serves() for a server that has ended. Throws rig::Broken after `patience`.
void wait_until_whole(Peer& peer, milliseconds patience = 90s);

struct Kind {
  std::string name;
  /// Why this machine cannot have it; empty if it can.
  std::function<std::string()> missing;
  /// Starts it; it may still be on its way when this returns.
  std::function<std::unique_ptr<Peer>()> start;
};

const std::vector<Kind>& kinds();

/// For `missing`: names what is not there, of programs and files.
std::string missing_of(const std::vector<std::string>& programs,
                       const std::vector<std::string>& files = {});

// Each is in the file of its name.
Kind rabbitmq();
Kind nats();
Kind bridged(const std::string& protocol);
Kind two_addresses();
Kind aedes(int version);
Kind haproxy(bool checks);
Kind activemq();

}  // namespace peers
