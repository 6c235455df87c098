// SPDX-License-Identifier: Apache-2.0
// What the loop has to say to the world: one Notice is one line on stderr (product.md section 6).
// The session fills in facts; lib/tool alone turns them into text, escapes them and writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/time.hpp"

namespace mqfail {

/// The closed set of event names; written with hyphens: standby-ready, gave-up ...
enum class NoticeName {
  start,
  trying,
  failed,
  connected,
  subscribed,
  lost,
  backoff,
  failover,
  failback,
  rebalanced,
  standby_ready,
  standby_lost,
  redirected,
  list_updated,
  gap,
  duplicate,
  dropped,
  stalled,
  insecure,
  tls_expiry,
  gave_up,
  warning,
  exit,
};

enum class Level { info, warning, error };

using NoticeValue = std::variant<std::int64_t, double, bool, std::string, std::vector<std::string>>;

/// Keys that are absent are not written. Strings need not be clean: the writer escapes and cuts
/// them.
struct Notice {
  NoticeName name = NoticeName::warning;
  Level level = Level::info;
  std::string server;                  ///< server id
  std::string uri;                     ///< redacted
  std::optional<std::uint64_t> epoch;  ///< 1 for the first connection, +1 each switch
  std::optional<std::uint64_t> attempt;
  std::string phase;            ///< dns tcp tls ws connack subscribe publish
  std::optional<int> code;      ///< MQTT code or errno
  std::string reason;           ///< our words
  std::string text;             ///< the server's words, untrusted
  std::optional<Duration> dur;  ///< written as dur_ms
  std::vector<std::pair<std::string, NoticeValue>> more;  ///< event's own keys, in this order
};

/// Something takes nothing, or nothing comes; or, with `ended`, it goes on.
inline Notice stalled_notice(std::string reason, bool ended) {
  Notice stalled{.name = NoticeName::stalled, .level = ended ? Level::info : Level::warning};
  stalled.reason = std::move(reason);
  stalled.more = {{"ended", ended}};
  return stalled;
}

/// Where notices go. Called from the session's thread only.
class Announcer {
 public:
  virtual ~Announcer() = default;
  virtual void announce(const Notice& notice) = 0;
};

}  // namespace mqfail
