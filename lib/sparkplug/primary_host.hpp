// SPDX-License-Identifier: Apache-2.0
// What the STATE of a primary host means for the use of a server (failover.md section 7). Rules
// only: no socket, no clock.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "sparkplug/state_message.hpp"

namespace mqfail {

/// The host as one connection has shown it.
struct HostView {
  std::string server;               ///< the key of its server, the same at each connection
  bool in_use = false;              ///< the server was found usable
  bool v3 = false;                  ///< a STATE of 3.0 was read: those of 2.2 do not count
  std::optional<StateTime> online;  ///< of the last online STATE that counted
};

/// What to do about a STATE that was read.
enum class HostDecision {
  wait,     ///< it says nothing about the server
  use,      ///< the host is online there
  offline,  ///< not usable: the host is not there
  older,    ///< not usable: the STATE says online, but was superseded on another server
  leave,    ///< the server is in use, and the host has gone: on to the next one
};

/// What is remembered of one host over all servers.
class PrimaryHost {
 public:
  /// The first STATE ever seen is taken as valid
  /// [tck-id-operational-behavior-edge-node-birth-sequence-wait].
  ///
  /// An online STATE that is older than the last one seen is not used
  /// [tck-id-message-flow-edge-node-birth-publish-phid-wait-timestamp]. But a host keeps a time for
  /// each server [tck-id-operational-behavior-host-application-multi-server-timestamp], and it may
  /// have connected to that server first. So if no server has shown a newer one when this server is
  /// asked again, it is the newest there is, and is used.
  ///
  /// In use, offline counts if it is not older than the online STATE of that connection
  /// [tck-id-operational-behavior-edge-node-termination-host-offline-timestamp].
  HostDecision judge(HostView& view, const StateMessage& state);

 private:
  HostDecision judge_online(HostView& view, std::optional<StateTime> time);

  std::optional<StateTime> newest_;
  std::map<std::string, StateTime> by_server_;    // the last online STATE that counted
  std::map<std::string, StateTime> passed_over_;  // as older, since some server was used
};

}  // namespace mqfail
