// SPDX-License-Identifier: Apache-2.0
// What happened to the engine and what it answered, one line each: the format of --trace and of the
// scenarios in tests/simulation, so that a log from the field is a test. It never shows a user or a
// password. tests/simulation/transcript_parse reads it back.
//
//   servers a=tcp://10.0.0.1:1883 b=mqtts://b.example:8883
//   set reconnectJitter=none stable=5000
//   seed 42
//   0 started                                          an event, at a time in ms since the start
//   0 -> connect #1 a mqtt5                            what the engine answered
//   12.5 failed #1 refused phase=tcp code=111
#pragma once

#include <string>
#include <string_view>

#include "policy/failover.hpp"

namespace mqfail {

/// Everything that decides a run, besides its events.
struct TranscriptHead {
  FailoverSettings settings;
  ServerList servers;
  std::uint64_t seed = 0;
};

/// The lines `servers`, `set` (what differs from the defaults; left out if nothing does), `seed`.
std::string transcript_head(const TranscriptHead& head);
/// One line, without its end. `failover` knows what the servers are called.
std::string transcript_line(const Event& event, Duration at);
std::string transcript_line(const Action& action, Duration at, const Failover& failover);

/// Milliseconds with up to three decimals: "1500", "12.5".
std::string transcript_time(Duration time);

}  // namespace mqfail
