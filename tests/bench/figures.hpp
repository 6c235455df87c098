// SPDX-License-Identifier: Apache-2.0
// What every measurement needs: how a command is run and timed, and the table that is printed.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "rig/process.hpp"

namespace rig {

using Arguments = std::vector<std::string>;

inline Arguments operator+(Arguments words, const Arguments& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// The path of a command. by_turns.sh measures another build of the commands with the same bench.
std::string bin(const std::string& name);

/// The values of all rounds.
struct Range {
  std::vector<double> values;
  void add(double value) { values.push_back(value); }
  double middle() const { return share(0.5); }
  double low() const { return share(0); }
  double high() const { return share(1); }
  /// The value below which this share of the values is; of an even number of values the middle is
  /// the mean of both in the middle. 0 without values.
  double share(double part) const;
};

std::string number(double value, int digits = 2);

/// What a row is to reach.
struct Goal {
  enum class Of { nothing, ratio, figure } of = Of::nothing;
  double bound = 0;
};
/// mqfail is at least so many times as good as the mosquitto tool.
inline Goal ratio_of(double least) {
  return {Goal::Of::ratio, least};
}
/// The figure of mqfail is at most this.
inline Goal at_most(double most) {
  return {Goal::Of::figure, most};
}

/// The table. Each row is printed as soon as it is known. A ratio above 1 is good for mqfail.
class Table {
 public:
  Table();
  void row(const std::string& what, const std::string& unit, const Range& ours, const Range* theirs,
           bool more_is_better, int digits = 2, Goal goal = {});
  /// A row of what the machine does at best, without mqfail.
  void limit(const std::string& what, const std::string& unit, const Range& range, int digits = 2);
  /// The end of the table says how many times the limit the figure of the row is. Both have one
  /// unit, of which less is better. Nothing is said if one of them was not measured.
  void beside_limit(const std::string& row, const std::string& limit);
  /// The end: the figures beside their limits, and the goals of the rows that were measured.
  void end();
  const std::string& text() const { return text_; }

 private:
  struct Reached {
    std::string what, figure, wanted;
    bool reached;
  };
  void print(const std::string& line);

  std::string text_;
  std::map<std::string, double> middles_;
  std::vector<std::pair<std::string, std::string>> limits_;
  std::vector<Reached> goals_;
};

/// Waits for the end. Throws Broken unless the exit status is 0.
Exit finish(Process& process, milliseconds patience = 120s);

struct Took {
  double wall, cpu;  // s
};
Took took(Process& process);

/// The processor time that a process of one thread has used so far, in seconds. For a server it
/// measures the rate that the server allows, and a busy machine hardly changes it.
double cpu_seconds_of(pid_t pid);

/// The maximum of the resident memory of a process until its end, in MiB. It is not taken from
/// rusage, because the kernel counts the memory that this process had at the fork.
double peak_mib(Process& process);

}  // namespace rig
