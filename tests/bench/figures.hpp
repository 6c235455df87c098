// SPDX-License-Identifier: Apache-2.0
// What every measurement needs: how a command is run and timed, and the table that is printed.
#pragma once

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "paths.hpp"
#include "rig/process.hpp"

namespace rig {

using Arguments = std::vector<std::string>;

// by_turns.sh measures another build of the commands with the same bench.
inline std::string bin(const std::string& name) {
  const char* const other = std::getenv("MQFAIL_BENCH_BIN");
  return (other != nullptr ? std::string(other) : mqfail::test::bin_dir()) + "/" + name;
}

inline double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

struct Range {
  std::vector<double> values;
  void add(double value) { values.push_back(value); }
  double middle() const { return median(values); }
  double low() const {
    return values.empty() ? 0 : *std::min_element(values.begin(), values.end());
  }
  double high() const {
    return values.empty() ? 0 : *std::max_element(values.begin(), values.end());
  }
};

inline std::string number(double value, int digits = 2) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

inline std::string figure(const Range& range, int digits) {
  return number(range.middle(), digits) + " (" + number(range.low(), digits) + "–" +
         number(range.high(), digits) + ")";
}

/// The table. Each row is printed as soon as it is known. A ratio above 1 is good for mqfail.
struct Table {
  std::string text;
  void print(const std::string& line) {
    text += line + '\n';
    std::cout << line << std::endl;
  }
  void row(const std::string& what, const std::string& unit, const Range& ours, const Range* theirs,
           bool more_is_better, int digits = 2) {
    std::string line = "| " + what + " | " + figure(ours, digits) + ' ' + unit + " | ";
    if (theirs == nullptr) return print(line + "– | – |");
    const double ratio =
        more_is_better ? ours.middle() / theirs->middle() : theirs->middle() / ours.middle();
    print(line + figure(*theirs, digits) + ' ' + unit + " | **" + number(ratio) + "** |");
  }
};

inline Exit finish(Process& process, milliseconds patience = 120s) {
  const auto exit = process.wait_exit(patience);
  if (!exit) throw Broken("does not end; stderr: " + process.bytes(Stream::err));
  if (exit->status != 0)
    throw Broken("exit status " + std::to_string(exit->status) +
                 "; stderr: " + process.bytes(Stream::err));
  return *exit;
}

struct Took {
  double wall, cpu;
};

inline Took took(Process& process) {
  const Exit exit = finish(process);
  return {seconds_between(process.started(), exit.at), exit.cpu_seconds()};
}

}  // namespace rig
