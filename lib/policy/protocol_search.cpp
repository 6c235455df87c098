// SPDX-License-Identifier: Apache-2.0
// The step from MQTT 5 to 3.1.1, and what is remembered of it (failover.md section 3).
#include "policy/failover_engine.hpp"

namespace mqfail {

// What a failed attempt means. The step to MQTT 3.1.1 is taken without -V only, after an attempt
// with MQTT 5, and not at a server that has spoken MQTT 5, unless that server asks for it: if such
// a server closes without an answer, it is dying and not old. A standby that takes over has had its
// CONNACK.
Verdict Failover::Engine::judge(const Attempt& attempt, const Reason& reason) const {
  const bool fixed = fixed_protocol(attempt.server) || attempt.protocol != Protocol::mqtt5 ||
                     attempt.taking_over ||
                     (reason.cause != Cause::connack && roster.has_spoken_mqtt5(attempt.server));
  const Verdict what = verdict(reason, fixed, false);
  const bool of_no_use = what == Verdict::older_protocol && settings.mqtt5_required;
  return of_no_use ? Verdict::next : what;
}

// The server has accepted this attempt.
void Failover::Engine::learn_protocol(const Attempt& attempt) {
  if (attempt.guess) {
    roster.guess_older(attempt.server);
  } else {
    roster.remember_protocol(attempt.server, attempt.protocol);
  }
}

// The server has not accepted this attempt, or it ended badly and soon. Codes 1 and 0x84 prove that
// it is old, any other word of MQTT 5 that it is not. A word in answer to 3.1.1 keeps a guess
// alive, silence or a close in answer to a CONNECT ends it.
void Failover::Engine::learn_protocol(const Attempt& attempt, const Reason& reason) {
  const ServerIndex server = attempt.server;
  const bool word = reason.cause == Cause::connack || reason.cause == Cause::suback;
  if (attempt.protocol == Protocol::mqtt5) {
    if (reason.cause == Cause::connack && (reason.code == 1 || reason.code == 0x84)) {
      const bool of_use = !fixed_protocol(server) && !settings.mqtt5_required;
      if (of_use) roster.remember_protocol(server, Protocol::mqtt311);
    } else if (word && reason.mqtt5) {
      roster.remember_protocol(server, Protocol::mqtt5);
    }
  } else if (attempt.guess && word) {
    roster.guess_older(server);
  } else if (attempt.guess && reason.phase >= Phase::connack) {
    roster.forget_guess(server);
  }
}

}  // namespace mqfail
