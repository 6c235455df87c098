// SPDX-License-Identifier: Apache-2.0
// The options that the commands share, and the order of their sources: the tool's options file,
// those of -o, the command line.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tool/options.hpp"
#include "tool/takers.hpp"

namespace mqfail {

/// What was said, before it is known whether it fits together.
struct CommonDraft {
  CommonOptions options;
  std::string id;
  std::string id_prefix;
  std::string will_topic;
  std::optional<std::string> will_payload;
  std::optional<int> will_qos;
  bool will_retain = false;
  MessageProperties will_properties;
  std::optional<std::uint32_t> will_delay;
  std::optional<EventFormat> events;
  MessageProperties* publish = nullptr;  ///< where -D PUBLISH goes; null: the tool does not publish
  std::string needs_mqtt5;               ///< the first option given that does, "" if none
  std::set<std::string> properties;      ///< given with -D or -x, and source_of() it
};

/// Where an option stood: a property of an options file may be there again on the command line,
/// which wins.
inline constexpr const char* kCommandLine = " (command line)";
inline constexpr const char* kOptionsFile = " (options file)";
inline std::string source_of(const Given& given) {
  return given.place.empty() ? kCommandLine : kOptionsFile;
}

/// The takers of everything shared; `draft` must outlive them. A tool adds its own and may replace
/// some.
Takers common_takers(CommonDraft& draft);

/// -D COMMAND NAME VALUE...
Result<Done> take_property(const Given& given, CommonDraft& draft);

/// Checks what belongs together and completes `draft.options`.
Result<Done> finish_common(Tool tool, CommonDraft& draft, const Environment& environment);

/// All options in the order in which they count, or the text of --help or --version.
struct Sources {
  std::vector<Given> given;
  std::optional<Printout> printout;
};
Result<Sources> read_sources(Tool tool, int argc, char** argv, const Environment& environment);

}  // namespace mqfail
