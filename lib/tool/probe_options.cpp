// SPDX-License-Identifier: Apache-2.0
// The options that only mqfail-probe has. A wrong command line is answered in the format that it
// asks for.
#include <algorithm>

#include "tool/setters.hpp"

namespace mqfail {
namespace {

std::optional<ProbeFormat> format_of(std::string_view word) {
  if (word == "text") return ProbeFormat::text;
  if (word == "json") return ProbeFormat::json;
  return std::nullopt;
}

Result<Done> set_format(const Given& given, Draft& draft) {
  if (given.value() == "nagios" || given.value() == "prometheus") {
    return Error{ErrorKind::usage, given.flag() + " " + given.value() + " is not yet supported",
                 "take text or json"};
  }
  const auto known = format_of(given.value());
  if (!known) return bad_value(given);
  draft.probe.format = *known;
  return Done{};
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
    {"topic", 0, "TOPIC", messages, kTool, not_yet_supported},
    OptionRow{"watch", 0, "SECONDS", messages, kTool, seconds<&ProbeOptions::watch, false>,
              "probe again and again, SECONDS from start to start; print each change",
              "See WATCHING. Fractions are allowed."}
        .not_with("min-up ok-if-any", "a watch has no verdict"),
    {"announce", 0, "TOPIC", messages, kTool, set_announce,
     "with --watch: publish the list of the servers that answer to TOPIC on each of them",
     "Clients with updatesTopic=TOPIC follow the list, see WATCHING."},
    {"", 't', "SECONDS", messages, kTool, seconds<&ProbeOptions::time_limit, false>,
     "time limit of the whole run (default 10)", "Fractions are allowed."},
    {"min-up", 0, "N", messages, kTool, number<&ProbeOptions::min_up, 1, UINT32_MAX>,
     "WARNING if fewer than N servers answer"},
    {"ok-if-any", 0, "", messages, kTool, put<&ProbeOptions::ok_if_any>,
     "exit with 0 instead of 1 if at least one server answers"},
    {"", 'w', "RANGE", messages, kTool, not_yet_supported},
    {"", 'c', "RANGE", messages, kTool, not_yet_supported},
    {"metric", 0, "NAME", messages, kTool, not_yet_supported},
    {"cert-warn", 0, "DAYS", messages, kTool, not_yet_supported},
    {"cert-crit", 0, "DAYS", messages, kTool, not_yet_supported},
    OptionRow{"plan", 0, "", messages, kTool, put<&ProbeOptions::plan>,
              "connect to nothing: print the servers, what each owes its place to, from where the "
              "list may change, and the passes that would follow",
              "With --seed the passes are those of a run with the same --seed. Names are looked up "
              "in DNS for --srv and discovery: alone."}
        .not_with("watch announce min-up ok-if-any format", "a plan has no verdict"),

    {"format", 0, "FORMAT", output, kTool, set_format, "text (default) or json", "", "text json"},
    {"", 'o', "FILE", output, kTool, not_yet_supported, "", "", "FILE"},
    {"verbose", 'v', "", output, kTool, count_verbose,
     "accepted: the phases of each server are always shown"},
};

}  // namespace

std::span<const OptionRow> probe_rows() {
  return kRows;
}

Parsed<ProbeOptions> parse_probe(int argc, char** argv, const Environment& environment,
                                 ProbeFormat& format) {
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
  if (auto done = set_all(sources->given, draft); !done) return done.error();
  if (auto done = finish_common(Tool::probe, draft, environment); !done) return done.error();
  if (draft.probe.announce && !draft.probe.watch) {
    return Error{ErrorKind::usage, "--announce goes with --watch",
                 "give --watch SECONDS, or announce the list once with mqfail-pub --announce"};
  }
  draft.probe.common = std::move(draft.common);
  return std::variant<ProbeOptions, Printout>(std::move(draft.probe));
}

}  // namespace mqfail
