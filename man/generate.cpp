// SPDX-License-Identifier: Apache-2.0
// Writes the parts of the papers that the option table knows: `generate man TOOL FILE.in` fills the
// @...@ lines of a manual page, `generate completion SHELL TOOL` writes a completion. It is built
// and run with the project, so that no paper can forget an option.
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "complete.hpp"
#include "config/uri/failover_options.hpp"
#include "tool/option_table.hpp"

namespace mqfail {
namespace {

// mdoc text: a backslash is an escape and a line must not begin with a macro's dot.
std::string mdoc(std::string_view in) {
  std::string text = replace_all(in, "\\", "\\e");
  return text.starts_with('.') || text.starts_with('\'') ? "\\&" + text : text;
}

// A capital letter, a full stop, and each sentence on a line of its own.
std::string sentences(std::string_view in) {
  std::string text(in);
  if (text.empty()) return text;
  text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  if (!text.ends_with('.')) text += '.';
  return mdoc(replace_all(text, ". ", ".\n")) + "\n";
}

std::string words_as_arguments(std::string_view argument) {
  return argument.empty() ? "" : " Ar " + replace_all(argument, " ", " Ar ");
}

std::string long_flag(const OptionRow& row) {
  return "Fl Fl " + replace_all(row.name, "-", "\\-");
}

std::string man_item(const OptionRow& row) {
  std::string out = ".It ";
  if (row.letter != 0) {
    out.append("Fl ").append(1, row.letter).append(row.name.empty() ? "" : " , ");
  }
  if (row.alias != 0) out.append("Fl ").append(1, row.alias).append(" , ");
  if (!row.name.empty()) out += long_flag(row);
  return out + words_as_arguments(row.argument) + "\n" + sentences(row.help) +
         sentences(row.detail);
}

std::string man_options(Tool tool, std::string_view group) {
  std::string out = ".Bl -tag -width Ds\n";
  for (const OptionRow& row : option_table(tool)) {
    if (row.is_built() && title(row.group) == group) out += man_item(row);
  }
  return out + ".El\n";
}

// What is recognised and refused, in one sentence of flags.
std::string man_refused(Tool tool) {
  std::string out;
  for (const OptionRow& row : option_table(tool)) {
    if (row.is_built()) continue;
    if (row.letter != 0) out.append(out.empty() ? "" : " ,\n").append(".Fl ").append(1, row.letter);
    if (!row.name.empty()) out.append(out.empty() ? "." : " ,\n.").append(long_flag(row));
  }
  return out.empty() ? "none.\n" : out + " .\n";
}

// Every failover option by its name in a URI, for mqfail(7).
std::string man_failover() {
  std::string out = ".Bl -tag -width Ds\n";
  for (const FailoverOption& option : failover_options()) {
    out += ".It Cm " + std::string(option.camelName) + ", Fl Fl " +
           replace_all(std::string(option.kebabName), "-", "\\-") + "\n";
    out += sentences(std::string(option.help));
    if (!option.choices.empty())
      out += "One of " + replace_all(std::string(option.choices), ",", ", ") + ".\n";
    if (!option.standard.empty()) {
      out += "Default: " + mdoc(std::string(option.standard)) +
             (option.kind == OptionKind::duration && option.standard != "-1" ? " ms.\n" : ".\n");
    }
  }
  return out + ".El\n";
}

std::optional<Tool> tool_of(std::string_view word) {
  for (const Tool tool : kTools) {
    if (word == name(tool)) return tool;
  }
  return std::nullopt;
}

std::string filled(Tool tool, const std::string& mark) {
  if (mark == "@refused@") return man_refused(tool);
  if (mark == "@failover@") return man_failover();
  for (const OptionGroup group : kOptionGroups) {
    if (mark == "@" + std::string(title(group)) + "@") return man_options(tool, title(group));
  }
  return "";
}

// Copies a page; `@include FILE@` takes in a part that several pages share, from the same
// directory. NOLINTNEXTLINE(misc-no-recursion): parts do not include parts
bool man(Tool tool, const std::string& path) {
  constexpr std::string_view kInclude = "@include ";
  std::ifstream file(path);
  if (!file) std::cerr << path << ": cannot be read\n";
  std::string line;
  while (std::getline(file, line)) {
    const bool mark = line.size() > 2 && line.starts_with('@') && line.ends_with('@');
    if (!mark) {
      std::cout << line << '\n';
    } else if (line.starts_with(kInclude)) {
      const std::string part = line.substr(kInclude.size(), line.size() - kInclude.size() - 1);
      if (!man(tool, path.substr(0, path.rfind('/') + 1) + part)) return false;
    } else {
      const std::string text = filled(tool, line);
      if (text.empty()) std::cerr << path << ": nothing is called " << line << '\n';
      if (text.empty()) return false;
      std::cout << text;
    }
  }
  return file.eof();
}

int main(const std::vector<std::string>& words) {
  if (words.size() == 3 && words[0] == "man") {
    if (const auto tool = tool_of(words[1])) return man(*tool, words[2]) ? 0 : 1;
  }
  if (words.size() == 3 && words[0] == "completion") {
    const auto tool = tool_of(words[2]);
    if (tool && complete(words[1], *tool, std::cout)) return 0;
  }
  if (words.size() == 2 && words[0] == "help") {
    if (const auto tool = tool_of(words[1])) return std::cout << help_text(*tool), 0;
  }
  // For the papers test: every spelling, and whether it is built.
  if (words.size() == 2 && words[0] == "options") {
    if (const auto tool = tool_of(words[1])) {
      for (const OptionRow& row : option_table(*tool)) {
        for (const std::string& flag : spellings(row)) {
          std::cout << (row.is_built() ? "built " : "refused ") << flag << '\n';
        }
      }
      return 0;
    }
  }
  std::cerr << "usage: generate man|completion|help|options ...\n";
  return 64;
}

}  // namespace
}  // namespace mqfail

int main(int argc, char** argv) {
  return mqfail::main({argv + 1, argv + argc});
}
