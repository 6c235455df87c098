// SPDX-License-Identifier: Apache-2.0
// The command line of mqfail-config as values. CLI11 stays behind this door.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "config/secrets/key_file.hpp"

namespace mqfail {

enum class ConfigVerb {
  set,
  get,
  add,
  edit,
  check,
  fmt,
  convert,
  diff,
  remove,
  schema,
  protect,
  rekey,
  certs,
  serve
};

/// --to of convert.
enum class ListForm { none, json, uri, flags };

struct ConfigOptions {
  ConfigVerb verb = ConfigVerb::get;
  ListForm form = ListForm::none;  ///< --to; always one of the three with convert
  bool component_given = false;
  bool yes = false;
  bool listen_anywhere = false;
  bool help = false;     ///< then nothing else counts
  bool version = false;  ///< likewise
  std::string component = "default";
  std::optional<std::string> file;  ///< -f; "-" is standard input
  std::optional<std::string> server_id;
  /// key=value of edit, as written; "null" has no value, "-" is still to be read.
  std::vector<std::pair<std::string, std::optional<std::string>>> values;
  std::optional<std::string> listen;  ///< of serve; absent: 127.0.0.1:5590
  std::optional<std::string> token_file;
  Duration timeout = std::chrono::seconds(10);
  KeySource key;                                 ///< --key-file, --key-fd and the environment
  std::vector<std::string> certificate_folders;  ///< --cert-dir
};

/// Reads the key of --key-fd. Errors are usage errors, and no_input for that.
Result<ConfigOptions> parse_config_options(int argc, char** argv);

/// What --help prints.
std::string_view config_help();

}  // namespace mqfail
