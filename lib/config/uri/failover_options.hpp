// SPDX-License-Identifier: Apache-2.0
// The one table of failover options (failover.md section 1): what the URI, the flags, the man page
// and the completions know comes from here. An option that is not built yet is refused, never
// ignored.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/error.hpp"
#include "policy/settings.hpp"

namespace mqfail {

/// What a value looks like. Durations are milliseconds in a URI and carry a unit as a flag.
enum class OptionKind { duration, boolean, integer, real, choice, text };

/// One row. The names live as long as the program.
struct FailoverOption {
  std::string_view camelName;  ///< in the URI
  std::string_view kebabName;  ///< as a flag, without the dashes
  OptionKind kind = OptionKind::text;
  std::string_view help;      ///< one line, no full stop
  bool built = false;         ///< false: only the value that changes nothing is accepted
  std::string_view standard;  ///< the default as a URI would write it; empty: none, off
  std::string_view choices;   ///< of a choice, with commas between
  bool publisher = false;     ///< means something in mqfail-pub only
};

/// Every option of the table, in the order of failover.md.
std::span<const FailoverOption> failover_options();

/// What only a publisher does with its roster.
struct PublishTuning {
  std::optional<Duration> timeout;  ///< timeout: a message unsettled so long has failed
  Duration ack_timeout =
      std::chrono::seconds(10);  ///< ackTimeout: a server silent on one message so long is lost
  std::uint64_t max_cache_bytes =
      std::uint64_t{8} * 1024 * 1024;  ///< maxCacheSize: a full outbox makes the input wait
  friend bool operator==(const PublishTuning&, const PublishTuning&) = default;
};

/// Everything the options can change.
struct FailoverTuning {
  FailoverSettings settings;
  bool backup = false;
  std::int64_t backup_pool = 1;  ///< becomes settings.standbys with `backup`
  PublishTuning publish;
};

/// Sets one option by its camelName. Bare numbers are milliseconds; a unit is accepted as well.
/// Errors (usage): unknown name (with a suggestion), wrong type or range, "not yet supported".
Result<Done> apply_failover_option(std::string_view name, std::string_view value,
                                   FailoverTuning& tuning);

/// True if `name` is a camelName of the table.
bool is_failover_option(std::string_view name);

/// "500" (milliseconds) if `bare_milliseconds`, "500ms", "5s": at most a year, errors name `what`.
Result<Duration> parse_option_duration(std::string_view what, std::string_view value,
                                       bool bare_milliseconds);

}  // namespace mqfail
