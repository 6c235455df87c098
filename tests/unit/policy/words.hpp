// SPDX-License-Identifier: Apache-2.0
// Short words for tests of the policy: servers by name, times in ms, actions as transcript lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "simulation/transcript_parse.hpp"

namespace mqfail::test {

inline Server server(const std::string& name) {
  Server out;
  out.id = out.host = name;
  return out;
}

inline ServerList servers(const std::vector<std::string>& names) {
  ServerList out;
  for (const std::string& name : names) out.push_back(server(name));
  return out;
}

inline constexpr ServerIndex kA{0};
inline constexpr ServerIndex kB{1};
inline constexpr ServerIndex kC{2};

inline Duration ms(std::int64_t count) {
  return std::chrono::milliseconds(count);
}
inline TimePoint at(std::int64_t count) {
  return TimePoint(ms(count));
}

inline Reason because(Cause cause, Phase phase = Phase::connack, int code = 0, bool mqtt5 = true) {
  return {cause, phase, code, mqtt5, {}};
}

/// An engine that is spoken to, and answers, in transcript lines without times.
class Spoken {
 public:
  Spoken(FailoverSettings settings, const std::vector<std::string>& names, std::uint64_t seed = 1)
      : failover(std::move(settings), servers(names), Random(seed)) {}

  /// "20 connected #1" -> "use #1 a epoch=1 outage=0"; several answers are joined by "; ".
  std::string operator()(std::string_view line) {
    const auto event = parse_transcript_event(line);
    if (!event) return event.error().message;
    return (*this)(event->event, event->at);
  }
  std::string operator()(const Event& event, Duration when) {
    std::string out;
    for (const Action& action : failover.step(event, TimePoint(when))) {
      const std::string text = transcript_line(action, when, failover);
      out += (out.empty() ? "" : "; ") + text.substr(text.find("-> ") + 3);
    }
    return out;
  }

  Failover failover;
};

inline FailoverSettings exact() {
  FailoverSettings out;
  out.backoff.jitter = Jitter::none;
  return out;
}

}  // namespace mqfail::test
