// SPDX-License-Identifier: Apache-2.0
#include "complete.hpp"

#include <algorithm>
#include <sstream>

#include "config/document/document_keys.hpp"
#include "tool/config_options.hpp"

namespace mqfail {

std::string replace_all(std::string_view in, std::string_view from, std::string_view to) {
  std::string text(in);
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::vector<std::string> spellings(const OptionRow& row) {
  std::vector<std::string> all;
  if (row.letter != 0) all.push_back(std::string("-") + row.letter);
  if (row.alias != 0) all.push_back(std::string("-") + row.alias);
  if (!row.name.empty()) all.push_back(row.long_flag());
  return all;
}

namespace {

std::vector<const OptionRow*> built_rows(Tool tool) {
  std::vector<const OptionRow*> rows;
  for (const OptionRow& row : option_table(tool)) {
    if (row.is_built()) rows.push_back(&row);
  }
  return rows;
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : between).append(word);
  return text;
}

// What -D needs in each shell: the names that its command may have, a line `COMMAND)` and what
// `offer` makes of them.
template <class Offer>
std::string property_cases(Tool tool, std::string_view indent, Offer offer) {
  std::string text;
  std::istringstream commands{std::string(property_commands(tool))};
  for (std::string command; commands >> command;)
    text += std::string(indent) + offer(command, std::string(property_names(command))) + "\n";
  return text;
}

bool has_properties(Tool tool) {
  return tool == Tool::sub || tool == Tool::pub;
}

std::string verb_names(std::string_view between) {
  std::vector<std::string> names;
  for (const ConfigVerbRow& verb : config_verbs()) names.emplace_back(verb.name);
  return joined(names, between);
}

// The keys of a server, for `mqfail-config edit`.
std::string key_names(std::string_view behind) {
  std::vector<std::string> names;
  for (const std::string_view key : kKeyNames)
    names.push_back(std::string(key) + std::string(behind));
  return joined(names, " ");
}

// Prints the ids of a stored list, one a line.
constexpr std::string_view kServerIds =
    "mqfail-config get --component \"$component\" 2>/dev/null | "
    "sed -n 's/^ *\"serverId\": \"\\(.*\\)\",\\{0,1\\}$/\\1/p'";

// For bash and zsh, whose folders have one spelling.
constexpr std::string_view kComponents = "\"${XDG_CONFIG_HOME:-$HOME/.config}/mqfail/components\"";

void complete_bash(Tool tool, std::ostream& out) {
  const std::string function = "_mqfail_" + std::string(name(tool));
  out << "# bash completion for " << command_name(tool) << "; made from its option table\n"
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
    } else if (row->values == "SERVER_ID") {
      action =
          "local component=default place IFS=$'\\n'\n"
          "      for ((place = 1; place < COMP_CWORD - 1; ++place)); do\n"
          "        [[ ${COMP_WORDS[place]} == --component ]] && component=${COMP_WORDS[place + "
          "1]}\n"
          "      done\n"
          "      compopt -o filenames 2>/dev/null\n"
          // Ids are data: compgen -W would expand what they hold.
          "      COMPREPLY=()\n"
          "      while IFS= read -r place; do\n"
          "        [[ $place == \"$word\"* ]] && COMPREPLY+=(\"$place\")\n"
          "      done < <(" +
          std::string(kServerIds) + ")";
    } else if (row->values == "PROPERTY") {
      action = "mapfile -t COMPREPLY < <(compgen -W '" + std::string(property_commands(tool)) +
               "' -- \"$word\")";
    } else if (row->lists_words()) {
      action =
          "mapfile -t COMPREPLY < <(compgen -W '" + std::string(row->values) + "' -- \"$word\")";
    }
    out << "    " << joined(flags, " | ") << ")\n      " << action << "\n      return\n      ;;\n";
  }
  out << "  esac\n";
  if (has_properties(tool)) {
    out << "  if ((COMP_CWORD > 2)) && [[ ${COMP_WORDS[COMP_CWORD - 2]} == -D || "
           "${COMP_WORDS[COMP_CWORD - 2]} == --property ]]; then\n"
           "    case ${before,,} in\n"
        << property_cases(tool, "      ",
                          [](const std::string& command, const std::string& names) {
                            return command + ") mapfile -t COMPREPLY < <(compgen -W '" + names +
                                   "' -- \"$word\") ;;";
                          })
        << "    esac\n    return\n  fi\n";
  }
  if (tool == Tool::config) {
    out << "  local candidate verb=\n"
           "  for candidate in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
           "    case $candidate in\n      "
        << verb_names(" | ") << ") verb=$candidate ;;\n    esac\n  done\n"
        << "  if [[ -z $verb && $word != -* ]]; then\n"
           "    mapfile -t COMPREPLY < <(compgen -W '"
        << verb_names(" ") << "' -- \"$word\")\n    return\n  fi\n"
        << "  if [[ $verb == edit && $word != -* ]]; then\n"
           "    compopt -o nospace 2>/dev/null\n"
           "    mapfile -t COMPREPLY < <(compgen -S = -W '"
        << key_names("") << "' -- \"$word\")\n    return\n  fi\n";
  }
  out << "  mapfile -t COMPREPLY < <(compgen -W '" << joined(all, " ") << "' -- \"$word\")\n"
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

void complete_zsh(Tool tool, std::ostream& out) {
  const std::string function = "_mqfail_" + std::string(name(tool));
  out << "#compdef " << command_name(tool) << "\n# made from the option table\n"
      << function << "_components() {\n"
      << "  local -a components\n  components=(" << kComponents << "/*(N/:t))\n"
      << "  compadd -a components\n}\n";
  if (has_properties(tool)) {
    out << function << "_property() {\n  case ${words[CURRENT - 1]:l} in\n"
        << property_cases(tool, "    ",
                          [](const std::string& command, const std::string& names) {
                            return command + ") compadd " + names + " ;;";
                          })
        << "  esac\n}\n";
  }
  if (tool == Tool::config) {
    out << function << "_server_ids() {\n"
        << "  local -a ids\n  local component=default\n"
           "  local -i place=${words[(I)--component]}\n"
           "  ((place)) && component=${words[place + 1]}\n  ids=(${(f)\"$("
        << kServerIds << ")\"})\n  compadd -a ids\n}\n";
  }
  out << "_arguments -s -S";
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
        } else if (row->values == "SERVER_ID") {
          action = function + "_server_ids";
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
      out << " \\\n  '" << spec << "'";
    }
  }
  if (tool == Tool::config) {
    out << " \\\n  '1:verb:((";
    for (const ConfigVerbRow& verb : config_verbs())
      out << verb.name << "\\:\"" << zsh_text(verb.help) << "\" ";
    out << "))' \\\n  '*:key=value:(" << key_names("=") << ")'";
  }
  out << "\n";
}

// What fits behind a candidate: the help up to where it goes into detail.
std::string_view short_help(std::string_view help) {
  constexpr std::size_t kLeast = 12;
  std::size_t end = help.size();
  for (const std::string_view stop : {"; ", ": ", " (", ", "})
    end = std::min(end, help.find(stop, kLeast));
  return help.substr(0, end);
}

// The same, up to its first value.
std::string short_help(const OptionRow& row) {
  const std::string first(row.values.substr(0, row.values.find(' ')));
  const std::string_view help = short_help(row.help);
  if (!row.lists_words()) return std::string(help);
  if (row.help.starts_with(first)) return "one of " + replace_all(row.values, " ", ", ");
  return std::string(help.substr(0, help.find(" " + first)));
}

std::string fish_text(std::string_view in) {
  return replace_all(replace_all(in, "\\", "\\\\"), "'", "\\'");
}

// Candidates with a description of their own, an empty one: else fish shows that of the option
// behind each.
std::string fish_words(std::string_view words) {
  return replace_all(words, " ", "\\t\"\" ") + "\\t\"\"";
}

void complete_fish(Tool tool, std::ostream& out) {
  const std::string function = "__mqfail_" + std::string(name(tool));
  const std::string command_line = "complete -c " + command_name(tool);
  out << "# fish completion for " << command_name(tool) << "; made from its option table\n"
      << "function " << function << "_components\n"
      << "    set -l home $XDG_CONFIG_HOME\n"
      << "    test -n \"$home\"; or set home $HOME/.config\n"
      << "    for directory in $home/mqfail/components/*/\n"
      << "        printf '%s\\t\\n' (basename $directory)\n    end\nend\n";
  if (tool != Tool::config) {
    out << "function " << function << "_hosts\n"
        << "    for host in localhost (__fish_print_hostnames)\n"
        << "        printf '%s\\t\\n' $host\n    end\nend\n";
  }
  if (has_properties(tool)) {
    out << "function " << function << "_property\n"
        << "    set -l words (commandline -opc)\n"
        << "    test (count $words) -ge 2; and contains -- $words[-2] -D --property; or return\n"
        << "    switch (string lower -- $words[-1])\n"
        << property_cases(tool, "        ",
                          [](const std::string& command, const std::string& names) {
                            return "case " + command + "\n            printf '%s\\t\\n' " + names;
                          })
        << "    end\nend\n";
  }
  if (tool == Tool::config) {
    out << "function " << function << "_server_ids\n"
        << "    set -l words (commandline -opc)\n    set -l component default\n"
           "    set -l place (contains -i -- --component $words)\n"
           "    and set component $words[(math $place + 1)]\n    "
        << kServerIds << "\nend\nset -l verbs " << verb_names(" ") << "\n";
    for (const ConfigVerbRow& verb : config_verbs()) {
      out << command_line << " -n \"not __fish_seen_subcommand_from $verbs\" -a " << verb.name
          << " -d '" << fish_text(verb.help) << "'\n";
    }
    out << command_line << " -n '__fish_seen_subcommand_from edit' -a '" << key_names("=")
        << "' -d Key\n";
  }
  out << command_line << " -f\n";
  if (has_properties(tool)) out << command_line << " -a '(" << function << "_property)'\n";
  for (const OptionRow* row : built_rows(tool)) {
    const bool lone_s = tool == Tool::pub && row->name == "server";
    out << command_line;
    if (row->letter != 0 && !lone_s) out << " -s " << row->letter;
    if (row->alias != 0) out << " -s " << row->alias;
    if (!row->name.empty()) out << " -l " << row->name;
    if (row->takes_value()) {
      const bool path = row->values == "FILE" || row->values == "DIR";
      out << (path ? " -r -F" : " -x");
      if (row->values == "HOST") out << " -a '(" << function << "_hosts)'";
      if (row->values == "COMPONENT") out << " -a '(" << function << "_components)'";
      if (row->values == "SERVER_ID") out << " -a '(" << function << "_server_ids)'";
      if (row->values == "PROPERTY") out << " -a '" << fish_words(property_commands(tool)) << "'";
      if (row->lists_words()) out << " -a '" << fish_words(row->values) << "'";
    }
    // mqfail-config's are short as they are, and begin with the verbs that they belong to.
    out << " -d '" << fish_text(tool == Tool::config ? std::string(row->help) : short_help(*row))
        << "'\n";
  }
}

}  // namespace

bool complete(std::string_view shell, Tool tool, std::ostream& out) {
  if (shell == "bash") complete_bash(tool, out);
  if (shell == "zsh") complete_zsh(tool, out);
  if (shell == "fish") complete_fish(tool, out);
  return shell == "bash" || shell == "zsh" || shell == "fish";
}

}  // namespace mqfail
