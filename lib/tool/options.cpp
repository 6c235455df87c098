// SPDX-License-Identifier: Apache-2.0
#include "tool/options.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <random>

#include "base/text.hpp"
#include "tool/common_options.hpp"
#include "tool/format.hpp"
#include "tool/topic.hpp"

namespace mqfail {
namespace {

std::optional<std::string> variable(const char* name) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread starts
  if (text == nullptr) return std::nullopt;
  return std::string(text);
}

bool names_url(const NamingRequest& naming) {
  for (const Naming& one : naming.namings) {
    if (std::holds_alternative<NamedUrl>(one)) return true;
  }
  return false;
}

Result<Done> finish_sub(SubOptions& options, const CommonDraft& draft) {
  options.common = draft.options;
  if (options.topics.empty() && !names_url(options.common.naming)) {
    return Error{ErrorKind::usage, "no topic to subscribe to",
                 "name one with -t, as in -t 'plant/#'"};
  }
  if (options.no_retained && options.retained_only) {
    return Error{ErrorKind::usage, "-R and --retained-only leave nothing to print",
                 "give one of them"};
  }
  if (options.no_retained) options.retain_handling = 2;
  if (options.count || options.exit_after_subscribe)
    options.common.events.silent_connections = options.hot ? SIZE_MAX : 1;
  return Done{};
}

// --standby warm is another word for the failover option `backup`.
Result<Done> take_standby(const Given& given, const std::string& words, CommonDraft& draft) {
  if (given.value() != "cold" && given.value() != "warm") return bad_value(given, words);
  draft.options.failover.options.emplace_back("backup", given.value() == "warm" ? "true" : "false");
  return Done{};
}

// What --message and its rivals have in common: one of them only.
struct SourceDraft {
  std::optional<PubSource> source;
  std::string flag;
};

Taker source_taker(SourceDraft& draft, PubSource source, std::string* value) {
  return [&draft, source, value](const Given& given) -> Result<Done> {
    if (draft.source && (*draft.source != source || value != nullptr)) {
      return Error{ErrorKind::usage, given.flag() + " and " + draft.flag + " exclude each other",
                   "only one kind of message can be sent at once"};
    }
    draft = {source, given.flag()};
    if (value != nullptr) *value = given.value();
    return Done{};
  };
}

Result<Done> finish_pub(PubOptions& options, const CommonDraft& draft, const SourceDraft& source) {
  options.common = draft.options;
  if (!options.topic && !names_url(options.common.naming)) {
    return Error{ErrorKind::usage, "no topic to publish to", "name it with -t"};
  }
  if (!source.source && !options.split_at_null) {
    return Error{ErrorKind::usage, "no message", "give one of -m TEXT, -f FILE, -s, -l and -n"};
  }
  options.source = source.source.value_or(PubSource::stdin_line);
  if (options.source != PubSource::stdin_line)
    options.common.events.silent_connections = options.acks;
  if (options.split_at_null && options.source != PubSource::stdin_line) {
    return Error{ErrorKind::usage, "-0 and " + source.flag + " exclude each other",
                 "-0 goes with -l"};
  }
  if (!options.spool_directory.empty() && options.qos == 0) {
    return Error{ErrorKind::usage, "--spool needs acknowledgements", "give -q 1 or -q 2"};
  }
  if (options.acks > 1 && options.qos == 0) {
    return Error{ErrorKind::usage, "--acks needs acknowledgements", "give -q 1 or -q 2"};
  }
  if (options.repeat > 1 && options.source == PubSource::stdin_line) {
    return Error{ErrorKind::usage, "--repeat and -l exclude each other",
                 "repeat the input instead"};
  }
  return Done{};
}

std::optional<ProbeFormat> format_of(std::string_view word) {
  if (word == "text") return ProbeFormat::text;
  if (word == "json") return ProbeFormat::json;
  return std::nullopt;
}

}  // namespace

Environment Environment::of_process() {
  std::random_device device;
  Environment environment;
  environment.servers = variable("MQFAIL_SERVERS");
  environment.xdg_config_home = variable("XDG_CONFIG_HOME");
  environment.home = variable("HOME");
  environment.key = key_source_of_user();
  environment.certificates = certificate_search_of_user();
  environment.pid = ::getpid();
  environment.dice = (static_cast<std::uint64_t>(device()) << 32U) | device();
  return environment;
}

Parsed<SubOptions> parse_sub(int argc, char** argv, const Environment& environment) {
  auto sources = read_sources(Tool::sub, argc, argv, environment);
  if (!sources) return sources.error();
  if (sources->printout) return std::variant<SubOptions, Printout>(*sources->printout);

  SubOptions options;
  CommonDraft draft;
  Takers takers = common_takers(draft);
  const auto mqtt5 = [&draft](const Given& given) {
    if (draft.needs_mqtt5.empty()) draft.needs_mqtt5 = given.flag();
  };
  takers["topic"] = [&](const Given& given) -> Result<Done> {
    options.topics.push_back(given.value());
    return check_topic_filter(given.flag(), given.value());
  };
  takers["qos"] = set_number(options.qos, 0, 2);
  takers["C"] = set_number(options.count, 1, INT64_MAX);
  takers["W"] = [&](const Given& given) -> Result<Done> {
    const auto limit = seconds(given, false);
    if (!limit) return limit.error();
    draft.options.time_limit = *limit;
    return Done{};
  };
  takers["standby"] = [&](const Given& given) -> Result<Done> {
    options.hot = given.value() == "hot";
    if (!options.hot) return take_standby(given, "cold, warm or hot", draft);
    draft.options.failover.options.emplace_back("backup", "false");
    return Done{};
  };
  takers["dedupe"] = set(options.dedupe);
  takers["no-dedupe"] = set(options.dedupe, false);
  takers["retained"] = [&](const Given& given) -> Result<Done> {
    if (given.value() != "all" && given.value() != "changed" && given.value() != "none") {
      return bad_value(given, "all, changed or none");
    }
    options.hold_back_unchanged = given.value() == "changed";
    options.no_retained = given.value() == "none";
    return Done{};
  };
  takers["E"] = set(options.exit_after_subscribe);
  takers["filter-out"] = [&](const Given& given) -> Result<Done> {
    options.filter_out.push_back(given.value());
    return check_topic_filter(given.flag(), given.value());
  };
  takers["unsubscribe"] = [&](const Given& given) -> Result<Done> {
    options.unsubscribe.push_back(given.value());
    return check_topic_filter(given.flag(), given.value());
  };
  takers["remove-retained"] = set(options.remove_retained);
  takers["sync"] = set(options.sync);
  takers["R"] = set(options.no_retained);
  takers["retained-only"] = set(options.retained_only);
  takers["retain-as-published"] = [&](const Given& given) -> Result<Done> {
    mqtt5(given);
    options.retain_as_published = true;
    return Done{};
  };
  takers["retain-handling"] = [&](const Given& given) -> Result<Done> {
    mqtt5(given);
    return set_number(options.retain_handling, 0, 2)(given);
  };
  takers["verbose"] = set(options.verbose);
  takers["N"] = set(options.end_of_line, false);
  takers["F"] = [&](const Given& given) -> Result<Done> {
    options.format = given.value();
    const auto compiled = MessageFormat::compile(given.value(), {});
    if (compiled) return Done{};
    return Error{ErrorKind::usage, given.flag() + ": " + compiled.error().message,
                 compiled.error().hint};
  };
  takers["json"] = [&](const Given&) -> Result<Done> {
    options.format = "%j";
    return Done{};
  };
  takers["pretty"] = set(options.pretty);
  takers["sequence-gaps"] = set(options.sequence_gaps);

  if (auto done = take_all(takers, sources->given); !done) return done.error();
  if (auto done = finish_common(Tool::sub, draft, environment); !done) return done.error();
  if (auto done = finish_sub(options, draft); !done) return done.error();
  return std::variant<SubOptions, Printout>(std::move(options));
}

Parsed<PubOptions> parse_pub(int argc, char** argv, const Environment& environment) {
  auto sources = read_sources(Tool::pub, argc, argv, environment);
  if (!sources) return sources.error();
  if (sources->printout) return std::variant<PubOptions, Printout>(*sources->printout);

  PubOptions options;
  CommonDraft draft;
  draft.publish = &options.properties;
  SourceDraft source;
  Takers takers = common_takers(draft);
  takers["topic"] = [&](const Given& given) -> Result<Done> {
    options.topic = given.value();
    return check_topic_name(given.flag(), given.value());
  };
  takers["qos"] = set_number(options.qos, 0, 2);
  takers["message"] = source_taker(source, PubSource::message, &options.message);
  takers["file"] = source_taker(source, PubSource::file, &options.file);
  takers["stdin-file"] = source_taker(source, PubSource::stdin_file, nullptr);
  takers["stdin-line"] = source_taker(source, PubSource::stdin_line, nullptr);
  takers["null-message"] = source_taker(source, PubSource::null_message, nullptr);
  takers["null"] = set(options.split_at_null);
  takers["retain"] = set(options.retain);
  takers["repeat"] = set_number(options.repeat, 1, INT64_MAX);
  takers["repeat-delay"] = [&](const Given& given) -> Result<Done> {
    const auto delay = seconds(given, true);
    if (!delay) return delay.error();
    options.repeat_delay = *delay;
    return Done{};
  };
  takers["window"] = set_number(options.window, 1, kLargestWindow);
  takers["M"] = set_number(options.window, 1, kLargestWindow);
  takers["drain-timeout"] = set_duration(options.drain_timeout);
  takers["undelivered"] = set(options.undelivered_file);
  takers["allow-loss"] = set(options.allow_loss);
  takers["spool"] = set(options.spool_directory);
  takers["acks"] = set_number(options.acks, 1, 65535);
  takers["sequence"] = [&](const Given& given) -> Result<Done> {
    if (draft.needs_mqtt5.empty()) draft.needs_mqtt5 = given.flag();
    options.sequence = true;
    return Done{};
  };
  takers["standby"] = [&draft](const Given& given) {
    return take_standby(given, "cold or warm", draft);
  };

  if (auto done = take_all(takers, sources->given); !done) return done.error();
  if (auto done = finish_common(Tool::pub, draft, environment); !done) return done.error();
  if (auto done = finish_pub(options, draft, source); !done) return done.error();
  return std::variant<PubOptions, Printout>(std::move(options));
}

Parsed<ProbeOptions> parse_probe(int argc, char** argv, const Environment& environment,
                                 ProbeFormat& format) {
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool apart = words[i] == "--format" && i + 1 < words.size();
    if (apart || words[i].starts_with("--format="))
      format = format_of(apart ? words[i + 1] : words[i].substr(9)).value_or(format);
  }
  // What everybody asks first; with a value it is the host.
  if (words == std::vector<std::string>{"-h"})
    return std::variant<ProbeOptions, Printout>(Printout{help_text(Tool::probe)});
  auto sources = read_sources(Tool::probe, argc, argv, environment);
  if (!sources) return sources.error();
  if (sources->printout) return std::variant<ProbeOptions, Printout>(*sources->printout);
  for (const Given& given : sources->given) {
    if (given.row->key() == "format") format = format_of(given.value()).value_or(format);
  }

  ProbeOptions options;
  CommonDraft draft;
  Takers takers = common_takers(draft);
  takers["t"] = [&](const Given& given) -> Result<Done> {
    const auto limit = seconds(given, false);
    if (!limit) return limit.error();
    options.time_limit = *limit;
    return Done{};
  };
  takers["format"] = [&](const Given& given) -> Result<Done> {
    if (given.value() == "nagios" || given.value() == "prometheus") {
      return Error{ErrorKind::usage, given.flag() + " " + given.value() + " is not yet supported",
                   "take text or json"};
    }
    const auto known = format_of(given.value());
    if (!known) return bad_value(given, "text or json");
    options.format = *known;
    return Done{};
  };
  takers["ok-if-any"] = set(options.ok_if_any);
  takers["min-up"] = set_number(options.min_up, 1, UINT32_MAX);
  takers["verbose"] = [&](const Given&) -> Result<Done> {
    ++options.verbose;
    return Done{};
  };

  if (auto done = take_all(takers, sources->given); !done) return done.error();
  if (auto done = finish_common(Tool::probe, draft, environment); !done) return done.error();
  options.common = draft.options;
  return std::variant<ProbeOptions, Printout>(std::move(options));
}

Result<CommonOptions> with_client(CommonOptions options, const DataSourceClient& client) {
  if (!options.client_id_given && client.client_id) {
    options.connect.client_id = *client.client_id;
    options.client_id_given = true;
  }
  const bool fits = !options.needs_mqtt5 || client.protocol == Protocol::mqtt5;
  if (!options.protocol && fits) options.protocol = client.protocol;
  if (options.protocol == Protocol::mqtt31 && options.connect.client_id.size() > 23) {
    return Error{ErrorKind::data,
                 "the document's client id is longer than the 23 bytes that MQTT 3.1 allows",
                 "give a shorter one with -i"};
  }
  return options;
}

FailoverSettings with_options(FailoverSettings settings, const CommonOptions& options) {
  settings.protocol = options.protocol;
  settings.once = options.once;
  settings.mqtt5_required = options.needs_mqtt5;
  settings.client_id_given = options.client_id_given;
  settings.bounded = settings.bounded || options.once || options.time_limit.has_value();
  return settings;
}

Result<Done> check_standby(const FailoverSettings& settings, const CommonOptions& options) {
  constexpr std::size_t kSuffix = 8;  // "-standby"
  const ConnectSettings& connect = options.connect;
  const bool persistent =
      !connect.clean_session || connect.properties.session_expiry.value_or(0) != 0;
  if (settings.standbys > 0 && persistent) {
    return Error{ErrorKind::usage,
                 "--standby warm does not go with a persistent session (-c, -x): a session belongs "
                 "to its client id, and the standby has one of its own",
                 "take --standby cold, or leave out -c and -x"};
  }
  if (settings.standbys > 0 && connect.will) {
    return Error{ErrorKind::usage,
                 "--standby warm does not go with a will: a will belongs to its connection, so the "
                 "loss of an idle standby would publish it although we live",
                 "take --standby cold, or leave out the --will options"};
  }
  if (settings.standbys > 0 && settings.protocol == Protocol::mqtt31 &&
      connect.client_id.size() + kSuffix > 23) {
    return Error{ErrorKind::usage,
                 "the client id of the standby would be longer than the 23 bytes that -V 31 allows",
                 "give one of at most 15 bytes with -i"};
  }
  if (settings.priority_backup && settings.width != 1) {
    return Error{ErrorKind::usage,
                 "--priority-backup does not go with several servers in use at once",
                 "leave it out: the first server is in use whenever it is there"};
  }
  return Done{};
}

Result<std::vector<Subscription>> subscriptions(const SubOptions& options,
                                                const std::vector<std::string>& url_topics) {
  std::vector<Subscription> all;
  const auto add = [&](const std::string& filter) {
    all.push_back(
        {filter, options.qos, false, options.retain_as_published, options.retain_handling});
  };
  for (const std::string& filter : options.topics) add(filter);
  for (const std::string& filter : url_topics) {
    if (auto checked = check_topic_filter("the topic of -L", filter); !checked)
      return checked.error();
    add(filter);
  }
  if (all.empty()) {
    return Error{ErrorKind::usage, "no topic to subscribe to",
                 "name one with -t, as in -t 'plant/#'"};
  }
  return all;
}

Result<std::string> publish_topic(const PubOptions& options,
                                  const std::vector<std::string>& url_topics) {
  std::string topic = options.topic.value_or(url_topics.empty() ? "" : url_topics.front());
  for (const std::string& other : url_topics) {
    if (other != topic) {
      return Error{ErrorKind::usage,
                   "two topics to publish to: '" + printable(topic, 64) + "' and '" +
                       printable(other, 64) + "'",
                   "give the same in -t and in every -L"};
    }
  }
  if (auto checked = check_topic_name(options.topic ? "-t" : "the topic of -L", topic); !checked) {
    return checked.error();
  }
  return topic;
}

}  // namespace mqfail
