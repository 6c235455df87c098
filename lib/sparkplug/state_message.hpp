// SPDX-License-Identifier: Apache-2.0
// The STATE message, by which a Sparkplug host application says whether it is there: topic and
// payload of Sparkplug 3.0 (chapter 6, STATE) and of 2.2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace mqfail {

/// Which topics count. `automatic`: both, and where 3.0 says something, it wins.
enum class StateVersion { automatic, v3, v2 };

/// Milliseconds since the epoch (1970-01-01 UTC), as Sparkplug has them.
using StateTime = std::int64_t;

/// A larger payload is no STATE message (bytes).
inline constexpr std::size_t kLargestState = 4096;

struct StateMessage {
  enum class Says {
    online,
    offline,
    unknown,     ///< an empty payload: the retained message was deleted
    unreadable,  ///< it follows neither specification
  };
  Says says = Says::unknown;
  std::optional<StateTime> time;  ///< 3.0 only
  bool v3 = true;                 ///< the topic's version
  friend bool operator==(const StateMessage&, const StateMessage&) = default;
};

/// A host id is one level of a topic, without + / # (Sparkplug 2.2; the adapter's PrimaryHostId).
/// `flag` is what errors (usage) call it.
Result<Done> check_host_id(std::string_view flag, std::string_view id);

/// "spBv1.0/STATE/ID" [tck-id-host-topic-phid-birth-topic] and "STATE/ID", 3.0 first.
std::vector<std::string> state_topics(std::string_view id, StateVersion version);

/// `topic` is one of state_topics(). Never fails: what cannot be read is `unreadable`. Keys that
/// 3.0 does not know are ignored.
StateMessage read_state(std::string_view topic, std::string_view payload);

/// The payload of 3.0 [tck-id-host-topic-phid-birth-payload].
std::string write_state(bool online, StateTime time);

}  // namespace mqfail
