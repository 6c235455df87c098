// SPDX-License-Identifier: Apache-2.0
// mqfail-probe: which servers accept a connection? This file only connects the parts. Standard
// output always gets a verdict, also UNKNOWN, and the exit status is that of the Monitoring
// Plugins.
#include <sys/prctl.h>
#include <unistd.h>

#include <set>
#include <string>
#include <utility>
#include <variant>

#include "base/write.hpp"
#include "config/naming/naming.hpp"
#include "config/uri/shown_uri.hpp"
#include "probe/plan.hpp"
#include "probe/probe.hpp"
#include "probe/render.hpp"
#include "watch.hpp"
#include "wiring.hpp"

namespace mqfail {
namespace {

int unknown(const Program& program, const Error& error, bool json) {
  report(program.name, error);
  write_all(STDOUT_FILENO, render_unknown(error.message, json));
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
    plan.servers.push_back({roster.servers[i], named ? roster.origins[i] : "discovered"});
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

int main(int argc, char** argv) {
  const Program program = Program::begin("mqfail-probe");
  ProbeFormat format = ProbeFormat::text;
  auto parsed = parse_probe(argc, argv, Environment::of_process(), format);
  if (!parsed) return unknown(program, parsed.error(), format == ProbeFormat::json);
  if (const auto* const printout = std::get_if<Printout>(&*parsed))
    return print(program, *printout);
  const ProbeOptions options = std::move(std::get<ProbeOptions>(*parsed));
  const bool json = options.format == ProbeFormat::json;

  const auto roster = roster_now(options.common);
  if (!roster) return unknown(program, roster.error(), json);
  EventWriter events = make_events(program, options.common);
  for (const std::string& warning : roster->warnings) events.warn(warning);
  prctl(PR_SET_DUMPABLE, 0);  // passwords stay out of core files

  if (options.plan) {
    const std::string text = render_plan(plan_of(*roster, options.common));
    const int failed = write_all(STDOUT_FILENO, text);
    if (failed == 0) return static_cast<int>(ProbeVerdict::ok);
    report(program.name, unwritten(failed));
    return static_cast<int>(ProbeVerdict::unknown);
  }
  if (options.watch) {
    if (const auto watched = watch_servers(options, *roster, events); !watched)
      return unknown(program, watched.error(), json);
    return static_cast<int>(ProbeVerdict::ok);
  }
  const auto probed = probe(roster->servers, {options.common.connect, options.common.protocol,
                                              roster->settings.connect_timeout, options.time_limit,
                                              options.common.primary_host});
  if (!probed) return unknown(program, probed.error(), json);
  const auto& reports = *probed;
  const ProbeVerdict verdict = judge(reports, options.min_up);
  const std::string text = json ? render_json(reports, verdict) : render_text(reports, verdict);
  if (const int failed = write_all(STDOUT_FILENO, text); failed != 0) {
    report(program.name, unwritten(failed));
    return static_cast<int>(ProbeVerdict::unknown);
  }
  if (verdict == ProbeVerdict::warning && options.ok_if_any)
    return static_cast<int>(ProbeVerdict::ok);
  return static_cast<int>(verdict);
}

}  // namespace
}  // namespace mqfail

int main(int argc, char** argv) {
  mqfail::leave(mqfail::main(argc, argv));
}
