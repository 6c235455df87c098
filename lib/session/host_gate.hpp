// SPDX-License-Identifier: Apache-2.0
// An attempt counts as connected only once the primary host is seen to be online at its server
// (failover.md section 7): what comes between the transport's Connected and the policy's.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "policy/event.hpp"
#include "session/mailbox.hpp"
#include "sparkplug/primary_host.hpp"
#include "transport/transport.hpp"

namespace mqfail {

struct PrimaryHostSettings {
  std::string id;
  StateVersion version = StateVersion::automatic;
  Duration patience = std::chrono::seconds(10);  ///< --state-timeout
  friend bool operator==(const PrimaryHostSettings&, const PrimaryHostSettings&) = default;
};

/// Thread: the session's. Without settings every attempt passes.
class HostGate {
 public:
  /// What the session is to do about the attempt.
  enum class Step {
    nothing,
    pass,       ///< it is connected
    wait,       ///< for a STATE
    subscribe,  ///< the server is usable: take_over(), and Connected is told again
    refuse,     ///< it is not usable; see why()
    leave,      ///< it was in use, and the host has gone; see why()
    warn,       ///< a STATE cannot be read
  };

  explicit HostGate(std::optional<PrimaryHostSettings> settings) : settings_(std::move(settings)) {}

  /// Completes the settings of an attempt that is to be live.
  void begin(AttemptId attempt, const std::string& server, ConnectSettings& connect);
  void end(AttemptId attempt) { attempts_.erase(attempt); }

  Step connected(AttemptId attempt);
  Step heard(const Heard& heard);

  Duration patience() const { return settings_->patience; }
  /// How long a SUBSCRIBE may take.
  Duration bound(AttemptId attempt) const { return attempts_.at(attempt).bound; }
  Reason why(AttemptId attempt) const;

 private:
  enum class Stage { connecting, waiting, subscribing, live };
  struct Attempt {
    HostView view;
    Duration bound{};
    bool subscribes = false;
    Stage stage = Stage::connecting;
    HostDecision last = HostDecision::wait;
    bool warned = false;
  };
  static Step admit(Attempt& attempt);

  std::optional<PrimaryHostSettings> settings_;
  PrimaryHost host_;
  std::map<AttemptId, Attempt> attempts_;
};

}  // namespace mqfail
