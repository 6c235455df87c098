// SPDX-License-Identifier: Apache-2.0
// The one definition of every option. A row carries everything: names, help, manual text, values,
// the setter that puts the value into the settings, and what the option excludes. The parser,
// --help, the manual pages, the completions and the tests read these rows. An option that mosquitto
// has and we do not has a row as well, so that it is refused by name and never ignored.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "config/uri/failover_options.hpp"

namespace mqfail {

enum class Tool { sub = 1, pub = 2, probe = 4, config = 8 };
inline constexpr std::array kTools = {Tool::sub, Tool::pub, Tool::probe, Tool::config};

/// "sub", and as typed "mqfail-sub".
std::string_view name(Tool tool);
std::string command_name(Tool tool);

enum class OptionGroup {
  servers,
  messages,
  output,
  connection,
  will,
  tls,
  failover,
  events,
  general
};
std::string_view title(OptionGroup group);
inline constexpr OptionGroup kOptionGroups[] = {
    OptionGroup::servers,    OptionGroup::messages, OptionGroup::output,
    OptionGroup::connection, OptionGroup::will,     OptionGroup::tls,
    OptionGroup::failover,   OptionGroup::events,   OptionGroup::general};

struct Given;
struct Draft;
/// Checks what was given and puts it into the settings. The vocabulary is in setters.hpp. Errors
/// are usage errors that begin with Given::flag(), and no_input for a file.
using Setter = Result<Done> (*)(const Given& given, Draft& draft);

/// For an option that is known and refused. The row's help says what to do instead.
Result<Done> not_supported(const Given& given, Draft& draft);

/// Options of a family answer one question together: if the command line has one of them, those of
/// an options file do not count.
enum class Family { none, servers, ports, client_id, password, key, message };

/// The texts live as long as the program.
struct OptionRow {
  std::string_view name;      ///< long name without dashes; empty if there is none
  char letter = 0;            ///< 0 if there is none
  std::string_view argument;  ///< what --help calls the value; empty for a switch
  OptionGroup group = OptionGroup::general;
  unsigned tools = 0;  ///< a Tool each bit
  Setter set = nullptr;
  std::string_view
      help;  ///< one line for --help, no full stop; for a refused one what to do instead
  std::string_view detail;  ///< further sentences for the manual
  /// What the value is: FILE, DIR, HOST, COMPONENT, PROPERTY, SERVER_ID, PASSWORD, URI (which may
  /// hold a password), or the words it may be, with spaces between; empty: nothing is known.
  std::string_view values;
  char alias = 0;  ///< a second letter that means the same
  Family family = Family::none;
  std::string_view excluded;                 ///< keys of options that do not go with this one
  std::string_view excluded_hint;            ///< what to do then
  const FailoverOption* failover = nullptr;  ///< the option of a failover: URI that this flag sets

  constexpr OptionRow also(char other) const {
    OptionRow row = *this;
    row.alias = other;
    return row;
  }
  constexpr OptionRow in(Family its) const {
    OptionRow row = *this;
    row.family = its;
    return row;
  }
  constexpr OptionRow not_with(std::string_view keys, std::string_view hint) const {
    OptionRow row = *this;
    row.excluded = keys;
    row.excluded_hint = hint;
    return row;
  }

  bool is_built() const { return set != not_supported; }
  bool takes_value() const { return !argument.empty(); }
  /// Whether `values` are the words themselves.
  bool lists_words() const {
    return !values.empty() && (values.front() < 'A' || values.front() > 'Z');
  }
  /// "--name"; empty if there is none.
  std::string long_flag() const { return name.empty() ? "" : "--" + std::string(name); }
  /// How errors name it: "-q", "--events".
  std::string flag() const { return letter != 0 ? std::string("-") + letter : long_flag(); }
  /// What `excluded` calls it: "q" only where there is no long name.
  std::string key() const { return name.empty() ? std::string(1, letter) : std::string(name); }
};

/// The rows of a tool in the order of --help, failover options included. Lives as long as the
/// program.
std::span<const OptionRow> option_table(Tool tool);

// The parts of the table. Each lies beside the setters and rules that only its options have.
std::span<const OptionRow> shared_rows();
std::span<const OptionRow> sub_rows();
std::span<const OptionRow> pub_rows();
std::span<const OptionRow> probe_rows();
std::span<const OptionRow> config_rows();

/// The first word of -D, with spaces between: "connect publish disconnect will".
std::string_view property_commands(Tool tool);
/// The second one: the properties that a command may have, with spaces between. Empty for a command
/// that has none or is not known.
std::string_view property_names(std::string_view command);

/// The lines of --help for the rows that are built: a help text begins at `column`.
std::string option_lines(std::span<const OptionRow> rows, std::size_t column);

/// The text of --help: what it is for, examples first, then the options that are built.
std::string help_text(Tool tool);
/// `mqfail-sub (mqfail) 0.1.0`, with its newline.
std::string version_text(Tool tool);

}  // namespace mqfail
