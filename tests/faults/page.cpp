// SPDX-License-Identifier: Apache-2.0
#include "faults/page.hpp"

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "paths.hpp"

namespace faults {
namespace {

/// The names of the classes, from the table of classes.md.
std::map<int, std::string> names_of_classes() {
  std::map<int, std::string> names;
  std::ifstream table(mqfail::test::source_dir() + "/tests/faults/classes.md");
  for (std::string line; std::getline(table, line);) {
    int number = 0;
    int behind = 0;
    if (std::sscanf(line.c_str(), "| %d | %n", &number, &behind) != 1 || behind == 0) continue;
    const std::size_t begin = static_cast<std::size_t>(behind);
    names[number] = line.substr(begin, line.find(" |", begin) - begin);
  }
  return names;
}

std::string verdict(const Done& done) {
  std::string text = done.second_try ? "second try, " : "";
  if (!done.record.skipped.empty()) return text + "SKIPPED: " + done.record.skipped;
  if (done.record.broken.empty()) return text + "ok";
  text += "FAILED:";
  for (const std::string& what : done.record.broken) text += " " + what + ";";
  return text;
}

std::string line_below(const std::string& title) {
  std::string line = "|";
  for (const char c : title)
    if (c == '|') line += "---|";
  return line + "---|\n";
}

}  // namespace

Sum add_up(const std::vector<Done>& done, double seconds) {
  Sum sum;
  std::set<int> classes;
  for (const Done& one : done) {
    ++sum.cases;
    classes.insert(one.of->of);
    if (!one.record.broken.empty())
      ++sum.failed;
    else if (!one.record.skipped.empty())
      ++sum.skipped;
    if (one.second_try) ++sum.second_tries;
  }
  sum.classes = classes.size();
  sum.seconds = seconds;
  return sum;
}

std::string in_words(const Sum& sum) {
  std::ostringstream out;
  out << sum.cases << " cases of " << sum.classes
      << " classes: " << sum.cases - sum.failed - sum.skipped << " passed, " << sum.failed
      << " failed, " << sum.skipped << " skipped; second tries: " << sum.second_tries << "; "
      << static_cast<long>(sum.seconds) << " s";
  return out.str();
}

std::string page(const std::vector<Done>& done, const Sum& sum) {
  std::map<int, Record> classes;
  std::map<int, std::size_t> counts;
  for (const Done& one : done) {
    classes[one.of->of] = worst(classes[one.of->of], one.record);
    ++counts[one.of->of];
  }
  const auto names = names_of_classes();
  std::ostringstream out;
  out << "# The fault catalogue\n\n"
      << in_words(sum) << ".\n\n`tests/run.sh --faults -- --class N` repeats a line of the first "
      << "table, `tests/run.sh --faults -- --case NAME` one of the second.\n"
      << "tests/faults/classes.md says what the columns mean.\n\n"
      << "## Classes, with the worst figures of their cases\n\n";
  std::string title = "| class | fault | cases | " + titles();
  out << title << " |\n" << line_below(title.substr(1));
  for (const auto& [number, record] : classes) {
    const auto name = names.find(number);
    out << "| " << number << " | " << (name == names.end() ? "" : name->second) << " | "
        << counts[number] << " | " << cells(record) << " |\n";
  }
  out << "\n## Cases\n\n";
  title = "| class | case | " + titles() + " | s | ";
  out << title << " |\n" << line_below(title.substr(1));
  for (const Done& one : done) {
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, "%.1f", one.record.seconds);
    out << "| " << one.of->of << " | " << one.of->name << " | " << cells(one.record) << " | "
        << seconds << " | " << verdict(one) << " |\n";
  }
  return out.str();
}

}  // namespace faults
