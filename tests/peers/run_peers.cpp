// SPDX-License-Identifier: Apache-2.0
// Runs mqfail with real servers of one kind while nodes die, end and freeze, and prints a row of a
// Markdown table for each mode and fault: `run_peers KIND [--row N] [--table FILE] [--events]`.
// The exit status is 0 if every row keeps its bounds or is known not to, 1 if not, and 77 if this
// machine cannot have the servers, which the table says, too.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include "peers/rows.hpp"

using namespace peers;

namespace {

constexpr int skipped = 77;

struct Options {
  std::string kind, table;
  std::size_t row = 0;  ///< only this one, counted from 1
  bool events = false;  ///< print the events of every row, not only of those that fail
};

void print(const Options& options, const std::string& text) {
  std::cout << text << std::endl;
  if (options.table.empty()) return;
  std::ofstream table(options.table, std::ios::app);
  table << text << "\n";
}

/// Whether the violation is the shortcoming that the row names.
bool is_known(const Row& row, const std::string& violation) {
  return !row.most.today.empty() && violation == "doubled";
}

std::string table_row(const Row& row, const Outcome& outcome) {
  std::ostringstream text;
  text.setf(std::ios::fixed);
  text.precision(2);
  text << "| " << row.kind << (row.form.empty() ? "" : ", ") << row.form
       << (row.named ? "" : ", unnamed") << " | " << name_of(row.mode) << " | "
       << name_of(row.fault);
  if (row.node != 0) text << ", node " << row.node + 1;
  text << " | " << outcome.lines << " | " << outcome.printed.lost << " | "
       << outcome.printed.duplicated << " | " << outcome.printed.reordered << " | "
       << outcome.printed.longest_silence << " | " << outcome.failovers << " + "
       << outcome.publishers_failovers << " | " << outcome.status << " +";
  for (const int status : outcome.publishers_statuses) text << " " << status;
  text << " | ";
  if (outcome.violations.empty())
    text << "ok" << (row.most.reason.empty() ? "" : ": ") << row.most.reason;
  for (std::size_t i = 0; i < outcome.violations.size(); ++i)
    text << (i != 0                                  ? ", "
             : !is_known(row, outcome.violations[i]) ? "FAILED: "
                                                     : "NOT REACHED: ")
         << outcome.violations[i];
  if (!outcome.violations.empty() && !row.most.today.empty()) text << ", " << row.most.today;
  text << " |";
  return text.str();
}

/// False if the row breaks a bound.
bool run_and_print(const Options& options, Peer& peer, const Row& row, std::size_t number) {
  const rig::Moment start = rig::Clock::now();
  try {
    const Outcome outcome = run_row(peer, row, number);
    print(options, table_row(row, outcome));
    if (!outcome.violations.empty() || options.events) {
      std::cout << outcome.events << "missing:";
      for (const std::uint32_t line : outcome.printed.missing) std::cout << " " << line;
      std::cout << std::endl;
      for (Node* const node : peer.nodes()) std::cout << node->said() << std::endl;
    }
    std::fprintf(stderr, "row %zu took %.1f s\n", number,
                 rig::seconds_between(start, rig::Clock::now()));
    return std::all_of(outcome.violations.begin(), outcome.violations.end(),
                       [&](const std::string& one) { return is_known(row, one); });
  } catch (const rig::Broken& broken) {
    print(options, "| " + row.kind + " " + row.form + " | " + name_of(row.mode) + " | " +
                       name_of(row.fault) + " | | | | | | | | FAILED: " + broken.what() + " |");
    return false;
  }
}

int run_kind(const Options& options, const Kind& kind) {
  if (const std::string missing = kind.missing(); !missing.empty()) {
    print(options, "| " + kind.name + " | | | | | | | | | | SKIPPED: " + missing + " |");
    return skipped;
  }
  const std::unique_ptr<Peer> peer = kind.start();
  const std::vector<Row> rows = rows_of(kind.name);
  std::size_t failed = 0, run = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (options.row != 0 && options.row != i + 1) continue;
    ++run;
    if (!run_and_print(options, *peer, rows[i], i + 1)) ++failed;
  }
  return failed == 0 && run != 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--row" && i + 1 < argc)
      options.row = std::stoul(argv[++i]);
    else if (argument == "--table" && i + 1 < argc)
      options.table = argv[++i];
    else if (argument == "--events")
      options.events = true;
    else
      options.kind = argument;
  }
  for (const Kind& kind : kinds()) {
    if (kind.name != options.kind) continue;
    try {
      return run_kind(options, kind);
    } catch (const rig::Broken& broken) {
      print(options, "| " + kind.name + " | | | | | | | | | | FAILED: " + broken.what() + " |");
      return 1;
    }
  }
  std::cerr << "usage: run_peers KIND [--row N] [--table FILE] [--events]; KIND is one of";
  for (const Kind& kind : kinds()) std::cerr << " " << kind.name;
  std::cerr << "\n";
  return 2;
}
