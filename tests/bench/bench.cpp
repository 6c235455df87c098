// SPDX-License-Identifier: Apache-2.0
// Figures of mqfail and of the mosquitto tools, on the same machine, in the same run, by turns, the
// median of the rounds. So a busy machine slows both. Prints Markdown tables: the figures with
// their ratios, some beside the limit of the machine, and what is to be reached. parts.hpp has the
// parts.
#include <cstdlib>
#include <functional>
#include <iostream>
#include <set>

#include "bench/bare_subscriber.hpp"
#include "bench/parts.hpp"
#include "bench/probe_figures.hpp"

using namespace rig;

namespace {

struct Options {
  int rounds = 5, kills = 300;
  std::set<std::string> only;
  std::string rows;  // of publish and subscribe: in the name of the load
  std::string file;
};

/// Exits with 64 at an unknown argument.
Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const bool has_value = i + 1 < argc;
    if (argument == "--rounds" && has_value)
      options.rounds = std::atoi(argv[++i]);
    else if (argument == "--kills" && has_value)
      options.kills = std::atoi(argv[++i]);
    else if (argument == "--only" && has_value)
      options.only.insert(argv[++i]);
    else if (argument == "--row" && has_value)
      options.rows = argv[++i];
    else if (argument.starts_with('-') || !options.file.empty()) {
      std::cerr << "unknown: " << argument
                << "; the first lines of tests/bench/run.sh say what is\n";
      std::exit(64);
    } else
      options.file = argument;
  }
  return options;
}

// The default server first, a server without limits as a second row.
const Load kLoads[] = {{0},
                       {1},
                       {1, 100, false, false},
                       {2},
                       {2, 100, false, false},
                       {0, 10},
                       {1, 10},
                       {0, 65'536},
                       {1, 65'536},
                       {0, 100, true},
                       {1, 100, true},
                       {2, 100, true}};

}  // namespace

int main(int argc, char** argv) {
  be_bare_subscriber(argc, argv);
  const Options options = parse(argc, argv);
  const int rounds = options.rounds, kills = options.kills;
  Table table;
  int failed = 0;
  const auto part = [&](const std::string& name, const std::function<void()>& measure) {
    if (!options.only.empty() && options.only.count(name) == 0) return;
    try {
      measure();
    } catch (const std::exception& error) {
      std::cerr << name << ": " << error.what() << '\n';
      ++failed;
    }
  };
  // What measures a whole process comes first, because a fork costs more when this process has
  // grown.
  part("start", [&] { start_to_exit(table, rounds); });
  part("probe", [&] { probe_figures(table, rounds); });
  part("document", [&] { documents(table, rounds); });
  part("servers", [&] { many_servers(table, rounds); });
  part("lone", [&] { lone_messages(table, rounds); });
  for (const auto& [name, measure] :
       {std::pair{"publish", &publish_rate}, std::pair{"subscribe", &subscribe_rate}}) {
    for (const Load& load : kLoads) {
      if (!load.limited && name == std::string("subscribe")) continue;
      if (load.name().find(options.rows) != std::string::npos)
        part(name, [&, run = measure] { run(table, rounds, load); });
    }
  }
  part("bare", [&] { bare_publish(table, rounds); });
  part("bare", [&] { bare_subscribe(table, rounds); });
  part("gap", [&] { failover_gap(table, kills, "cold", false); });
  part("gap", [&] { failover_gap(table, kills, "warm", false); });
  part("gap", [&] { failover_gap(table, kills / 3, "cold", true); });
  part("gap", [&] { failover_gap(table, kills / 3, "warm", true); });
  part("hot", [&] { hot_silence(table, kills); });
  part("frozen", [&] { frozen(table, rounds); });
  part("connects", [&] { connects(table, rounds); });
  part("promises", [&] { promises(table, rounds); });
  part("pipelines", [&] { pipelines(table, rounds); });
  part("idle", [&] { idle(table); });
  part("memory", [&] { peak_memory(table, rounds); });
  part("memory", [&] { giant_payload(table, rounds); });
  part("rest", [&] { rest_endpoint(table, rounds); });
  part("limits", [&] { physical_limits(table, rounds); });
  table.end();

  if (!options.file.empty()) write_file(options.file, table.text());
  return failed == 0 ? 0 : 1;
}
