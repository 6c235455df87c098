// SPDX-License-Identifier: Apache-2.0
// Runs mqfail with real servers of one kind while nodes die, end and freeze, and prints a row of a
// Markdown table for each mode and fault: `run_peers KIND [--row N] [--table FILE] [--events]`.
// The exit status is 0 if every row keeps what is promised or is known not to, 1 if not, and 77 if
// this machine cannot have the servers, which the table says, too. A row is run a second time, and
// the table says so, if its servers fail, or if all that it breaks may be the machine's
// (Violation::may_be_the_machine).
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
bool is_known(const Row& row, const Violation& violation) {
  return !row.promise.today.empty() && violation.what == "doubled";
}

std::string name_of(const Row& row) {
  return "| " + row.kind + (row.form.empty() ? "" : ", ") + row.form +
         (row.named ? "" : ", unnamed") + " | " + name_of(row.mode) + " | " + name_of(row.fault) +
         (row.node == 0 ? "" : ", node " + std::to_string(row.node + 1)) + " | ";
}

/// `word` says what a violation means for the run.
std::string verdict_on(const Row& row, const Outcome& outcome, const std::string& word) {
  if (outcome.violations.empty())
    return "ok" + (row.promise.reason.empty() ? "" : ": " + row.promise.reason);
  std::string text;
  for (const Violation& one : outcome.violations) {
    const std::string what = is_known(row, one) ? one.what + ", " + row.promise.today : one.what;
    text += (text.empty() ? word : ", ") + what;
  }
  return text;
}

std::string table_row(const Row& row, const Outcome& outcome) {
  const Measured& measured = outcome.measured;
  std::ostringstream text;
  text.setf(std::ios::fixed);
  text.precision(2);
  text << name_of(row) << measured.lines << " | " << measured.printed.lost << " | "
       << measured.printed.duplicated << " | " << measured.printed.reordered << " | "
       << measured.printed.longest_silence << " (" << measured.before.longest_silence << ") | "
       << measured.failovers << " + " << measured.publishers_failovers << " | " << measured.status
       << " +";
  for (const int status : measured.publishers_statuses) text << " " << status;
  text << " | ";
  return text.str();
}

/// How a row has ended.
enum class End {
  kept,
  missed,      ///< it is known why
  doubtful,    ///< it may be the machine
  no_servers,  ///< the servers do not do what a row needs
  broken,
};

End end_of(const Row& row, const Outcome& outcome) {
  End end = End::kept;
  for (const Violation& one : outcome.violations)
    end = std::max(end, is_known(row, one)       ? End::missed
                        : one.may_be_the_machine ? End::doubtful
                                                 : End::broken);
  return end;
}

bool is_good(End end) {
  return end == End::kept || end == End::missed;
}

/// The word that tests/run.sh counts.
std::string word_for(End end, bool last) {
  if (end == End::missed) return "NOT REACHED: ";
  return last || end == End::broken ? "FAILED: " : "AGAIN: ";
}

/// One try of a row; `last`: there is no other one. Servers that have failed are started anew.
End run_once(const Options& options, const Kind& kind, std::unique_ptr<Peer>& peer, const Row& row,
             std::size_t number, bool last) {
  const rig::Moment start = rig::Clock::now();
  const std::string which = last ? "second try, " : "";
  try {
    if (!peer) peer = kind.start();
    const Outcome outcome = run_row(*peer, row, number);
    const End end = end_of(row, outcome);
    print(options,
          table_row(row, outcome) + which + verdict_on(row, outcome, word_for(end, last)) + " |");
    if (!outcome.violations.empty() || options.events) {
      std::cout << outcome.events << "missing:";
      for (const std::uint32_t line : outcome.measured.printed.missing) std::cout << " " << line;
      std::cout << std::endl;
      for (Node* const node : peer->nodes()) std::cout << node->said() << std::endl;
    }
    std::fprintf(stderr, "row %zu took %.1f s\n", number,
                 rig::seconds_between(start, rig::Clock::now()));
    return end;
  } catch (const rig::Broken& broken) {
    print(options, name_of(row) + " | | | | | | | " + which + word_for(End::no_servers, last) +
                       broken.what() + " |");
    peer.reset();
    return End::no_servers;
  }
}

/// False if the row breaks a promise.
bool run_and_print(const Options& options, const Kind& kind, std::unique_ptr<Peer>& peer,
                   const Row& row, std::size_t number) {
  End end = End::no_servers;
  for (const bool last : {false, true}) {
    end = run_once(options, kind, peer, row, number, last);
    if (is_good(end) || end == End::broken) break;
  }
  return is_good(end);
}

int run_kind(const Options& options, const Kind& kind) {
  if (const std::string missing = kind.missing(); !missing.empty()) {
    print(options, "| " + kind.name + " | | | | | | | | | | SKIPPED: " + missing + " |");
    return skipped;
  }
  std::unique_ptr<Peer> peer;
  const std::vector<Row> rows = rows_of(kind.name);
  std::size_t failed = 0, run = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (options.row != 0 && options.row != i + 1) continue;
    ++run;
    if (!run_and_print(options, kind, peer, rows[i], i + 1)) ++failed;
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
