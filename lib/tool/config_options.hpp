// SPDX-License-Identifier: Apache-2.0
// The command line of mqfail-config as values.
#pragma once

#include <optional>
#include <span>
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
  show,
  add,
  edit,
  test,
  check,
  fmt,
  convert,
  import_bridge,
  export_bridge,
  diff,
  remove,
  schema,
  protect,
  rekey,
  certs,
  serve
};

struct ConfigVerbRow {
  std::string_view name;
  ConfigVerb verb;
  std::string_view options;  ///< names of those that only some verbs have, with spaces between
  std::string_view help;     ///< one line, no full stop
  std::string_view without_component;  ///< why --component means nothing with it
};
/// In the order of --help. Lives as long as the program.
std::span<const ConfigVerbRow> config_verbs();

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
  std::optional<std::string> connection;  ///< of import: which bridge
  /// key=value of edit, as written; "null" has no value, "-" is still to be read.
  std::vector<std::pair<std::string, std::optional<std::string>>> values;
  std::optional<std::string> listen;  ///< of serve; absent: 127.0.0.1:5590
  std::optional<std::string> token_file;
  Duration timeout = std::chrono::seconds(10);
  KeySource key;                                 ///< --key-file, --key-fd and the environment
  std::optional<int> key_fd;                     ///< --key-fd; `key` has what was read from it
  std::vector<std::string> certificate_folders;  ///< --cert-dir
  friend bool operator==(const ConfigOptions&, const ConfigOptions&) = default;
};

/// Reads the key of --key-fd. Errors are usage errors, and no_input for that.
Result<ConfigOptions> parse_config_options(int argc, char** argv);

/// What --help prints.
std::string config_help();

}  // namespace mqfail
