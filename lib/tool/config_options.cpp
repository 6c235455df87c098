// SPDX-License-Identifier: Apache-2.0
#include "tool/config_options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/number.hpp"
#include "base/text.hpp"
#include "config/uri/shown_uri.hpp"
#include "tool/descriptors.hpp"

namespace mqfail {
namespace {

constexpr std::array<std::pair<std::string_view, ConfigVerb>, 14> kVerbs = {
    {{"set", ConfigVerb::set},
     {"get", ConfigVerb::get},
     {"add", ConfigVerb::add},
     {"edit", ConfigVerb::edit},
     {"check", ConfigVerb::check},
     {"fmt", ConfigVerb::fmt},
     {"convert", ConfigVerb::convert},
     {"diff", ConfigVerb::diff},
     {"remove", ConfigVerb::remove},
     {"schema", ConfigVerb::schema},
     {"protect", ConfigVerb::protect},
     {"rekey", ConfigVerb::rekey},
     {"certs", ConfigVerb::certs},
     {"serve", ConfigVerb::serve}}};
constexpr const char* kVerbList =
    "verbs are set, get, add, edit, check, fmt, convert, diff, remove, schema, protect, rekey, "
    "certs and serve";
constexpr std::array<std::string_view, 16> kFlags = {"--component",  "--file",
                                                     "--server-id",  "--to",
                                                     "--key-file",   "--key-fd",
                                                     "--cert-dir",   "--yes",
                                                     "--listen",     "--listen-anywhere",
                                                     "--token-file", "--timeout",
                                                     "--help",       "--version",
                                                     "-f",           "-h"};

Error usage(std::string message, std::string hint = {}) {
  return {ErrorKind::usage, std::move(message), std::move(hint)};
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known,
                         std::string_view otherwise) {
  const auto meant = nearest(word, known);
  return meant ? "did you mean '" + *meant + "'?" : std::string(otherwise);
}

Error unexpected(const std::string& argument, bool has_verb) {
  // What follows '=' may be a password.
  const std::string shown = "'" + shown_uri(argument.substr(0, argument.find('='))) + "'";
  if (argument.starts_with('-')) {
    return usage("unknown option " + shown, did_you_mean(argument, {kFlags.begin(), kFlags.end()},
                                                         "--help lists the options"));
  }
  if (has_verb) return usage("unexpected argument " + shown, "--help shows how");
  std::vector<std::string_view> verbs;
  verbs.reserve(kVerbs.size());
  for (const auto& [name, verb] : kVerbs) verbs.push_back(name);
  return usage("unknown verb " + shown, did_you_mean(argument, verbs, kVerbList));
}

bool reads_document(ConfigVerb verb) {
  return verb == ConfigVerb::set || verb == ConfigVerb::add || verb == ConfigVerb::check ||
         verb == ConfigVerb::fmt || verb == ConfigVerb::diff || verb == ConfigVerb::convert;
}

Result<Done> check_edit(const ConfigOptions& options) {
  if (options.file) {
    if (options.values.empty()) return Done{};
    return usage("edit takes either -f or key=value", "");
  }
  if (!options.server_id)
    return usage("edit wants --server-id ID", "mqfail-config get shows the ids");
  if (options.values.empty()) {
    return usage("edit has nothing to change", "mqfail-config edit --server-id " +
                                                   printable(*options.server_id, 100) +
                                                   " port=8883 sets the port, port=null resets it");
  }
  return Done{};
}

Result<Done> check_fit(const ConfigOptions& options) {
  if (options.verb == ConfigVerb::edit) return check_edit(options);
  if (options.file && !reads_document(options.verb))
    return usage("-f means nothing here", "set, add, check, fmt, convert and diff read a document");
  const bool one = options.verb == ConfigVerb::get || options.verb == ConfigVerb::remove;
  if (options.server_id && !one)
    return usage("--server-id means nothing here", "it belongs to get, edit and remove");
  if (options.component_given) {
    if (options.verb == ConfigVerb::rekey)
      return usage("--component means nothing here", "rekey seals every stored list anew");
    if (options.verb == ConfigVerb::schema)
      return usage("--component means nothing here", "the schema is the same for all lists");
    if (options.verb == ConfigVerb::serve)
      return usage("--component means nothing here", "each request names one");
  }
  if (options.verb != ConfigVerb::serve &&
      (options.listen || options.listen_anywhere || options.token_file)) {
    return usage("--listen, --listen-anywhere and --token-file mean nothing here",
                 "they belong to serve");
  }
  if (options.yes && options.verb != ConfigVerb::remove)
    return usage("-y means nothing here", "it belongs to remove");
  if (!options.certificate_folders.empty() && options.verb != ConfigVerb::certs)
    return usage("--cert-dir means nothing here", "it belongs to certs");
  if (options.verb == ConfigVerb::convert && options.form == ListForm::none)
    return usage("convert wants --to FORM", "forms are json, uri and flags");
  if (options.verb != ConfigVerb::convert && options.form != ListForm::none)
    return usage("--to means nothing here", "it belongs to convert");
  return Done{};
}

bool is_secret_key(std::string_view key) {
  return same_word(key, "password") || same_word(key, "clientCertificatePassword");
}

// What anybody may see in the list of processes: a secret is not among it.
Result<Done> take_value(const std::string& argument, ConfigOptions& options) {
  const std::size_t equals = argument.find('=');
  std::string key = argument.substr(0, equals);
  std::string value = argument.substr(equals + 1);
  if (key.empty()) return usage("a key=value has no key", "--help shows how");
  const bool reference = value.starts_with("{{") && value.ends_with("}}");
  if (is_secret_key(key)) {
    if (value != "null" && value != "-" && !reference) {
      return usage(key + " on the command line is seen by every user of this machine",
                   "give " + key + "=- and the secret on standard input");
    }
    const auto from_input = [](const auto& one) {
      return is_secret_key(one.first) && one.second == "-";
    };
    if (value == "-" && std::any_of(options.values.begin(), options.values.end(), from_input))
      return usage("standard input holds one secret only", "edit the other one by itself");
  }
  options.values.emplace_back(std::move(key),
                              value == "null" ? std::nullopt : std::optional(std::move(value)));
  return Done{};
}

Result<Done> take_extras(const std::vector<std::string>& extras, bool has_verb,
                         ConfigOptions& options) {
  for (const std::string& extra : extras) {
    const bool value = has_verb && options.verb == ConfigVerb::edit && !extra.starts_with('-') &&
                       extra.find('=') != std::string::npos;
    if (!value) return unexpected(extra, has_verb);
    if (auto taken = take_value(extra, options); !taken) return taken;
  }
  return Done{};
}

Result<Done> take_form(const std::string& word, ConfigOptions& options) {
  constexpr std::array<std::string_view, 3> kForms = {"json", "uri", "flags"};
  const auto found = std::find(kForms.begin(), kForms.end(), lower_case(word));
  if (found == kForms.end())
    return usage("--to: '" + printable(word, 64) + "' is not one of json, uri, flags",
                 did_you_mean(word, {kForms.begin(), kForms.end()}, ""));
  constexpr std::array<ListForm, 3> kMeaning = {ListForm::json, ListForm::uri, ListForm::flags};
  options.form = kMeaning[static_cast<std::size_t>(found - kForms.begin())];
  return Done{};
}

Result<Done> take_key_fd(const std::string& text, ConfigOptions& options) {
  const int fd = parse_number<int>(text).value_or(-1);
  if (fd < 0) return usage("--key-fd takes the number of a file descriptor", "give a number");
  if (options.key.file) return usage("--key-file and --key-fd exclude each other", "");
  if (fd == 0 && options.file.value_or("-") == "-" &&
      (reads_document(options.verb) || options.verb == ConfigVerb::edit)) {
    return usage("the document and the key cannot both come from standard input",
                 "give the document with -f, or the key with another descriptor");
  }
  if (auto open = check_descriptor("--key-fd", fd, Direction::reading); !open) return open;
  auto key = read_key_fd("--key-fd " + text, fd);
  if (!key) return key.error();
  options.key.given = std::move(*key);
  return Done{};
}

Result<Done> take_timeout(const std::string& text, ConfigOptions& options) {
  if (options.verb != ConfigVerb::serve)
    return usage("--timeout means nothing here", "it belongs to serve");
  const auto timeout = parse_duration(text);
  if (!timeout) return usage("--timeout: " + timeout.error().message, timeout.error().hint);
  if (*timeout < std::chrono::milliseconds(1) || *timeout > std::chrono::hours(24))
    return usage("--timeout " + printable(text, 64) + " is not in 1ms..24h", "10s is the default");
  options.timeout = *timeout;
  return Done{};
}

}  // namespace

Result<ConfigOptions> parse_config_options(int argc, char** argv) {
  ConfigOptions options;
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  app.fallthrough();
  auto* component = app.add_option("--component", options.component);
  std::string file;
  auto* file_option = app.add_option("-f,--file", file);
  std::string server_id;
  std::string form;
  auto* form_option = app.add_option("--to", form);
  auto* id_option = app.add_option("--server-id", server_id);
  std::string key_file;
  auto* key_file_option = app.add_option("--key-file", key_file);
  std::string key_fd;
  auto* key_fd_option = app.add_option("--key-fd", key_fd);
  app.add_option("--cert-dir", options.certificate_folders)->allow_extra_args(false);
  app.add_flag("-y,--yes", options.yes);
  std::string listen;
  auto* listen_option = app.add_option("--listen", listen);
  app.add_flag("--listen-anywhere", options.listen_anywhere);
  std::string token_file;
  auto* token_option = app.add_option("--token-file", token_file);
  std::string timeout;
  auto* timeout_option = app.add_option("--timeout", timeout);
  app.add_flag("-h,--help", options.help);
  app.add_flag("--version", options.version);

  std::vector<std::pair<CLI::App*, ConfigVerb>> verbs;
  verbs.reserve(kVerbs.size());
  for (const auto& [name, verb] : kVerbs)
    verbs.emplace_back(app.add_subcommand(std::string(name)), verb);
  for (CLI::App* verb : app.get_subcommands([](CLI::App*) { return true; })) {
    verb->set_help_flag();
    verb->allow_extras();
    verb->fallthrough();
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return usage(error.what(), "--help shows how");
  }
  if (options.help || options.version) return options;
  options.component_given = component->count() > 0;
  if (file_option->count() > 0) options.file = file;
  if (id_option->count() > 0) options.server_id = server_id;
  if (form_option->count() > 0) {
    if (auto taken = take_form(form, options); !taken) return taken.error();
  }
  if (listen_option->count() > 0) options.listen = listen;
  if (token_option->count() > 0) options.token_file = token_file;

  std::size_t count = 0;
  for (const auto& [verb, meaning] : verbs) {
    if (!verb->parsed()) continue;
    ++count;
    options.verb = meaning;
  }
  if (auto taken = take_extras(app.remaining(true), count > 0, options); !taken)
    return taken.error();
  if (count == 0) return usage("there is no verb", kVerbList);
  if (count > 1) return usage("there is more than one verb", "--help shows how");
  if (auto fit = check_fit(options); !fit) return fit.error();
  if (timeout_option->count() > 0) {
    if (auto taken = take_timeout(timeout, options); !taken) return taken.error();
  }
  options.key = key_source_of_user();
  if (key_file_option->count() > 0) options.key.file = key_file;
  if (key_fd_option->count() > 0) {
    if (auto taken = take_key_fd(key_fd, options); !taken) return taken.error();
  }
  return options;
}

std::string_view config_help() {
  return R"(Usage: mqfail-config VERB [OPTION]...
Reads, checks and stores lists of redundant MQTT servers.

Verbs:
  set       replace the stored list by the document on standard input
  get       write the stored list to standard output
  add       append the servers of a document; an id that is in use is an error
  edit      give keys of one server new values: edit --server-id ID port=8883
  check     report every error of a document; nothing is written
  fmt       write a document in canonical form to standard output
  convert   write a list as document, failover: URI or flags: convert --to uri
  diff      tell how a document differs from the stored list; status 1 if it does
  remove    remove the stored list, or one server of it
  schema    write the JSON Schema of the canonical form to standard output
  protect   seal passwords that somebody wrote into the stored list by hand
  rekey     make a new key and seal every password of every stored list with it
  certs     list the client certificates that a thumbprint can name
  serve     answer the adapter's REST endpoint on 127.0.0.1:5590, until SIGTERM

Options:
      --component ID   the list's name (default: default)
  -f, --file FILE      read FILE instead of standard input; - is standard input
      --server-id ID   get, edit, remove: only the server with this id
      --to FORM        convert: json, uri (failover:) or flags (for a shell)
  -y, --yes            remove: do not ask
      --key-file FILE  the key that seals passwords; made if it does not exist
      --key-fd N       read that key from file descriptor N
      --cert-dir DIR   certs: look here first; may be repeated
      --listen ADDR:PORT
                       serve: listen there instead of 127.0.0.1:5590
      --listen-anywhere
                       serve: that address may be reached by other machines
      --token-file FILE
                       serve: whoever asks must present the token in FILE
      --timeout TIME   serve: disconnect who takes longer for a request (10s)
  -h, --help           print this help and exit
      --version        print the version and exit

check, fmt and convert read the stored list if --component is given and -f is not;
with both, --component chooses among the components of a whole adapter file.
convert also reads a failover: URI and flags, and never shows a password.
edit -f merges a document by serverId: its keys are set, the others stay.
edit takes key=value; null is the default, and password=- reads the password
from standard input, because an argument is seen by everybody.
A document with errors is exit status 65, and what is stored stays untouched.
Passwords are stored sealed and shown as ***************; writing that keeps them,
but a change of host, port, protocol or validation needs them given again.
)";
}

}  // namespace mqfail
