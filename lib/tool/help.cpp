// SPDX-License-Identifier: Apache-2.0
// --help: what the command is for, examples, then the option table. Eighty columns.
#include <algorithm>
#include <string>

#include "tool/config_options.hpp"
#include "tool/option_table.hpp"

namespace mqfail {
namespace {

constexpr std::size_t kWidth = 80;

std::string_view introduction(Tool tool) {
  switch (tool) {
    case Tool::sub:
      return "Prints messages from one of several MQTT servers, and continues when one fails.\n"
             "\n"
             "  mqfail-sub -s mqtt://a -s mqtt://b -t 'plant/#' | jq .\n"
             "  mqfail-sub -h a -h b -t plant/temperature -C 1 -W 5\n"
             "  mqfail-sub --component MQTT1 -t '#' -v --events json 2>events.log\n"
             "\n"
             "Usage: mqfail-sub [SERVERS] -t FILTER [OPTIONS]\n";
    case Tool::pub:
      return "Publishes to one of several MQTT servers; exit status 0 means delivered.\n"
             "\n"
             "  mqfail-pub -s mqtt://a -s mqtt://b -t plant/state -q 1 -m running\n"
             "  tail -F log | mqfail-pub --component MQTT1 -t plant/log -q 1 -l\n"
             "  mqfail-pub -h a -h b -t report -q 1 -s <report.txt\n"
             "\n"
             "Usage: mqfail-pub [SERVERS] -t TOPIC {-m TEXT|-f FILE|-s|-l|-n} [OPTIONS]\n";
    case Tool::config:
      return "";
    case Tool::probe:
      return "Checks every MQTT server of a list; exit status 0 OK, 1 WARNING, 2 CRITICAL.\n"
             "\n"
             "  mqfail-probe -s mqtt://a -s mqtt://b\n"
             "  mqfail-probe -s mqtt://a -s mqtt://b --topic probe --cross\n"
             "  mqfail-probe --component MQTT1 --format nagios -w 0.5 -c 2\n"
             "  mqfail-probe -H broker --ok-if-any -t 3\n"
             "\n"
             "Usage: mqfail-probe [SERVERS] [OPTIONS]\n";
  }
  return "";
}

void append_wrapped(std::string& out, std::string_view text, std::size_t indent) {
  std::size_t column = indent;
  bool first = true;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    if (!first && column + 1 + word.size() >= kWidth) {
      out.append("\n").append(indent, ' ');
      column = indent;
    } else if (!first) {
      out += ' ';
      ++column;
    }
    out.append(word);
    column += word.size();
    first = false;
  }
  out += '\n';
}

void append_row(std::string& out, const OptionRow& row, std::size_t column) {
  std::string line = "  ";
  if (row.letter != 0) {
    line.append("-").append(1, row.letter);
    if (row.alias != 0) line.append(", -").append(1, row.alias);
    line.append(row.name.empty() ? "" : ", ");
  } else {
    line.append("    ");
  }
  if (!row.name.empty()) line.append("--").append(row.name);
  if (row.takes_value()) line.append(" ").append(row.argument);
  if (line.size() + 2 > column) {
    out.append(line).append("\n").append(column, ' ');
  } else {
    out.append(line).append(column - line.size(), ' ');
  }
  append_wrapped(out, row.help, column);
}

}  // namespace

std::string option_lines(std::span<const OptionRow> rows, std::size_t column) {
  std::string out;
  for (const OptionRow& row : rows) {
    if (row.is_built()) append_row(out, row, column);
  }
  return out;
}

std::string help_text(Tool tool) {
  if (tool == Tool::config) return config_help();
  std::string out(introduction(tool));
  std::span<const OptionRow> rows = option_table(tool);
  while (!rows.empty()) {  // sorted by group
    const OptionGroup group = rows.front().group;
    const auto* const end =
        std::find_if(&*rows.begin(), &*rows.begin() + rows.size(),
                     [group](const OptionRow& row) { return row.group != group; });
    const std::size_t count = static_cast<std::size_t>(end - rows.data());
    const std::string lines = option_lines(rows.first(count), 26);
    if (!lines.empty()) out.append("\n").append(title(group)).append(":\n").append(lines);
    rows = rows.subspan(count);
  }
  out += "\nThe manual: man " + command_name(tool) + "; how failover works: man 7 mqfail\n";
  return out;
}

std::string version_text(Tool tool) {
  return command_name(tool) + " (mqfail) " MQFAIL_VERSION "\n";
}

}  // namespace mqfail
