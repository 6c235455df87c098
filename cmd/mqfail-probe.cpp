// SPDX-License-Identifier: Apache-2.0
// mqfail-probe: which servers accept a connection? This file only connects the parts. Standard
// output always gets a verdict, also UNKNOWN, and the exit status is that of the Monitoring
// Plugins.
#include <sys/prctl.h>
#include <unistd.h>

#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "base/dice.hpp"
#include "base/write.hpp"
#include "config/naming/naming.hpp"
#include "config/uri/shown_uri.hpp"
#include "probe/plan.hpp"
#include "probe/probe.hpp"
#include "probe/render.hpp"
#include "probe_output.hpp"
#include "watch.hpp"
#include "wiring.hpp"

namespace mqfail {
namespace {

// The verdict of a run that has tried nothing. It goes into the file of -o, too, if that is known.
int unknown(const Program& program, const Error& error, ProbeFormat format,
            const std::string& file = {}) {
  report(program.name, error);
  const std::string document =
      render_unknown(format, error.message, std::chrono::system_clock::now());
  // What is wrong with the file itself has nowhere else to be said.
  if (!file.empty() && file != "-") static_cast<void>(write_document(file, document));
  write_all(STDOUT_FILENO, document);
  return static_cast<int>(ProbeVerdict::unknown);
}

// What a run with these options would use and do.
Plan plan_of(const NamedRoster& roster, const CommonOptions& options) {
  Plan plan;
  plan.settings = with_options(roster.settings, options);
  plan.seed = options.seed.value_or(throw_dice());
  std::set<std::string> places;
  for (std::size_t i = 0; i < roster.servers.size(); ++i) {
    const bool named = i < roster.origins.size();
    if (!places.insert(endpoint_key(roster.servers[i])).second) continue;
    plan.servers.push_back({roster.servers[i], named ? roster.origins[i] : ""});
  }
  const UpdateTuning& updates = roster.updates;
  for (const Discovery& one : roster.discoveries) {
    const bool dns = one.kind == Discovery::Kind::dns;
    plan.sources.push_back({dns ? "srv" : "multicast", one.name + " (looked up again and again)"});
  }
  if (!updates.supported) return plan;
  for (const std::string& document : roster.documents)
    plan.sources.push_back({"document", document + " (watched)"});
  if (!updates.url.empty())
    plan.sources.push_back({"updateURIsURL", shown_uri(updates.url) + " (read at the start)"});
  if (!updates.topic.empty())
    plan.sources.push_back({"updatesTopic", updates.topic + " (heard when connected)"});
  if (plan.settings.redirect != Redirect::off)
    plan.sources.push_back({"redirect", plan.settings.redirect == Redirect::any ? "any" : "known"});
  return plan;
}

// Prints the whole document, or writes it to the file of -o and prints the verdict alone.
Result<Done> put_out(const ProbeOptions& options, const Outcome& outcome) {
  const bool colour = wants_colour(options);
  std::string shown = render(options.format, outcome, colour && options.output_file.empty());
  if (!options.output_file.empty()) {
    if (auto written = write_document(options.output_file, shown); !written) return written;
    if (options.output_file == "-") return Done{};
    shown = verdict_line(outcome, colour);
  }
  if (const int failed = write_all(STDOUT_FILENO, shown); failed != 0) return unwritten(failed);
  return Done{};
}

int show_plan(const Program& program, const ProbeOptions& options, const NamedRoster& roster) {
  const Plan plan = plan_of(roster, options.common);
  const bool json = options.format == ProbeFormat::json;
  const int failed = write_all(STDOUT_FILENO, json ? render_plan_json(plan) : render_plan(plan));
  if (failed == 0) return static_cast<int>(ProbeVerdict::ok);
  report(program.name, unwritten(failed));
  return static_cast<int>(ProbeVerdict::unknown);
}

int main(int argc, char** argv) {
  const Program program = Program::begin("mqfail-probe");
  ProbeFormat format = ProbeFormat::text;
  auto parsed = parse_probe(argc, argv, Environment::of_process(), format);
  if (!parsed) return unknown(program, parsed.error(), format);
  if (const auto* const printout = std::get_if<Printout>(&*parsed))
    return print(program, *printout);
  const ProbeOptions options = std::move(std::get<ProbeOptions>(*parsed));
  const auto give_up = [&](const Error& error) {
    return unknown(program, error, options.format, options.output_file);
  };

  const auto roster = roster_now(options.common, !options.announce);
  if (!roster) return give_up(roster.error());
  EventWriter events = make_events(program, options.common);
  events.speak_without_memory();
  for (const std::string& warning : roster->warnings) events.warn(warning);
  prctl(PR_SET_DUMPABLE, 0);  // passwords stay out of core files

  if (options.plan) return show_plan(program, options, *roster);
  if (options.watch) {
    if (const auto watched = watch_servers(options, *roster, events); !watched)
      return give_up(watched.error());
    return static_cast<int>(ProbeVerdict::ok);
  }
  auto probed = probe(roster->servers, probe_settings(options, *roster));
  if (!probed) return give_up(probed.error());
  const Outcome outcome =
      outcome_now(options, std::move(probed->reports), std::move(probed->cross));
  if (const auto done = put_out(options, outcome); !done) {
    report(program.name, done.error());
    if (!options.output_file.empty())
      write_all(STDOUT_FILENO, render_unknown(options.format, done.error().message, outcome.at));
    return static_cast<int>(ProbeVerdict::unknown);
  }
  return exit_status(outcome.judgement.verdict, options.limits);
}

}  // namespace
}  // namespace mqfail

int main(int argc, char** argv) {
  mqfail::leave(mqfail::main(argc, argv));
}
