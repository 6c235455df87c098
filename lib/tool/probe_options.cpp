// SPDX-License-Identifier: Apache-2.0
// The options that only mqfail-probe has. A wrong command line is answered in the format that it
// asks for.
#include <algorithm>

#include "tool/setters.hpp"

namespace mqfail {
namespace {

std::optional<ProbeFormat> format_of(std::string_view word) {
  std::string_view words = kFormatWords;
  for (int place = 0; !words.empty(); ++place) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (words.substr(0, end) == word) return static_cast<ProbeFormat>(place);
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return std::nullopt;
}

template <std::optional<Range> Limits::*member>
Result<Done> range(const Given& given, Draft& draft) {
  const auto read = parse_range(given.value());
  if (!read) return bad_value(given, "a range, as 10, 10:, ~:10, 10:20 or @10:20");
  draft.probe.limits.*member = *read;
  return Done{};
}

Result<Done> set_topic(const Given& given, Draft& draft) {
  draft.probe.topic = given.value();
  return check_topic_name(given.flag(), given.value());
}

Result<Done> set_announce(const Given& given, Draft& draft) {
  draft.probe.announce = given.value();
  return check_topic_name(given.flag(), given.value());
}

Result<Done> count_verbose(const Given& /*given*/, Draft& draft) {
  ++draft.probe.verbose;
  return Done{};
}

constexpr unsigned kTool = static_cast<unsigned>(Tool::probe);

using enum OptionGroup;

// Sorted by group; within a group as --help and the manual show it.
constexpr OptionRow kRows[] = {
    {"topic", 0, "TOPIC", messages, kTool, set_topic,
     "prove delivery: subscribe to TOPIC on each server, publish, and wait for the message",
     "A server that answers and does not deliver is down. The message is not retained; its "
     "quality of service is 1, or 0 where the server takes no more."},
    {"cross", 0, "", messages, kTool, put<&ProbeOptions::cross>,
     "with --topic: what is published to each server must arrive through each other one",
     "For bridges and clusters. See CROSS."},
    {"features", 0, "", messages, kTool, put<&ProbeOptions::features>,
     "show what each server says of itself: session, limits, TLS, certificate"},
    OptionRow{"watch", 0, "SECONDS", messages, kTool, seconds<&ProbeOptions::watch, false>,
              "probe again and again, SECONDS from start to start",
              "On a terminal a table shows the state, elsewhere a line is printed for each change. "
              "See WATCHING. Fractions are allowed."}
        .not_with("ok-if-any first", "a watch has no exit status to choose"),
    {"announce", 0, "TOPIC", messages, kTool, set_announce,
     "with --watch: publish the list of the servers that answer to TOPIC on each of them",
     "Clients with updatesTopic=TOPIC follow the list, see WATCHING."},
    {"", 't', "SECONDS", messages, kTool, seconds<&ProbeOptions::time_limit, false>,
     "time limit of the whole run (default 10)", "Fractions are allowed."},
    {"", 'w', "RANGE", messages, kTool, range<&Limits::warn>,
     "WARNING if the metric of a server that answers is not in RANGE",
     "Times are in seconds. See THRESHOLDS."},
    {"", 'c', "RANGE", messages, kTool, range<&Limits::crit>,
     "CRITICAL if the metric of a server that answers is not in RANGE"},
    {"metric", 0, "NAME", messages, kTool, choice<&Limits::metric>,
     "what -w and -c look at (default total)", "See THRESHOLDS.", kMetricWords},
    {"cert-warn", 0, "DAYS", messages, kTool, number<&Limits::cert_warn, 0, 1'000'000>,
     "WARNING if the certificate of a server ends in less than DAYS days"},
    {"cert-crit", 0, "DAYS", messages, kTool, number<&Limits::cert_crit, 0, 1'000'000>,
     "CRITICAL if the certificate of a server ends in less than DAYS days"},
    {"min-up", 0, "N", messages, kTool, number<&Limits::min_up, 1, UINT32_MAX>,
     "WARNING if fewer than N servers answer"},
    {"ok-if-any", 0, "", messages, kTool, put<&Limits::ok_if_any>,
     "exit with 0 instead of 1 if at least one server answers"},
    OptionRow{"first", 0, "", messages, kTool, put<&Limits::first>,
              "end with the first server that answers; any one is as good as the preferred one",
              "The others are not waited for, and nothing is said of them."}
        .not_with("min-up cross", "they need the answers of all servers"),
    OptionRow{"plan", 0, "", messages, kTool, put<&ProbeOptions::plan>,
              "connect to nothing: print the servers, what each owes its place to, from where the "
              "list may change, and the passes that would follow",
              "With --seed the passes are those of a run with the same --seed. Names are looked up "
              "in DNS for --srv and discovery: alone."}
        .not_with("watch announce topic cross features first min-up ok-if-any w c metric cert-warn "
                  "cert-crit o",
                  "a plan has no verdict"),

    {"format", 0, "FORMAT", output, kTool, choice<&ProbeOptions::format>,
     "text (default), nagios, json, prometheus or html",
     "nagios is the default under the name check_mqfail. See OUTPUT.", kFormatWords},
    {"", 'o', "FILE", output, kTool, text<&ProbeOptions::output_file, "a file">,
     "write to FILE, which is replaced as a whole; the verdict goes to standard output", "",
     "FILE"},
    {"color", 0, "WHEN", output, kTool, choice<&ProbeOptions::color>,
     "colours: auto (default, on a terminal), always or never",
     "auto is never if NO_COLOR is set or TERM is dumb.", "auto always never"},
    {"verbose", 'v', "", output, kTool, count_verbose,
     "accepted: the phases of each server are always shown"},
};

// The rules between options. Errors: usage.
Result<Done> check(const ProbeOptions& options) {
  const auto wrong = [](const char* what, const char* hint) {
    return Error{ErrorKind::usage, what, hint};
  };
  if (options.announce && !options.watch) {
    return wrong("--announce goes with --watch",
                 "give --watch SECONDS, or announce the list once with mqfail-pub --announce");
  }
  const Metric metric = options.limits.metric;
  const bool by_topic =
      metric == Metric::round_trip || metric == Metric::suback || metric == Metric::puback;
  if (by_topic && options.topic.empty())
    return wrong("--metric of suback, puback and round-trip needs --topic",
                 "give the topic to publish to");
  if (options.cross && options.topic.empty())
    return wrong("--cross needs --topic", "give the topic to publish to");
  const bool lines = options.format == ProbeFormat::text || options.format == ProbeFormat::json;
  if (options.plan && !lines) return wrong("--plan has no such --format", "take text or json");
  if (options.watch && !lines && options.output_file.empty())
    return wrong("--watch with this --format needs -o FILE", "or take --format text or json");
  return Done{};
}

}  // namespace

std::span<const OptionRow> probe_rows() {
  return kRows;
}

Parsed<ProbeOptions> parse_probe(int argc, char** argv, const Environment& environment,
                                 ProbeFormat& format) {
  const std::string_view called = argc > 0 ? argv[0] : "";
  if (called.substr(called.find_last_of('/') + 1) == "check_mqfail") format = ProbeFormat::nagios;
  const std::vector<std::string_view> words(argv + std::min(argc, 1), argv + argc);  // no copies
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool apart = words[i] == "--format" && i + 1 < words.size();
    if (apart || words[i].starts_with("--format="))
      format = format_of(apart ? words[i + 1] : words[i].substr(9)).value_or(format);
  }
  // -h alone asks for help; with a value it names a host.
  if (words == std::vector<std::string_view>{"-h"})
    return std::variant<ProbeOptions, Printout>(Printout{help_text(Tool::probe)});
  auto sources = read_sources(Tool::probe, argc, argv, environment);
  if (!sources) return sources.error();
  if (sources->printout) return std::variant<ProbeOptions, Printout>(*sources->printout);
  for (const Given& given : sources->given) {
    if (given.row->key() == "format") format = format_of(given.value()).value_or(format);
  }

  Draft draft;
  draft.probe.format = format;
  if (auto done = set_all(sources->given, draft); !done) return done.error();
  if (auto done = finish_common(Tool::probe, draft, environment); !done) return done.error();
  if (auto done = check(draft.probe); !done) return done.error();
  draft.probe.common = std::move(draft.common);
  return std::variant<ProbeOptions, Printout>(std::move(draft.probe));
}

}  // namespace mqfail
