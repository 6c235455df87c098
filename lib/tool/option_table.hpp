// SPDX-License-Identifier: Apache-2.0
// The one definition of every option: the parser, --help, the manual pages, the completions and the
// test that they agree all read this table. An option that mosquitto has and we do not stands here
// as well, so that it is refused by name and never ignored.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mqfail {

enum class Tool { sub = 1, pub = 2, probe = 4 };

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

enum class Support {
  built,          ///< does what it says
  not_yet,        ///< known, refused: "is not yet supported"
  not_supported,  ///< known, refused: "is not supported"
};

/// The texts live as long as the program.
struct OptionRow {
  std::string_view name;      ///< long name without dashes; empty if there is none
  char letter = 0;            ///< 0 if there is none
  std::string_view argument;  ///< what --help calls the value; empty for a switch
  OptionGroup group = OptionGroup::general;
  unsigned tools = 0;  ///< a Tool each bit
  Support support = Support::built;
  std::string_view
      help;  ///< one line for --help, no full stop; for a refused one what to do instead
  std::string_view detail;  ///< further sentences for the manual
  std::string_view values;  ///< for completion: "FILE", "DIR", "HOST", "COMPONENT", "PROPERTY" or
                            ///< the words it may be
  char alias = 0;           ///< a second letter that means the same

  /// "--name"; empty if there is none.
  std::string long_flag() const { return name.empty() ? "" : "--" + std::string(name); }
  /// How errors name it: "-q", "--events".
  std::string flag() const { return letter != 0 ? std::string("-") + letter : long_flag(); }
  /// How the interpreters find it: "q" only where there is no long name.
  std::string key() const { return name.empty() ? std::string(1, letter) : std::string(name); }
  bool takes_value() const { return !argument.empty(); }
};

/// The rows of a tool in the order of --help, failover options included. Lives as long as the
/// program.
std::span<const OptionRow> option_table(Tool tool);

/// The first word of -D, with spaces between: "connect publish will".
std::string_view property_commands(Tool tool);
/// The second one: the properties that a command may have, with spaces between. Empty for a command
/// that has none or is not known.
std::string_view property_names(std::string_view command);

/// The text of --help: what it is for, examples first, then the options that are built.
std::string help_text(Tool tool);
/// `mqfail-sub (mqfail) 0.1.0`, with its newline.
std::string version_text(Tool tool);

}  // namespace mqfail
