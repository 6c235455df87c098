// SPDX-License-Identifier: Apache-2.0
// The one table of failover options (failover.md section 1). A row carries everything: names, kind,
// limits, default, help, and the setter. URIs, flags, `mqfail-config convert`, the manual and the
// completions read it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "policy/settings.hpp"

namespace mqfail {

/// What only a publisher does with its roster.
struct PublishTuning {
  std::optional<Duration> timeout;  ///< timeout: a message unsettled so long has failed
  Duration ack_timeout =
      std::chrono::seconds(10);  ///< ackTimeout: a server silent on one message so long is lost
  std::uint64_t max_cache_bytes =
      std::uint64_t{8} * 1024 * 1024;  ///< maxCacheSize: a full outbox makes the input wait
  friend bool operator==(const PublishTuning&, const PublishTuning&) = default;
};

/// What only a subscriber does with its roster.
struct SubscribeTuning {
  std::optional<Duration> stale_timeout;  ///< staleTimeout: a server without a message is lost
  friend bool operator==(const SubscribeTuning&, const SubscribeTuning&) = default;
};

/// Where a changed list may come from while a run goes on (failover.md section 5).
struct UpdateTuning {
  bool supported = true;  ///< updateURIsSupported: false: the list stays as it is
  std::string url;        ///< updateURIsURL: a file, file:, http: or https:; empty: none
  Duration interval = std::chrono::seconds(30);  ///< updateURIsInterval: of http: and https:
  std::string topic;                             ///< updatesTopic; empty: none
  std::string filter;  ///< updateClusterFilter, valid for ServerFilter; empty: none
  friend bool operator==(const UpdateTuning&, const UpdateTuning&) = default;
};

/// Everything the options can change.
struct FailoverTuning {
  FailoverSettings settings;
  bool backup = false;
  std::int64_t backup_pool = 1;  ///< becomes settings.standbys with `backup`
  PublishTuning publish;
  SubscribeTuning subscribe;
  UpdateTuning updates;
  bool reconnect_supported = true;  ///< reconnectSupported: false switches redirect off
  friend bool operator==(const FailoverTuning&, const FailoverTuning&) = default;
};

/// What a value looks like. Durations are milliseconds in a URI and carry a unit as a flag; bytes
/// may carry KiB, MiB or GiB.
enum class OptionKind { duration, boolean, integer, bytes, real, choice, text };

/// A value in its type; the member that the kind names is set.
struct OptionValue {
  std::optional<Duration> duration;  ///< empty: off
  bool boolean = false;
  std::int64_t integer = 0;  ///< also of a choice: which one
  double real = 0;
  std::string text;
  friend bool operator==(const OptionValue&, const OptionValue&) = default;
};

/// In which command an option means something. In a URI the other one accepts it.
enum class OptionUser { both, publisher, subscriber };

using FailoverSetter = Result<Done> (*)(const OptionValue& value, FailoverTuning& tuning);

/// One row. The names live as long as the program.
struct FailoverOption {
  std::string_view camelName;  ///< in the URI
  std::string_view kebabName;  ///< as a flag, without the dashes
  OptionKind kind = OptionKind::text;
  std::string_view standard;  ///< the default as a URI would write it; empty: none, off
  FailoverSetter set = nullptr;
  std::string_view help;     ///< one line, no full stop
  std::string_view choices;  ///< of a choice, with commas between
  OptionUser user = OptionUser::both;
  bool can_be_off = false;  ///< of a duration: -1 and 0 switch it off
  std::int64_t least = 1;   ///< of an integer; of a duration: 0 or above 0

  constexpr FailoverOption words(std::string_view all) const {
    FailoverOption row = *this;
    row.choices = all;
    return row;
  }
  constexpr FailoverOption of_publisher() const {
    FailoverOption row = *this;
    row.user = OptionUser::publisher;
    return row;
  }
  constexpr FailoverOption of_subscriber() const {
    FailoverOption row = *this;
    row.user = OptionUser::subscriber;
    return row;
  }
  constexpr FailoverOption or_off() const {
    FailoverOption row = *this;
    row.can_be_off = true;
    return row;
  }
  constexpr FailoverOption from(std::int64_t smallest) const {
    FailoverOption row = *this;
    row.least = smallest;
    return row;
  }
};

/// Every option of the table, in the order of failover.md.
std::span<const FailoverOption> failover_options();

/// Sets one option by its camelName. Bare numbers are milliseconds; a unit is accepted as well.
/// Errors (usage): unknown name (with a suggestion), wrong type or range.
Result<Done> apply_failover_option(std::string_view name, std::string_view value,
                                   FailoverTuning& tuning);

/// True if `name` is a camelName of the table.
bool is_failover_option(std::string_view name);

/// "500" (milliseconds) if `bare_milliseconds`, "500ms", "5s": at most a year, errors name `what`.
Result<Duration> parse_option_duration(std::string_view what, std::string_view value,
                                       bool bare_milliseconds);

}  // namespace mqfail
