// SPDX-License-Identifier: Apache-2.0
// The table of each command, put together: its own rows, those it shares, and a flag for each
// failover option (config/uri/failover_options.cpp).
#include "tool/option_table.hpp"

#include <algorithm>
#include <deque>

#include "tool/setters.hpp"

namespace mqfail {
namespace {

constexpr unsigned kPub = static_cast<unsigned>(Tool::pub);
constexpr unsigned kSub = static_cast<unsigned>(Tool::sub);
constexpr unsigned kBoth = kSub | kPub;
constexpr unsigned kAll = kBoth | static_cast<unsigned>(Tool::probe);

// More than a command has: rows are large, and a table that grows would copy them at each start.
constexpr std::size_t kManyRows = 256;

std::string_view value_name(OptionKind kind) {
  switch (kind) {
    case OptionKind::boolean:
      return "";
    case OptionKind::duration:
      return "TIME";
    case OptionKind::integer:
    case OptionKind::bytes:
    case OptionKind::real:
      return "N";
    case OptionKind::choice:
      return "WORD";
    case OptionKind::text:
      return "VALUE";
  }
  return "VALUE";
}

// The default as a flag would be written: a URI's bare milliseconds get their unit.
std::string shown_default(const FailoverOption& option) {
  std::string standard(option.standard);
  if (option.kind == OptionKind::duration && standard == "-1") return "off";
  if (standard.empty() || option.kind != OptionKind::duration) return standard;
  return standard.ends_with("000") ? standard.substr(0, standard.size() - 3) + "s"
                                   : standard + "ms";
}

// A text of a row that is put together here.
std::string_view kept(std::string text) {
  static std::deque<std::string> texts;
  return texts.emplace_back(std::move(text));
}

// A failover option as a flag: the URI's name, and durations as its bare milliseconds.
Result<Done> set_failover(const Given& given, Draft& draft) {
  const FailoverOption& option = *given.row->failover;
  std::string text;
  if (option.kind == OptionKind::boolean) {
    text = given.row->name == option.kebabName ? "true" : "false";
  } else if (option.kind == OptionKind::duration) {
    const auto time = read_duration(given);
    if (!time) return time.error();
    if (time->count() > 0 && milliseconds(*time) == 0) return bad_value(given, "at least 1ms");
    text = std::to_string(milliseconds(*time));
  } else {
    text = given.value();
    if (text.empty()) return bad_value(given, "a value");
  }
  draft.common.failover.options.emplace_back(std::string(option.camelName), text);
  return Done{};
}

// The commands that have the flag of a failover option.
unsigned tools_of(const FailoverOption& option) {
  if (option.camelName == "connectTimeout") return kAll;
  switch (option.user) {
    case OptionUser::both:
      return kBoth;
    case OptionUser::publisher:
      return kPub;
    case OptionUser::subscriber:
      return kSub;
  }
  return kBoth;
}

void add_failover_rows(std::vector<OptionRow>& rows, unsigned wanted) {
  for (const FailoverOption& option : failover_options()) {
    const unsigned tools = tools_of(option);
    if ((tools & wanted) == 0) continue;
    std::string help(option.help);
    std::string detail = "In a URI: " + std::string(option.camelName) + ".";
    std::string words(option.choices);
    std::replace(words.begin(), words.end(), ',', ' ');
    if (!words.empty()) help += ": " + words;
    const std::string standard = shown_default(option);
    if (!standard.empty() && option.kind != OptionKind::boolean)
      help += " (default " + standard + ")";
    OptionRow row{option.kebabName,
                  0,
                  option.camelName == "updateURIsURL" ? "URI" : value_name(option.kind),
                  OptionGroup::failover,
                  tools,
                  set_failover,
                  kept(std::move(help)),
                  kept(std::move(detail)),
                  kept(std::move(words))};
    row.failover = &option;
    if (row.argument == "URI") row.values = "URI";  // it may have a password
    rows.push_back(row);
    if (option.kind != OptionKind::boolean) continue;
    row.name = kept("no-" + std::string(option.kebabName));
    row.help = kept("the opposite of --" + std::string(option.kebabName));
    row.detail = {};
    rows.push_back(row);
  }
}

std::vector<OptionRow> rows_of(Tool tool) {
  const auto wanted = static_cast<unsigned>(tool);
  std::vector<OptionRow> rows;
  rows.reserve(kManyRows);
  const auto add = [&](std::span<const OptionRow> some, OptionGroup first, OptionGroup last) {
    std::copy_if(some.begin(), some.end(), std::back_inserter(rows), [&](const OptionRow& row) {
      return (row.tools & wanted) != 0 && row.group >= first && row.group <= last;
    });
  };
  const auto own = tool == Tool::sub ? sub_rows() : tool == Tool::pub ? pub_rows() : probe_rows();
  using enum OptionGroup;
  add(shared_rows(), servers, servers);
  add(own, messages, output);
  add(shared_rows(), connection, tls);
  add_failover_rows(rows, wanted);
  add(shared_rows(), failover, general);
  return rows;
}

}  // namespace

std::string_view name(Tool tool) {
  switch (tool) {
    case Tool::sub:
      return "sub";
    case Tool::pub:
      return "pub";
    case Tool::probe:
      return "probe";
    case Tool::config:
      return "config";
  }
  return "";
}

std::string command_name(Tool tool) {
  return "mqfail-" + std::string(name(tool));
}

std::string_view title(OptionGroup group) {
  switch (group) {
    case OptionGroup::servers:
      return "Servers";
    case OptionGroup::messages:
      return "Messages";
    case OptionGroup::output:
      return "Output";
    case OptionGroup::connection:
      return "Connection";
    case OptionGroup::will:
      return "Will";
    case OptionGroup::tls:
      return "TLS";
    case OptionGroup::failover:
      return "Failover";
    case OptionGroup::events:
      return "Events";
    case OptionGroup::general:
      return "General";
  }
  return "";
}

std::span<const OptionRow> option_table(Tool tool) {
  // Each is made when it is first asked for: a command needs only its own.
  switch (tool) {
    case Tool::sub: {
      static const std::vector<OptionRow> rows = rows_of(tool);
      return rows;
    }
    case Tool::pub: {
      static const std::vector<OptionRow> rows = rows_of(tool);
      return rows;
    }
    case Tool::probe: {
      static const std::vector<OptionRow> rows = rows_of(tool);
      return rows;
    }
    case Tool::config:
      return config_rows();
  }
  return {};
}

std::string_view property_commands(Tool tool) {
  return tool == Tool::pub ? "connect publish disconnect will"
                           : "connect subscribe unsubscribe disconnect will";
}

std::string_view property_names(std::string_view command) {
  if (command == "connect") {
    return "receive-maximum maximum-packet-size session-expiry-interval topic-alias-maximum "
           "request-problem-information request-response-information authentication-method "
           "authentication-data user-property";
  }
  if (command == "publish") {
    return "payload-format-indicator message-expiry-interval content-type response-topic "
           "correlation-data topic-alias user-property";
  }
  if (command == "subscribe") return "subscription-identifier user-property";
  if (command == "unsubscribe") return "user-property";
  if (command == "disconnect") return "session-expiry-interval reason-string user-property";
  if (command == "will") {
    return "payload-format-indicator message-expiry-interval content-type response-topic "
           "correlation-data user-property will-delay-interval";
  }
  return {};
}

}  // namespace mqfail
