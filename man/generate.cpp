// SPDX-License-Identifier: Apache-2.0
// Writes the parts of the papers that the option table knows: `generate man TOOL FILE.in` fills the
// @...@ lines of a manual page, `generate completion SHELL TOOL` writes a completion. Built and run
// with the project, so that no paper can forget an option.
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

#include "config/uri/failover_options.hpp"
#include "tool/option_table.hpp"

namespace mqfail {
namespace {

std::string replace_all(std::string_view in, std::string_view from, std::string_view to) {
  std::string text(in);
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

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
std::string man_refused(Tool tool, Setter refusal) {
  std::string out;
  for (const OptionRow& row : option_table(tool)) {
    if (row.set != refusal) continue;
    if (row.letter != 0) out.append(out.empty() ? "" : " ,\n").append(".Fl ").append(1, row.letter);
    if (!row.name.empty()) out.append(out.empty() ? "." : " ,\n.").append(long_flag(row));
  }
  return out.empty() ? "none.\n" : out + " .\n";
}

// Every failover option by its name in a URI, for mqfail(7).
std::string man_failover() {
  std::string out = ".Bl -tag -width Ds\n";
  for (const FailoverOption& option : failover_options()) {
    if (!option.is_built()) continue;
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
  if (mark == "@refused@") return man_refused(tool, not_supported);
  if (mark == "@later@") return man_refused(tool, not_yet_supported);
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

std::vector<const OptionRow*> built_rows(Tool tool) {
  std::vector<const OptionRow*> rows;
  for (const OptionRow& row : option_table(tool)) {
    if (row.is_built()) rows.push_back(&row);
  }
  return rows;
}

std::vector<std::string> spellings(const OptionRow& row) {
  std::vector<std::string> all;
  if (row.letter != 0) all.push_back(std::string("-") + row.letter);
  if (row.alias != 0) all.push_back(std::string("-") + row.alias);
  if (!row.name.empty()) all.push_back(row.long_flag());
  return all;
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string out;
  for (const std::string& word : words) out.append(out.empty() ? "" : between).append(word);
  return out;
}

// What -D needs in each shell: the names that its command may have, a line `COMMAND)` and what
// `offer` makes of them.
template <class Offer>
std::string property_cases(Tool tool, std::string_view indent, Offer offer) {
  std::string out;
  std::istringstream commands{std::string(property_commands(tool))};
  for (std::string command; commands >> command;)
    out += std::string(indent) + offer(command, std::string(property_names(command))) + "\n";
  return out;
}

// For bash and zsh, whose folders have one spelling.
constexpr std::string_view kComponents = "\"${XDG_CONFIG_HOME:-$HOME/.config}/mqfail/components\"";

void complete_bash(Tool tool) {
  const std::string function = "_mqfail_" + std::string(name(tool));
  std::cout << "# bash completion for " << command_name(tool) << "; made from its option table\n"
            << function << "() {\n"
            << "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
            << "  case $before in\n";
  std::vector<std::string> all;
  for (const OptionRow* row : built_rows(tool)) {
    const std::vector<std::string> flags = spellings(*row);
    all.insert(all.end(), flags.begin(), flags.end());
    // pub's -s may stand alone, so that what follows is an option as likely as a server.
    if (!row->takes_value() || (tool == Tool::pub && row->name == "server")) continue;
    std::string action = "COMPREPLY=()";
    if (row->values == "FILE") {
      action = "mapfile -t COMPREPLY < <(compgen -f -- \"$word\")";
    } else if (row->values == "DIR") {
      action = "mapfile -t COMPREPLY < <(compgen -d -- \"$word\")";
    } else if (row->values == "HOST") {
      action = "mapfile -t COMPREPLY < <(compgen -A hostname -- \"$word\")";
    } else if (row->values == "COMPONENT") {
      action = "compopt -o filenames 2>/dev/null\n      mapfile -t COMPREPLY < <(cd " +
               std::string(kComponents) + " 2>/dev/null && compgen -d -- \"$word\")";
    } else if (row->values == "PROPERTY") {
      action = "mapfile -t COMPREPLY < <(compgen -W '" + std::string(property_commands(tool)) +
               "' -- \"$word\")";
    } else if (row->lists_words()) {
      action =
          "mapfile -t COMPREPLY < <(compgen -W '" + std::string(row->values) + "' -- \"$word\")";
    }
    std::cout << "    " << joined(flags, " | ") << ")\n      " << action
              << "\n      return\n      ;;\n";
  }
  std::cout << "  esac\n";
  if (tool != Tool::probe) {
    std::cout << "  if ((COMP_CWORD > 2)) && [[ ${COMP_WORDS[COMP_CWORD - 2]} == -D || "
                 "${COMP_WORDS[COMP_CWORD - 2]} == --property ]]; then\n"
                 "    case ${before,,} in\n"
              << property_cases(tool, "      ",
                                [](const std::string& command, const std::string& names) {
                                  return command + ") mapfile -t COMPREPLY < <(compgen -W '" +
                                         names + "' -- \"$word\") ;;";
                                })
              << "    esac\n    return\n  fi\n";
  }
  std::cout << "  mapfile -t COMPREPLY < <(compgen -W '" << joined(all, " ") << "' -- \"$word\")\n"
            << "}\n"
            << "complete -F " << function << " " << command_name(tool) << "\n";
}

// The text of an option for zsh, inside '...[...]...'.
std::string zsh_text(std::string_view in) {
  std::string text = replace_all(in, "'", "'\\''");
  text = replace_all(std::move(text), "[", "\\[");
  text = replace_all(std::move(text), "]", "\\]");
  return replace_all(std::move(text), ":", "\\:");
}

void complete_zsh(Tool tool) {
  const std::string function = "_mqfail_" + std::string(name(tool));
  std::cout << "#compdef " << command_name(tool) << "\n# made from the option table\n"
            << function << "_components() {\n"
            << "  local -a components\n  components=(" << kComponents << "/*(N/:t))\n"
            << "  compadd -a components\n}\n";
  if (tool != Tool::probe) {
    std::cout << function << "_property() {\n  case ${words[CURRENT - 1]:l} in\n"
              << property_cases(tool, "    ",
                                [](const std::string& command, const std::string& names) {
                                  return command + ") compadd " + names + " ;;";
                                })
              << "  esac\n}\n";
  }
  std::cout << "_arguments -s -S";
  for (const OptionRow* row : built_rows(tool)) {
    const bool lone_s = tool == Tool::pub && row->name == "server";
    for (const std::string& flag : spellings(*row)) {
      if (lone_s && flag == "-s") continue;  // --stdin-file has it
      std::string spec = "*" + flag;
      if (row->takes_value() && flag.starts_with("--")) spec += "=";
      spec += "[" + zsh_text(row->help) + "]";
      if (row->takes_value()) {
        std::string action;
        if (row->values == "FILE") {
          action = "_files";
        } else if (row->values == "DIR") {
          action = "_files -/";
        } else if (row->values == "HOST") {
          action = "_hosts";
        } else if (row->values == "COMPONENT") {
          action = function + "_components";
        } else if (row->lists_words()) {
          action = "(" + std::string(row->values) + ")";
        }
        if (row->values == "PROPERTY") {
          spec += ":command:(" + std::string(property_commands(tool)) + "):property:" + function +
                  "_property:value:";
        } else {
          spec += ":" + zsh_text(row->argument) + ":" + action;
        }
      }
      std::cout << " \\\n  '" << spec << "'";
    }
  }
  std::cout << "\n";
}

// What fits behind a candidate: the help up to where it goes into detail, or to its first value.
std::string short_help(const OptionRow& row) {
  constexpr std::size_t kLeast = 12;
  const std::string_view help = row.help;
  std::size_t end = help.size();
  for (const std::string_view stop : {"; ", ": ", " (", ", "})
    end = std::min(end, help.find(stop, kLeast));
  if (row.lists_words()) {
    const std::string first(row.values.substr(0, row.values.find(' ')));
    if (help.starts_with(first)) return "one of " + replace_all(row.values, " ", ", ");
    end = std::min(end, help.find(" " + first));
  }
  return std::string(help.substr(0, end));
}

std::string fish_text(std::string_view in) {
  return replace_all(replace_all(in, "\\", "\\\\"), "'", "\\'");
}

// Candidates with a description of their own, an empty one: else fish shows that of the option
// behind each.
std::string fish_words(std::string_view words) {
  return replace_all(words, " ", "\\t\"\" ") + "\\t\"\"";
}

void complete_fish(Tool tool) {
  const std::string function = "__mqfail_" + std::string(name(tool));
  const std::string command_line = "complete -c " + command_name(tool);
  std::cout << "# fish completion for " << command_name(tool) << "; made from its option table\n"
            << "function " << function << "_components\n"
            << "    set -l home $XDG_CONFIG_HOME\n"
            << "    test -n \"$home\"; or set home $HOME/.config\n"
            << "    for directory in $home/mqfail/components/*/\n"
            << "        printf '%s\\t\\n' (basename $directory)\n    end\nend\n"
            << "function " << function << "_hosts\n"
            << "    for host in localhost (__fish_print_hostnames)\n"
            << "        printf '%s\\t\\n' $host\n    end\nend\n";
  if (tool != Tool::probe) {
    std::cout
        << "function " << function << "_property\n"
        << "    set -l words (commandline -opc)\n"
        << "    test (count $words) -ge 2; and contains -- $words[-2] -D --property; or return\n"
        << "    switch (string lower -- $words[-1])\n"
        << property_cases(tool, "        ",
                          [](const std::string& command, const std::string& names) {
                            return "case " + command + "\n            printf '%s\\t\\n' " + names;
                          })
        << "    end\nend\n";
  }
  std::cout << command_line << " -f\n";
  if (tool != Tool::probe) std::cout << command_line << " -a '(" << function << "_property)'\n";
  for (const OptionRow* row : built_rows(tool)) {
    const bool lone_s = tool == Tool::pub && row->name == "server";
    std::cout << command_line;
    if (row->letter != 0 && !lone_s) std::cout << " -s " << row->letter;
    if (row->alias != 0) std::cout << " -s " << row->alias;
    if (!row->name.empty()) std::cout << " -l " << row->name;
    if (row->takes_value()) {
      const bool path = row->values == "FILE" || row->values == "DIR";
      std::cout << (path ? " -r -F" : " -x");
      if (row->values == "HOST") std::cout << " -a '(" << function << "_hosts)'";
      if (row->values == "COMPONENT") std::cout << " -a '(" << function << "_components)'";
      if (row->values == "PROPERTY")
        std::cout << " -a '" << fish_words(property_commands(tool)) << "'";
      if (row->lists_words()) std::cout << " -a '" << fish_words(row->values) << "'";
    }
    std::cout << " -d '" << fish_text(short_help(*row)) << "'\n";
  }
}

int main(const std::vector<std::string>& words) {
  if (words.size() == 3 && words[0] == "man") {
    if (const auto tool = tool_of(words[1])) return man(*tool, words[2]) ? 0 : 1;
  }
  if (words.size() == 3 && words[0] == "completion") {
    const auto tool = tool_of(words[2]);
    if (tool && words[1] == "bash") return complete_bash(*tool), 0;
    if (tool && words[1] == "zsh") return complete_zsh(*tool), 0;
    if (tool && words[1] == "fish") return complete_fish(*tool), 0;
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
