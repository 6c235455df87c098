// SPDX-License-Identifier: Apache-2.0
// The command line of mqfail-config as values. CLI11 stays behind this door.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace mqfail {

enum class ConfigVerb { set, get, check, fmt, remove };

struct ConfigOptions {
  ConfigVerb verb = ConfigVerb::get;
  std::string component = "default";
  bool component_given = false;
  std::optional<std::string> file;  ///< -f; "-" is standard input
  std::optional<std::string> server_id;
  bool yes = false;
  bool help = false;     ///< then nothing else counts
  bool version = false;  ///< likewise
};

/// Errors are usage errors; a verb of product.md that is not built yet is one of them.
Result<ConfigOptions> parse_config_options(int argc, char** argv);

/// What --help prints.
std::string_view config_help();

}  // namespace mqfail
