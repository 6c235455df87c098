// SPDX-License-Identifier: Apache-2.0
// A real avahi-daemon, with a D-Bus of its own. It needs a network and mounts of its own
// (rig/own_network.hpp, rig/own_mounts.hpp), with multicast on the loopback interface and a /run of
// its own. The destructor stops everything by its process id.
#pragma once

#include <memory>
#include <vector>

#include "rig/process.hpp"

namespace rig {

/// Gives the loopback interface multicast. It is called behind enter_own_network().
void allow_multicast_on_loopback();

class Avahi {
 public:
  /// Its host is broker.local.
  Avahi();
  ~Avahi();
  Avahi(const Avahi&) = delete;
  Avahi& operator=(const Avahi&) = delete;

  /// Announces a service, as avahi-publish -s NAME TYPE PORT [TXT] does; returns when it is known.
  void publish(const std::string& name, const std::string& type, std::uint16_t port,
               const std::string& txt = "");
  /// Takes the newest service back.
  void withdraw();

 private:
  Scratch folder_;
  std::map<std::string, std::string> environment_;
  std::unique_ptr<Process> bus_, daemon_;
  std::vector<std::unique_ptr<Process>> services_;
};

}  // namespace rig
