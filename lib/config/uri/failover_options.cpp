// SPDX-License-Identifier: Apache-2.0
#include "config/uri/failover_options.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "base/number.hpp"
#include "base/text.hpp"
#include "config/uri/server_uri.hpp"
#include "config/uri/shown_uri.hpp"
#include "config/uri/uri_parts.hpp"

namespace mqfail {
namespace {

using Kind = OptionKind;

constexpr std::array kOptions = {
    FailoverOption{"randomize", "randomize", Kind::boolean, "shuffle the servers at each pass",
                   true, "true"},
    FailoverOption{"initialReconnectDelay", "initial-reconnect-delay", Kind::duration,
                   "wait so long before the first attempt after a loss; the seed of the back-off",
                   true, ""},
    FailoverOption{"maxReconnectDelay", "max-reconnect-delay", Kind::duration,
                   "longest delay between two passes", true, "30000"},
    FailoverOption{"useExponentialBackOff", "use-exponential-back-off", Kind::boolean,
                   "let the delay grow from pass to pass", true, "true"},
    FailoverOption{"reconnectDelayExponent", "reconnect-delay-exponent", Kind::real,
                   "factor by which the delay grows, 1 or more", true, "2.0"},
    FailoverOption{"backOffMultiplier", "back-off-multiplier", Kind::real,
                   "another name for reconnectDelayExponent", true, "2.0"},
    FailoverOption{"reconnectJitter", "reconnect-jitter", Kind::choice,
                   "how much chance goes into each delay", true, "full",
                   "full,equal,decorrelated,none"},
    FailoverOption{"maxReconnectAttempts", "max-reconnect-attempts", Kind::integer,
                   "give up after so many passes over the list; -1 never", true, "-1"},
    FailoverOption{"startupMaxReconnectAttempts", "startup-max-reconnect-attempts", Kind::integer,
                   "the same until the first success; -1 takes maxReconnectAttempts", true, "-1"},
    FailoverOption{"startupTimeout", "startup-timeout", Kind::duration,
                   "give up if nothing has connected after so long; any other bound replaces the "
                   "default",
                   true, "10000"},
    FailoverOption{"giveUpAfter", "give-up-after", Kind::duration,
                   "give up after so long without a server", true, ""},
    FailoverOption{"connectTimeout", "connect-timeout", Kind::duration,
                   "bound of one attempt, from DNS to the accepted CONNACK", true, "5000"},
    FailoverOption{"connectStagger", "connect-stagger", Kind::duration,
                   "try the next server in parallel after so long without an answer", true, ""},
    FailoverOption{"timeout", "timeout", Kind::duration,
                   "a message unsettled for so long counts as failed", true, "-1", "", true},
    FailoverOption{"ackTimeout", "ack-timeout", Kind::duration,
                   "a server that leaves a message unacknowledged so long counts as lost", true,
                   "10000", "", true},
    FailoverOption{"stable", "stable", Kind::duration,
                   "a connection must live so long before the back-off resets", true, "10000"},
    FailoverOption{"warnAfterReconnectAttempts", "warn-after-reconnect-attempts", Kind::integer,
                   "warn at pass 1 and every so many passes; 0 never", true, "10"},
    FailoverOption{"backup", "backup", Kind::boolean, "keep a standby connection (--standby warm)",
                   true, "false"},
    FailoverOption{"backupPoolSize", "backup-pool-size", Kind::integer,
                   "standby connections to keep", true, "1"},
    FailoverOption{"trackMessages", "track-messages", Kind::boolean,
                   "keep unsettled messages for the next server (always on)", true, "true", "",
                   true},
    FailoverOption{"maxCacheSize", "max-cache-size", Kind::integer,
                   "with so many bytes of unsettled messages the input waits", true, "8388608", "",
                   true},
    FailoverOption{"priorityBackup", "priority-backup", Kind::boolean,
                   "fail back to a priority server", true, "false"},
    FailoverOption{"priorityURIs", "priority-uris", Kind::text,
                   "the priority servers, with commas between; not given: the first server", true,
                   ""},
    FailoverOption{"priorityProbeInterval", "priority-probe-interval", Kind::duration,
                   "how often to probe a priority server", true, "30000"},
    FailoverOption{"priorityStable", "priority-stable", Kind::integer,
                   "good probes in a row before failing back", true, "2"},
    FailoverOption{"priorityHold", "priority-hold", Kind::duration,
                   "least stay on a server before failing back", true, "60000"},
    FailoverOption{"updateURIsSupported", "update-uris-supported", Kind::boolean,
                   "let the list change while running", false, "true"},
    FailoverOption{"updateURIsURL", "update-uris-url", Kind::text, "a file to watch for a new list",
                   false, ""},
    FailoverOption{"updatesTopic", "updates-topic", Kind::text,
                   "a retained topic that carries a new list", false, ""},
    FailoverOption{"updateClusterFilter", "update-cluster-filter", Kind::text,
                   "regular expressions that an added server must match", false, ""},
    FailoverOption{"updateClusterClientsOnRemove", "update-cluster-clients-on-remove",
                   Kind::boolean, "let an update remove what an update added", false, "false"},
    FailoverOption{"rebalanceUpdateURIs", "rebalance-update-uris", Kind::boolean,
                   "after an update move to the server that now comes first", false, "false"},
    FailoverOption{"rebalanceSpread", "rebalance-spread", Kind::duration,
                   "move after a random part of this", false, "30000"},
    FailoverOption{"reconnectSupported", "reconnect-supported", Kind::boolean,
                   "follow MQTT 5 redirections", false, "true"},
    FailoverOption{"redirect", "redirect", Kind::choice, "which MQTT 5 server references to follow",
                   false, "off", "off,known,any"},
    FailoverOption{"maxRedirects", "max-redirects", Kind::integer, "most redirections in one pass",
                   false, "3"},
    FailoverOption{"redirectCredentials", "redirect-credentials", Kind::boolean,
                   "show the credentials to a server outside the roster", false, "false"},
};

Error wrong(const FailoverOption& option, std::string_view value, std::string_view why,
            std::string hint = {}) {
  return {ErrorKind::usage,
          std::string(option.camelName) + ": '" + shown_typed(value) + "' " + std::string(why),
          std::move(hint)};
}

// The value in its type; the member that `kind` names is set.
struct Value {
  std::optional<Duration> duration;  // empty: off
  bool boolean = false;
  std::int64_t integer = 0;
  double real = 0;
  std::string choice;
  friend bool operator==(const Value&, const Value&) = default;
};

// -1 and 0 switch these off; nowhere else does a duration mean anything but itself.
bool can_be_off(std::string_view name) {
  constexpr std::array kOff = {"startupTimeout", "giveUpAfter", "connectStagger", "timeout"};
  return std::find(kOff.begin(), kOff.end(), name) != kOff.end();
}

Result<Value> read_duration(const FailoverOption& option, std::string_view text) {
  Value value;
  if (text == "-1" || text == "0") {
    if (can_be_off(option.camelName)) return value;
    if (text == "-1") return wrong(option, text, "is negative");
  }
  const auto duration = parse_option_duration(option.camelName, text, true);
  if (!duration) return duration.error();
  const bool zero_is_fine = option.camelName == "initialReconnectDelay" ||
                            option.camelName == "stable" || option.camelName == "priorityHold" ||
                            option.camelName == "rebalanceSpread";
  if (*duration <= Duration::zero() && !zero_is_fine) {
    return wrong(option, text, "must be above 0");
  }
  value.duration = *duration;
  return value;
}

Result<Value> read_integer(const FailoverOption& option, std::string_view text) {
  Value value;
  std::int64_t unit = 1;
  std::string_view digits = text;
  if (option.camelName == "maxCacheSize") {
    constexpr std::array<std::pair<std::string_view, std::int64_t>, 3> kUnits = {
        {{"KiB", 1LL << 10}, {"MiB", 1LL << 20}, {"GiB", 1LL << 30}}};
    for (const auto& [suffix, bytes] : kUnits) {
      if (!digits.ends_with(suffix)) continue;
      digits.remove_suffix(suffix.size());
      unit = bytes;
    }
  }
  const auto number = parse_number<std::int64_t>(digits);
  if (!number) return wrong(option, text, "is not a whole number");
  value.integer = *number;
  // Passes may be without a bound; nothing else may be negative.
  const bool passes = option.camelName.ends_with("ReconnectAttempts");
  const std::int64_t least = passes ? -1 : option.camelName == "maxRedirects" ? 0 : 1;
  if (value.integer < least) {
    return wrong(option, text, "is below " + std::to_string(least),
                 passes ? "-1 means without a bound" : "");
  }
  const std::int64_t most = option.camelName == "maxCacheSize" ? 1'000'000'000'000 : 1'000'000'000;
  if (value.integer > most / unit) return wrong(option, text, "is too large");
  value.integer *= unit;
  return value;
}

Result<Value> read_value(const FailoverOption& option, std::string_view text) {
  Value value;
  switch (option.kind) {
    case Kind::duration:
      return read_duration(option, text);
    case Kind::integer:
      return read_integer(option, text);
    case Kind::boolean: {
      const std::string word = lower_case(text);
      if (word != "true" && word != "false")
        return wrong(option, text, "is neither true nor false");
      value.boolean = word == "true";
      return value;
    }
    case Kind::real: {
      const auto number = parse_number<double>(text);
      if (!number || !std::isfinite(*number)) return wrong(option, text, "is not a number");
      value.real = *number;
      if (value.real < 1) return wrong(option, text, "is below 1: the delay would shrink");
      if (value.real > 1000) return wrong(option, text, "is above 1000");
      return value;
    }
    case Kind::choice: {
      value.choice = lower_case(text);
      const auto choices = split_at_commas(option.choices);
      if (std::find(choices->begin(), choices->end(), value.choice) == choices->end()) {
        const auto meant = nearest(text, *choices);
        return wrong(option, text, "is not one of " + std::string(option.choices),
                     meant ? "did you mean '" + *meant + "'?" : "");
      }
      return value;
    }
    case Kind::text:
      value.choice = std::string(text);
      return value;
  }
  return Error{ErrorKind::internal, "an option of an unknown kind", ""};
}

// What bounds the search for a server, also where it is given as -1 or off.
bool is_bound(std::string_view name) {
  constexpr std::array kBounds = {"maxReconnectAttempts", "startupMaxReconnectAttempts",
                                  "startupTimeout", "giveUpAfter"};
  return std::find(kBounds.begin(), kBounds.end(), name) != kBounds.end();
}

void set(std::string_view name, const Value& value, FailoverTuning& tuning) {
  FailoverSettings& settings = tuning.settings;
  settings.bounded = settings.bounded || is_bound(name);
  if (name == "randomize") settings.randomize = value.boolean;
  if (name == "initialReconnectDelay") settings.backoff.initial = value.duration;
  if (name == "maxReconnectDelay") settings.backoff.cap = *value.duration;
  if (name == "useExponentialBackOff") settings.backoff.exponential = value.boolean;
  if (name == "reconnectDelayExponent" || name == "backOffMultiplier")
    settings.backoff.multiplier = value.real;
  if (name == "reconnectJitter") {
    settings.backoff.jitter = value.choice == "full"           ? Jitter::full
                              : value.choice == "equal"        ? Jitter::equal
                              : value.choice == "decorrelated" ? Jitter::decorrelated
                                                               : Jitter::none;
  }
  if (name == "maxReconnectAttempts") settings.max_passes = value.integer;
  if (name == "startupMaxReconnectAttempts") settings.startup_max_passes = value.integer;
  if (name == "startupTimeout") settings.startup_timeout = value.duration;
  if (name == "giveUpAfter") settings.give_up_after = value.duration;
  if (name == "connectTimeout") settings.connect_timeout = *value.duration;
  if (name == "connectStagger") settings.connect_stagger = value.duration;
  if (name == "stable") settings.stable = *value.duration;
  if (name == "warnAfterReconnectAttempts") settings.warn_every = value.integer;
  if (name == "backup") tuning.backup = value.boolean;
  if (name == "backupPoolSize") tuning.backup_pool = value.integer;
  if (name == "priorityBackup") settings.priority_backup = value.boolean;
  if (name == "priorityProbeInterval") settings.priority_probe_interval = *value.duration;
  if (name == "priorityStable") settings.priority_stable = value.integer;
  if (name == "priorityHold") settings.priority_hold = *value.duration;
  if (name == "timeout") tuning.publish.timeout = value.duration;
  if (name == "ackTimeout") tuning.publish.ack_timeout = *value.duration;
  if (name == "maxCacheSize")
    tuning.publish.max_cache_bytes = static_cast<std::uint64_t>(value.integer);
}

Result<Done> set_priority(const Value& value, FailoverSettings& settings) {
  const auto pieces = split_servers(value.choice);
  if (!pieces) return pieces.error();
  settings.priority_servers.clear();
  for (const std::string_view piece : *pieces) {
    if (trimmed(piece).empty()) continue;
    auto draft = parse_server_uri(trimmed(piece));
    if (!draft) {
      return Error{draft.error().kind, "priorityURIs: " + draft.error().message,
                   draft.error().hint};
    }
    Server& server = draft->server;
    if (server.id.empty()) server.id = server.host + ":" + std::to_string(server.port);
    settings.priority_servers.push_back(std::move(server));
  }
  return Done{};
}

// What turns an unbuilt feature off, or leaves it as it is while nobody has asked for it.
bool changes_nothing(const FailoverOption& option, const Value& value) {
  if (option.camelName == "updateURIsSupported" || option.camelName == "reconnectSupported")
    return true;
  const auto idle = read_value(option, option.standard);
  return idle && *idle == value;
}

}  // namespace

std::span<const FailoverOption> failover_options() {
  return kOptions;
}

bool is_failover_option(std::string_view name) {
  return std::any_of(kOptions.begin(), kOptions.end(),
                     [&](const auto& o) { return o.camelName == name; });
}

Result<Duration> parse_option_duration(std::string_view what, std::string_view value,
                                       bool bare_milliseconds) {
  constexpr auto kLongest = std::chrono::hours(24 * 365);
  const auto failed = [&](std::string_view why, std::string hint) {
    return Error{ErrorKind::usage, std::string(what) + ": " + std::string(why), std::move(hint)};
  };
  Duration duration{};
  if (bare_milliseconds && all_digits(value)) {
    const auto count = parse_number<std::int64_t>(value);
    if (!count || *count > milliseconds(kLongest))
      return failed("'" + printable(value, 32) + "' is longer than a year", "");
    return Duration(std::chrono::milliseconds(*count));
  }
  const auto parsed = parse_duration(value);
  if (!parsed) return failed(parsed.error().message, parsed.error().hint);
  if (*parsed > kLongest) return failed("'" + printable(value, 32) + "' is longer than a year", "");
  return *parsed;
}

Result<Done> apply_failover_option(std::string_view name, std::string_view text,
                                   FailoverTuning& tuning) {
  const auto option = std::find_if(kOptions.begin(), kOptions.end(),
                                   [&](const auto& o) { return o.camelName == name; });
  if (option == kOptions.end()) {
    std::vector<std::string_view> names;
    names.reserve(kOptions.size());
    for (const auto& known : kOptions) names.push_back(known.camelName);
    const auto meant = nearest(name, names);
    return Error{ErrorKind::usage, "unknown failover option '" + printable(name, 64) + "'",
                 meant ? "did you mean '" + *meant + "'?" : "mqfail(7) lists the options"};
  }
  const auto value = read_value(*option, text);
  if (!value) return value.error();
  if (!option->built && !changes_nothing(*option, *value)) {
    return Error{ErrorKind::usage,
                 std::string(name) + "=" + shown_typed(text) + " is not yet supported",
                 "leave " + std::string(name) + " out" +
                     (option->standard.empty() ? std::string()
                                               : " or give " + std::string(option->standard))};
  }
  if (name == "trackMessages" && !value->boolean) {
    return Error{
        ErrorKind::usage,
        "trackMessages=false is refused: unsettled messages would be lost with their server",
        "leave it out; maxCacheSize bounds the memory"};
  }
  if (name == "priorityURIs") return set_priority(*value, tuning.settings);
  set(name, *value, tuning);
  return Done{};
}

}  // namespace mqfail
