// SPDX-License-Identifier: Apache-2.0
#include "config/uri/failover_options.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <type_traits>
#include <vector>

#include "base/number.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"
#include "config/uri/server_filter.hpp"
#include "config/uri/server_uri.hpp"
#include "config/uri/shown_uri.hpp"
#include "config/uri/uri_parts.hpp"

namespace mqfail {
namespace {

using Kind = OptionKind;

// The part of the settings that a member belongs to.
FailoverTuning& part(FailoverTuning& tuning, FailoverTuning* /*tag*/) {
  return tuning;
}
FailoverSettings& part(FailoverTuning& tuning, FailoverSettings* /*tag*/) {
  return tuning.settings;
}
BackoffSettings& part(FailoverTuning& tuning, BackoffSettings* /*tag*/) {
  return tuning.settings.backoff;
}
PublishTuning& part(FailoverTuning& tuning, PublishTuning* /*tag*/) {
  return tuning.publish;
}
SubscribeTuning& part(FailoverTuning& tuning, SubscribeTuning* /*tag*/) {
  return tuning.subscribe;
}
UpdateTuning& part(FailoverTuning& tuning, UpdateTuning* /*tag*/) {
  return tuning.updates;
}

// Puts the value into one member. The type of the member says which form of the value it takes.
template <class Part, class Member>
void assign(FailoverTuning& tuning, Member Part::*member, const OptionValue& value) {
  Member& target = part(tuning, static_cast<Part*>(nullptr)).*member;
  if constexpr (std::is_same_v<Member, bool> || std::is_same_v<Member, std::optional<bool>>) {
    target = value.boolean;
  } else if constexpr (std::is_same_v<Member, std::string>) {
    target = value.text;
  } else if constexpr (std::is_same_v<Member, std::optional<Duration>>) {
    target = value.duration;
  } else if constexpr (std::is_same_v<Member, Duration>) {
    target = *value.duration;
  } else if constexpr (std::is_same_v<Member, double>) {
    target = value.real;
  } else {
    target = static_cast<Member>(value.integer);
  }
}

template <auto member>
Result<Done> put(const OptionValue& value, FailoverTuning& tuning) {
  assign(tuning, member, value);
  return Done{};
}

// The same for a bound of the search for a server. -1 and off are bounds as well.
template <auto member>
Result<Done> bound(const OptionValue& value, FailoverTuning& tuning) {
  tuning.settings.bounded = true;
  return put<member>(value, tuning);
}

Result<Done> track_messages(const OptionValue& value, FailoverTuning& /*tuning*/) {
  if (value.boolean) return Done{};
  return Error{ErrorKind::usage,
               "trackMessages=false is refused: unsettled messages would be lost with their server",
               "leave it out; maxCacheSize bounds the memory"};
}

Result<Done> set_priority(const OptionValue& value, FailoverTuning& tuning) {
  const auto pieces = split_servers(value.text);
  if (!pieces) return pieces.error();
  ServerList& servers = tuning.settings.priority_servers;
  servers.clear();
  for (const std::string_view piece : *pieces) {
    if (trimmed(piece).empty()) continue;
    auto draft = parse_server_uri(trimmed(piece));
    if (!draft) {
      return Error{draft.error().kind, "priorityURIs: " + draft.error().message,
                   draft.error().hint};
    }
    Server& server = draft->server;
    if (server.id.empty()) server.id = server.host + ":" + std::to_string(server.port);
    servers.push_back(std::move(server));
  }
  return Done{};
}

Result<Done> set_updates_url(const OptionValue& value, FailoverTuning& tuning) {
  const std::string scheme = lower_case(value.text.substr(0, value.text.find("://")));
  const bool known = scheme == "http" || scheme == "https" || scheme == "file";
  if (value.text.find("://") != std::string::npos && !known) {
    return Error{ErrorKind::usage,
                 "updateURIsURL: '" + shown_uri(value.text) + "' is not an address",
                 "name a file, or an address that begins with http:// or https://"};
  }
  return put<&UpdateTuning::url>(value, tuning);
}

Result<Done> set_updates_topic(const OptionValue& value, FailoverTuning& tuning) {
  const std::string& topic = value.text;
  const auto bad = [&](const char* why) {
    return Error{ErrorKind::usage, "updatesTopic: '" + shown_typed(topic) + "' " + why,
                 "name the topic that the list is published to"};
  };
  if (topic.find_first_of("+#") != std::string::npos) return bad("has a wildcard");
  if (!is_utf8(topic) || topic.find('\0') != std::string::npos || topic.size() > 65535)
    return bad("is no topic of MQTT");
  return put<&UpdateTuning::topic>(value, tuning);
}

Result<Done> set_filter(const OptionValue& value, FailoverTuning& tuning) {
  if (const auto filter = ServerFilter::parse(value.text); !filter) return filter.error();
  return put<&UpdateTuning::filter>(value, tuning);
}

constexpr std::array kOptions = {
    FailoverOption{"randomize", "randomize", Kind::boolean, "true",
                   put<&FailoverSettings::randomize>, "shuffle the servers at each pass"},
    FailoverOption{"initialReconnectDelay", "initial-reconnect-delay", Kind::duration, "",
                   put<&BackoffSettings::initial>,
                   "delay before the first attempt after a loss; the back-off starts from it"}
        .from(0),
    FailoverOption{"maxReconnectDelay", "max-reconnect-delay", Kind::duration, "30000",
                   put<&BackoffSettings::cap>, "longest delay between two passes"},
    FailoverOption{"useExponentialBackOff", "use-exponential-back-off", Kind::boolean, "true",
                   put<&BackoffSettings::exponential>, "let the delay grow from pass to pass"},
    FailoverOption{"reconnectDelayExponent", "reconnect-delay-exponent", Kind::real, "2.0",
                   put<&BackoffSettings::multiplier>, "factor by which the delay grows, 1 or more"},
    FailoverOption{"backOffMultiplier", "back-off-multiplier", Kind::real, "2.0",
                   put<&BackoffSettings::multiplier>, "another name for reconnectDelayExponent"},
    FailoverOption{"reconnectJitter", "reconnect-jitter", Kind::choice, "full",
                   put<&BackoffSettings::jitter>, "how each delay is randomized"}
        .words("full,equal,decorrelated,none"),
    FailoverOption{"maxReconnectAttempts", "max-reconnect-attempts", Kind::integer, "-1",
                   bound<&FailoverSettings::max_passes>,
                   "give up after this number of passes over the list; -1: never"}
        .from(-1),
    FailoverOption{"startupMaxReconnectAttempts", "startup-max-reconnect-attempts", Kind::integer,
                   "-1", bound<&FailoverSettings::startup_max_passes>,
                   "the same until the first connection; -1: as maxReconnectAttempts"}
        .from(-1),
    FailoverOption{
        "startupTimeout", "startup-timeout", Kind::duration, "10000",
        bound<&FailoverSettings::startup_timeout>,
        "give up if no server has connected in this time; any other bound replaces the default"}
        .or_off(),
    FailoverOption{"giveUpAfter", "give-up-after", Kind::duration, "",
                   bound<&FailoverSettings::give_up_after>,
                   "give up after this time without a server"}
        .or_off(),
    FailoverOption{"connectTimeout", "connect-timeout", Kind::duration, "5000",
                   put<&FailoverSettings::connect_timeout>,
                   "time limit of one attempt, from DNS to the accepted CONNACK"},
    FailoverOption{"connectStagger", "connect-stagger", Kind::duration, "",
                   put<&FailoverSettings::connect_stagger>,
                   "try the next server in parallel after this time without an answer"}
        .or_off(),
    FailoverOption{"timeout", "timeout", Kind::duration, "-1", put<&PublishTuning::timeout>,
                   "a message that is unsettled for this time counts as failed"}
        .of_publisher()
        .or_off(),
    FailoverOption{"ackTimeout", "ack-timeout", Kind::duration, "10000",
                   put<&PublishTuning::ack_timeout>,
                   "a server that leaves a message unacknowledged for this time counts as lost"}
        .of_publisher(),
    FailoverOption{"staleTimeout", "stale-timeout", Kind::duration, "-1",
                   put<&SubscribeTuning::stale_timeout>,
                   "a server from which no message has come for this time counts as lost"}
        .of_subscriber()
        .or_off(),
    FailoverOption{"stable", "stable", Kind::duration, "10000", put<&FailoverSettings::stable>,
                   "a connection must last this long before the back-off resets"}
        .from(0),
    FailoverOption{"warnAfterReconnectAttempts", "warn-after-reconnect-attempts", Kind::integer,
                   "10", put<&FailoverSettings::warn_every>,
                   "warn at pass 1 and then every N passes; 0: never"}
        .from(-1),
    FailoverOption{"backup", "backup", Kind::boolean, "false", put<&FailoverTuning::backup>,
                   "keep a standby connection (--standby warm)"},
    FailoverOption{"backupPoolSize", "backup-pool-size", Kind::integer, "1",
                   put<&FailoverTuning::backup_pool>, "standby connections to keep"},
    FailoverOption{"trackMessages", "track-messages", Kind::boolean, "true", track_messages,
                   "keep unsettled messages for the next server (always on)"}
        .of_publisher(),
    FailoverOption{"maxCacheSize", "max-cache-size", Kind::bytes, "8388608",
                   put<&PublishTuning::max_cache_bytes>,
                   "the input waits while unsettled messages have this number of bytes"}
        .of_publisher(),
    FailoverOption{"priorityBackup", "priority-backup", Kind::boolean, "false",
                   put<&FailoverSettings::priority_backup>, "fail back to a priority server"},
    FailoverOption{"priorityURIs", "priority-uris", Kind::text, "", set_priority,
                   "the priority servers, separated by commas; default: the first server"},
    FailoverOption{"priorityProbeInterval", "priority-probe-interval", Kind::duration, "30000",
                   put<&FailoverSettings::priority_probe_interval>,
                   "how often to probe a priority server"},
    FailoverOption{"priorityStable", "priority-stable", Kind::integer, "2",
                   put<&FailoverSettings::priority_stable>,
                   "good probes in a row before failing back"},
    FailoverOption{"priorityHold", "priority-hold", Kind::duration, "60000",
                   put<&FailoverSettings::priority_hold>,
                   "shortest stay on a server before failing back"}
        .from(0),
    FailoverOption{"updateURIsSupported", "update-uris-supported", Kind::boolean, "true",
                   put<&UpdateTuning::supported>, "let the list change while running"},
    FailoverOption{"updateURIsURL", "update-uris-url", Kind::text, "", set_updates_url,
                   "a file, or an http or https address, that has a list of more servers"},
    FailoverOption{"updateURIsInterval", "update-uris-interval", Kind::duration, "30000",
                   put<&UpdateTuning::interval>,
                   "how often an http or https address is asked for a new list"},
    FailoverOption{"updatesTopic", "updates-topic", Kind::text, "", set_updates_topic,
                   "a retained topic that carries a list of more servers"},
    FailoverOption{"updateClusterFilter", "update-cluster-filter", Kind::text, "", set_filter,
                   "regular expressions, one of which an added server must match"},
    FailoverOption{"updateClusterClientsOnRemove", "update-cluster-clients-on-remove",
                   Kind::boolean, "false", put<&FailoverSettings::forget_learned>,
                   "let an update remove what an earlier one of the same source added"},
    FailoverOption{"rebalanceUpdateURIs", "rebalance-update-uris", Kind::boolean, "false",
                   put<&FailoverSettings::rebalance>,
                   "after an update move to the server that now comes first; "
                   "not given: if the update asks for it"},
    FailoverOption{"rebalanceSpread", "rebalance-spread", Kind::duration, "30000",
                   put<&FailoverSettings::rebalance_spread>,
                   "move after a random part of this time"}
        .from(0),
    FailoverOption{"reconnectSupported", "reconnect-supported", Kind::boolean, "true",
                   put<&FailoverTuning::reconnect_supported>,
                   "follow MQTT 5 redirections; false is the same as redirect=off"},
    FailoverOption{"redirect", "redirect", Kind::choice, "known", put<&FailoverSettings::redirect>,
                   "which servers of an MQTT 5 redirection are used: "
                   "none, those of the list, or any"}
        .words("off,known,any"),
    FailoverOption{"maxRedirects", "max-redirects", Kind::integer, "3",
                   put<&FailoverSettings::max_redirects>, "most redirections in one pass"}
        .from(0),
    FailoverOption{"redirectCredentials", "redirect-credentials", Kind::boolean, "false",
                   put<&FailoverSettings::redirect_credentials>,
                   "send the credentials to a server that only a redirection has named"},
};

Error wrong(const FailoverOption& option, std::string_view value, std::string_view why,
            std::string hint = {}) {
  return {ErrorKind::usage,
          std::string(option.camelName) + ": '" + shown_typed(value) + "' " + std::string(why),
          std::move(hint)};
}

Result<OptionValue> read_duration(const FailoverOption& option, std::string_view text) {
  OptionValue value;
  if (text == "-1" || text == "0") {
    if (option.can_be_off) return value;
    if (text == "-1") return wrong(option, text, "is negative");
  }
  const auto duration = parse_option_duration(option.camelName, text, true);
  if (!duration) return duration.error();
  if (*duration <= Duration::zero() && option.least > 0) {
    return wrong(option, text, "must be above 0");
  }
  value.duration = *duration;
  return value;
}

Result<OptionValue> read_integer(const FailoverOption& option, std::string_view text) {
  OptionValue value;
  std::int64_t unit = 1;
  std::string_view digits = text;
  if (option.kind == Kind::bytes) {
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
  if (value.integer < option.least) {
    return wrong(option, text, "is below " + std::to_string(option.least),
                 option.least < 0 ? "-1 means without a bound" : "");
  }
  const std::int64_t most = option.kind == Kind::bytes ? 1'000'000'000'000 : 1'000'000'000;
  if (value.integer > most / unit) return wrong(option, text, "is too large");
  value.integer *= unit;
  return value;
}

Result<OptionValue> read_value(const FailoverOption& option, std::string_view text) {
  OptionValue value;
  switch (option.kind) {
    case Kind::duration:
      return read_duration(option, text);
    case Kind::integer:
    case Kind::bytes:
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
      const auto choices = split_at_commas(option.choices);
      const auto found = std::find(choices->begin(), choices->end(), lower_case(text));
      if (found == choices->end()) {
        const auto meant = nearest(text, *choices);
        return wrong(option, text, "is not one of " + std::string(option.choices),
                     meant ? "did you mean '" + *meant + "'?" : "");
      }
      value.integer = found - choices->begin();
      return value;
    }
    case Kind::text:
      value.text = std::string(text);
      return value;
  }
  return Error{ErrorKind::internal, "an option of an unknown kind", ""};
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
  return option->set(*value, tuning);
}

}  // namespace mqfail
