// SPDX-License-Identifier: Apache-2.0
#include "bench/figures.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>

#include "paths.hpp"

namespace rig {
namespace {

std::string figure(const Range& range, int digits) {
  return number(range.middle(), digits) + " (" + number(range.low(), digits) + "–" +
         number(range.high(), digits) + ")";
}

// The median of the ratios of the rounds: both sides of a round had the same machine. If one side
// was measured more often, the ratio of the medians.
double ratio_of_rounds(const Range& ours, const Range& theirs) {
  if (ours.values.size() != theirs.values.size()) return ours.middle() / theirs.middle();
  Range ratios;
  for (std::size_t i = 0; i < ours.values.size(); ++i)
    ratios.add(ours.values[i] / theirs.values[i]);
  return ratios.middle();
}

}  // namespace

std::string bin(const std::string& name) {
  const char* const other = std::getenv("MQFAIL_BENCH_BIN");
  return (other != nullptr ? std::string(other) : mqfail::test::bin_dir()) + "/" + name;
}

double Range::share(double part) const {
  if (values.empty()) return 0;
  std::vector<double> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  const double at = part * static_cast<double>(sorted.size() - 1);
  const double low = sorted[static_cast<std::size_t>(std::floor(at))];
  const double high = sorted[static_cast<std::size_t>(std::ceil(at))];
  return low + (high - low) * (at - std::floor(at));
}

std::string number(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

Table::Table() {
  print(
      "| figure | mqfail: median (lowest–highest) | mosquitto's tool | ratio (median of the "
      "rounds), "
      "above 1 is better |");
  print("|---|---|---|---|");
}

void Table::print(const std::string& line) {
  text_ += line + '\n';
  std::cout << line << std::endl;
}

void Table::row(const std::string& what, const std::string& unit, const Range& ours,
                const Range* theirs, bool more_is_better, int digits, Goal goal) {
  middles_[what] = ours.middle();
  const std::string line = "| " + what + " | " + figure(ours, digits) + ' ' + unit + " | ";
  double ratio = 0;
  if (theirs == nullptr) {
    print(line + "– | – |");
  } else {
    ratio = ratio_of_rounds(ours, *theirs);
    if (!more_is_better) ratio = 1 / ratio;
    print(line + figure(*theirs, digits) + ' ' + unit + " | **" + number(ratio) + "** |");
  }
  // A goal is judged by what is printed, so that nobody sees 1.30 that is not 1.30.
  const auto rounded = [](double value, int places) {
    return std::strtod(number(value, places).c_str(), nullptr);
  };
  if (goal.of == Goal::Of::ratio)
    goals_.push_back(
        {what, number(ratio), "at least " + number(goal.bound), rounded(ratio, 2) >= goal.bound});
  if (goal.of == Goal::Of::figure)
    goals_.push_back({what, number(ours.middle(), digits) + ' ' + unit,
                      "at most " + number(goal.bound, digits) + ' ' + unit,
                      rounded(ours.middle(), digits) <= goal.bound});
}

void Table::limit(const std::string& what, const std::string& unit, const Range& range,
                  int digits) {
  row("limit: " + what, unit, range, nullptr, false, digits);
}

void Table::beside_limit(const std::string& row, const std::string& limit) {
  limits_.emplace_back(row, "limit: " + limit);
}

void Table::end() {
  const auto measured = [this](const auto& pair) {
    return middles_.count(pair.first) != 0 && middles_.count(pair.second) != 0;
  };
  if (std::any_of(limits_.begin(), limits_.end(), measured)) {
    print("\n| beside the limit | mqfail | limit | mqfail is so many times the limit |");
    print("|---|---|---|---|");
    for (const auto& pair : limits_) {
      if (!measured(pair)) continue;
      const double ours = middles_[pair.first], limit = middles_[pair.second];
      print("| " + pair.first + " — " + pair.second + " | " + number(ours, 3) + " | " +
            number(limit, 3) + " | **" + number(ours / limit, 1) + "** |");
    }
  }
  if (goals_.empty()) return;
  print("\n| to reach | measured | wanted | reached |");
  print("|---|---|---|---|");
  for (const Reached& goal : goals_)
    print("| " + goal.what + " | " + goal.figure + " | " + goal.wanted + " | " +
          (goal.reached ? "yes" : "no") + " |");
}

Exit finish(Process& process, milliseconds patience) {
  const auto exit = process.wait_exit(patience);
  if (!exit) throw Broken("does not end; stderr: " + process.bytes(Stream::err));
  if (exit->status != 0)
    throw Broken("exit status " + std::to_string(exit->status) +
                 "; stderr: " + process.bytes(Stream::err));
  return *exit;
}

Took took(Process& process) {
  const Exit exit = finish(process);
  return {seconds_between(process.started(), exit.at), exit.cpu_seconds()};
}

double cpu_seconds_of(pid_t pid) {
  std::istringstream text(read_file("/proc/" + std::to_string(pid) + "/schedstat"));
  double nanoseconds = 0;
  text >> nanoseconds;
  return nanoseconds / 1e9;
}

double peak_mib(Process& process) {
  long most = 0;
  while (!process.wait_exit(1ms)) most = std::max(most, process.peak_kib());
  return static_cast<double>(most) / 1024;
}

}  // namespace rig
