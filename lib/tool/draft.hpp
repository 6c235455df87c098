// SPDX-License-Identifier: Apache-2.0
// The target of every setter: what the options say, before their rules are checked. A command uses
// its own part.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "tool/command_line.hpp"
#include "tool/config_options.hpp"
#include "tool/options.hpp"

namespace mqfail {

/// The session expiry interval that means "never" (MQTT 5, 3.1.2.11.2).
inline constexpr std::uint32_t kNeverExpires = 0xffffffff;

struct Draft {
  CommonOptions common;
  SubOptions sub;
  PubOptions pub;
  ProbeOptions probe;
  ConfigOptions config;
  std::string id;
  std::string id_prefix;
  Will will;  ///< without payload and quality of service
  std::optional<std::string> will_payload;
  std::optional<int> will_qos;
  std::optional<EventFormat> events;
  std::optional<PubSource> source;
  std::string needs_mqtt5;           ///< the first option given that does, "" if none
  std::set<std::string> properties;  ///< given with -D or -x, and source_of() it

  /// The part of the settings that a member belongs to (setting() in setters.hpp).
  Draft& of(Draft*) { return *this; }
  CommonOptions& of(CommonOptions*) { return common; }
  PrimaryHostSettings& of(PrimaryHostSettings*) { return common.primary_host; }
  EventChoice& of(EventChoice*) { return common.events; }
  ConnectSettings& of(ConnectSettings*) { return common.connect; }
  TlsSettings& of(TlsSettings*) { return common.naming.defaults.tls; }
  Will& of(Will*) { return will; }
  SubOptions& of(SubOptions*) { return sub; }
  PubOptions& of(PubOptions*) { return pub; }
  ProbeOptions& of(ProbeOptions*) { return probe; }
  Limits& of(Limits*) { return probe.limits; }
  ConfigOptions& of(ConfigOptions*) { return config; }
};

/// Whether an option stands on the command line or in an options file. A property of a file may be
/// given again on the command line, which wins.
inline constexpr const char* kCommandLine = " (command line)";
inline constexpr const char* kOptionsFile = " (options file)";
inline std::string source_of(const Given& given) {
  return given.place.empty() ? kCommandLine : kOptionsFile;
}

/// The setter of -D COMMAND NAME VALUE...
Result<Done> set_property(const Given& given, Draft& draft);

bool names_url(const NamingRequest& naming);

/// Checks the rules between shared options and completes `draft.common`.
Result<Done> finish_common(Tool tool, Draft& draft, const Environment& environment);

/// All options in the order in which they count, or the text of --help or --version.
struct Sources {
  std::vector<Given> given;
  std::optional<Printout> printout;
};
Result<Sources> read_sources(Tool tool, int argc, char** argv, const Environment& environment);

/// What sub and pub were told, with the shared part complete.
Result<std::variant<Draft, Printout>> read_draft(Tool tool, int argc, char** argv,
                                                 const Environment& environment);

}  // namespace mqfail
