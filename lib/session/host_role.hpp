// SPDX-License-Identifier: Apache-2.0
// The run as a Sparkplug host application (mqfail-sub --publish-state): it says by STATE messages
// on each of its servers that it is there.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "policy/event.hpp"
#include "session/mailbox.hpp"
#include "sparkplug/state_message.hpp"
#include "transport/transport.hpp"

namespace mqfail {

struct HostSettings {
  std::string id;
  StateVersion version = StateVersion::automatic;  ///< v2, else 3.0: a will has one topic
  std::function<StateTime()> time;                 ///< the wall clock
};

/// Every connection has a time of its own, which the will, the birth and each repetition carry
/// [tck-id-operational-behavior-host-application-multi-server-timestamp]. Thread: the session's.
class HostRole {
 public:
  explicit HostRole(std::optional<HostSettings> settings) : settings_(std::move(settings)) {}

  /// Completes the settings of an attempt: the will, and the own topic is watched
  /// [tck-id-payloads-state-will-message, tck-id-payloads-state-subscribe].
  void begin(AttemptId attempt, ConnectSettings& connect);
  /// Behind the SUBSCRIBE, before all else is published
  /// [tck-id-operational-behavior-primary-application-state-with-multiple-servers-state].
  void online(AttemptId attempt, Transport& transport);
  /// If somebody says that we are offline, we say that we are not, with the time of the will
  /// [tck-id-message-flow-hid-sparkplug-state-message-delivered].
  void heard(const Heard& heard, Transport& transport);
  /// Before DISCONNECT: we are offline as of now
  /// [tck-id-host-topic-phid-death-payload-disconnect-clean]. What we hear of that is no reason to
  /// come online again (eclipse-sparkplug/sparkplug issue 539).
  void leave(AttemptId attempt, Transport& transport);
  void end(AttemptId attempt) { attempts_.erase(attempt); }

 private:
  struct Attempt {
    StateTime time;
    bool live = false;
  };
  std::string payload(bool online, StateTime time) const;
  void say(AttemptId attempt, bool online, StateTime time, Transport& transport) const;

  std::optional<HostSettings> settings_;
  std::string topic_;
  std::map<AttemptId, Attempt> attempts_;
};

}  // namespace mqfail
