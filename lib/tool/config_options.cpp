// SPDX-License-Identifier: Apache-2.0
// The options and verbs of mqfail-config. The row of a verb names the options that it has.
#include "tool/config_options.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "config/uri/shown_uri.hpp"
#include "tool/descriptors.hpp"
#include "tool/setters.hpp"

namespace mqfail {
namespace {

constexpr ConfigVerbRow kVerbs[] = {
    {"set", ConfigVerb::set, "component file",
     "replace the stored list by the document on standard input"},
    {"get", ConfigVerb::get, "component server-id", "write the stored list to standard output"},
    {"show", ConfigVerb::show, "component", "print stored lists as tables, or only one of them"},
    {"add", ConfigVerb::add, "component file",
     "append the servers of a document; an id that is in use is an error"},
    {"edit", ConfigVerb::edit, "component file server-id",
     "open the list in an editor, or: edit --server-id ID port=8883"},
    {"test", ConfigVerb::test, "component file",
     "connect to every server of a list, as mqfail-probe does"},
    {"check", ConfigVerb::check, "component file",
     "report every error of a document; nothing is written"},
    {"fmt", ConfigVerb::fmt, "component file",
     "write a document in canonical form to standard output"},
    {"convert", ConfigVerb::convert, "component file to",
     "write a list as document, failover: URI or flags: convert --to uri"},
    {"import", ConfigVerb::import_bridge, "component file connection",
     "replace the stored list by a bridge of mosquitto.conf"},
    {"export", ConfigVerb::export_bridge, "component",
     "write the stored list as a bridge for mosquitto.conf"},
    {"diff", ConfigVerb::diff, "component file",
     "show how a document differs from the stored list; status 1 if so"},
    {"remove", ConfigVerb::remove, "component server-id yes",
     "remove the stored list, or one server of it"},
    {"schema", ConfigVerb::schema, "",
     "write the JSON Schema of the canonical form to standard output",
     "the schema is the same for all lists"},
    {"protect", ConfigVerb::protect, "component",
     "seal passwords that were written into the stored list by hand"},
    {"rekey", ConfigVerb::rekey, "",
     "make a new key and seal every password of every stored list with it",
     "rekey seals every stored list anew"},
    {"certs", ConfigVerb::certs, "component cert-dir",
     "list the client certificates that a thumbprint can name"},
    {"serve", ConfigVerb::serve, "listen listen-anywhere token-file timeout",
     "answer the adapter's REST endpoint on 127.0.0.1:5590, until SIGTERM",
     "each request names one"},
};

bool holds_word(std::string_view words, std::string_view word) {
  return (" " + std::string(words) + " ").find(" " + std::string(word) + " ") != std::string::npos;
}

const ConfigVerbRow* find_verb(std::string_view word) {
  const auto* const found =
      std::find_if(std::begin(kVerbs), std::end(kVerbs),
                   [word](const ConfigVerbRow& row) { return row.name == word; });
  return found == std::end(kVerbs) ? nullptr : found;
}

// "a, b and c".
std::string listed(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view& word : words) {
    const bool last = &word == &words.back();
    text.append(text.empty() ? "" : last ? " and " : ", ").append(word);
  }
  return text;
}

std::vector<std::string_view> verbs_with(std::string_view option) {
  std::vector<std::string_view> names;
  for (const ConfigVerbRow& row : kVerbs) {
    if (holds_word(row.options, option)) names.push_back(row.name);
  }
  return names;
}

std::string all_verbs() {
  std::vector<std::string_view> names;
  for (const ConfigVerbRow& row : kVerbs) names.push_back(row.name);
  return "verbs are " + listed(names);
}

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
    std::vector<std::string> spellings;
    for (const OptionRow& row : config_rows()) {
      spellings.push_back(row.long_flag());
      if (row.letter != 0 && row.name != "yes") spellings.push_back(row.flag());
    }
    return usage(
        "unknown option " + shown,
        did_you_mean(argument, {spellings.begin(), spellings.end()}, "--help lists the options"));
  }
  if (has_verb) return usage("unexpected argument " + shown, "--help shows how");
  std::vector<std::string_view> verbs;
  for (const ConfigVerbRow& row : kVerbs) verbs.push_back(row.name);
  return usage("unknown verb " + shown, did_you_mean(argument, verbs, all_verbs()));
}

Result<Done> set_component(const Given& given, Draft& draft) {
  draft.config.component = given.value();
  draft.config.component_given = true;
  return Done{};
}

Result<Done> set_form(const Given& given, Draft& draft) {
  constexpr std::array<std::string_view, 3> kForms = {"json", "uri", "flags"};
  constexpr std::array<ListForm, 3> kMeaning = {ListForm::json, ListForm::uri, ListForm::flags};
  const auto* const found = std::find(kForms.begin(), kForms.end(), lower_case(given.value()));
  if (found == kForms.end())
    return usage("--to: '" + printable(given.value(), 64) + "' is not one of json, uri, flags",
                 did_you_mean(given.value(), {kForms.begin(), kForms.end()}, ""));
  draft.config.form = kMeaning[static_cast<std::size_t>(found - kForms.begin())];
  return Done{};
}

Result<Done> set_key_file(const Given& given, Draft& draft) {
  draft.config.key.file = given.value();
  return Done{};
}

Result<Done> add_certificate_folder(const Given& given, Draft& draft) {
  draft.config.certificate_folders.push_back(given.value());
  return Done{};
}

Result<Done> set_timeout(const Given& given, Draft& draft) {
  const auto timeout = read_duration(given);
  if (!timeout) return timeout.error();
  if (*timeout < std::chrono::milliseconds(1) || *timeout > std::chrono::hours(24))
    return usage("--timeout " + printable(given.value(), 64) + " is not in 1ms..24h",
                 "10s is the default");
  draft.config.timeout = *timeout;
  return Done{};
}

constexpr unsigned kConfig = static_cast<unsigned>(Tool::config);
constexpr OptionGroup general = OptionGroup::general;

// An option that may be given once.
constexpr OptionRow once(OptionRow row) {
  return row.not_with(row.name, "give it once");
}

// As --help shows them.
constexpr OptionRow kRows[] = {
    once({"component", 0, "ID", general, kConfig, set_component,
          "the list's name (default: default)", "", "COMPONENT"}),
    once({"file", 'f', "FILE", general, kConfig, text<&ConfigOptions::file>,
          "read FILE instead of standard input; - is standard input", "", "FILE"}),
    once({"server-id", 0, "ID", general, kConfig, text<&ConfigOptions::server_id>,
          "get, edit, remove: only the server with this id", "", "SERVER_ID"}),
    once({"to", 0, "FORM", general, kConfig, set_form,
          "convert: json, uri (failover:) or flags (for a shell)", "", "json uri flags"}),
    once({"connection", 0, "NAME", general, kConfig, text<&ConfigOptions::connection>,
          "import: this bridge, if the file has several"}),
    {"yes", 'y', "", general, kConfig, put<&ConfigOptions::yes>, "remove: do not ask"},
    OptionRow{"key-file", 0, "FILE", general, kConfig, set_key_file,
              "the key that seals passwords; made if it does not exist", "", "FILE"}
        .not_with("key-file key-fd", "give one of them"),
    once({"key-fd", 0, "N", general, kConfig, number<&ConfigOptions::key_fd, 0, INT32_MAX>,
          "read that key from file descriptor N"}),
    {"cert-dir", 0, "DIR", general, kConfig, add_certificate_folder,
     "certs: look here first; may be repeated", "", "DIR"},
    once({"listen", 0, "ADDR:PORT", general, kConfig, text<&ConfigOptions::listen>,
          "serve: listen there instead of 127.0.0.1:5590"}),
    {"listen-anywhere", 0, "", general, kConfig, put<&ConfigOptions::listen_anywhere>,
     "serve: other machines may reach that address"},
    once({"token-file", 0, "FILE", general, kConfig, text<&ConfigOptions::token_file>,
          "serve: a client must present the token in FILE", "", "FILE"}),
    once({"timeout", 0, "TIME", general, kConfig, set_timeout,
          "serve: disconnect a client whose request takes longer (10s)"}),
    {"help", 'h', "", general, kConfig, put<&ConfigOptions::help>, "print this help and exit"},
    {"version", 0, "", general, kConfig, put<&ConfigOptions::version>,
     "print the version and exit"},
};

// An option that a verb names in its row belongs only to the verbs that name it. The others belong
// to all verbs.
Result<Done> check_fit(const Given& given, const ConfigVerbRow& verb) {
  const std::string_view name = given.row->name;
  const auto verbs = verbs_with(name);
  if (verbs.empty() || holds_word(verb.options, name)) return Done{};
  const bool explained = name == "component" && !verb.without_component.empty();
  return usage(given.flag() + " means nothing here",
               explained ? std::string(verb.without_component) : "it belongs to " + listed(verbs));
}

Result<Done> check_edit(const ConfigOptions& options) {
  if (options.file) {
    if (options.values.empty()) return Done{};
    return usage("edit takes either -f or key=value", "");
  }
  if (options.server_id || options.values.empty()) return Done{};
  return usage("edit wants --server-id ID", "mqfail-config get shows the ids");
}

bool is_secret_key(std::string_view key) {
  return same_word(key, "password") || same_word(key, "clientCertificatePassword");
}

// Every user of the machine can see arguments, so that a secret may not be one.
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

// The verb, and key=value of edit.
Result<const ConfigVerbRow*> take_operands(const std::vector<std::string>& operands,
                                           ConfigOptions& options) {
  const ConfigVerbRow* verb = nullptr;
  const auto is_verb = [](const std::string& word) { return find_verb(word) != nullptr; };
  const auto verbs = std::count_if(operands.begin(), operands.end(), is_verb);
  if (verbs > 0) verb = find_verb(*std::find_if(operands.begin(), operands.end(), is_verb));
  for (const std::string& word : operands) {
    if (is_verb(word)) continue;
    const bool value = verb != nullptr && verb->verb == ConfigVerb::edit &&
                       !word.starts_with('-') && word.find('=') != std::string::npos;
    if (!value) return unexpected(word, verb != nullptr);
    if (auto taken = take_value(word, options); !taken) return taken.error();
  }
  if (verb == nullptr) return usage("there is no verb", all_verbs());
  if (verbs > 1) return usage("there is more than one verb", "--help shows how");
  options.verb = verb->verb;
  return verb;
}

// Comes last, because a descriptor can be read only once.
Result<Done> read_key(const ConfigVerbRow& verb, ConfigOptions& options) {
  const KeySource source = key_source_of_user();
  options.key.credentials = source.credentials;
  options.key.state_home = source.state_home;
  if (!options.key_fd || verb.verb == ConfigVerb::test) return Done{};  // mqfail-probe reads it
  if (*options.key_fd == 0 && options.file.value_or("-") == "-" &&
      holds_word(verb.options, "file")) {
    return usage("the document and the key cannot both come from standard input",
                 "give the document with -f, or the key with another descriptor");
  }
  if (auto open = check_descriptor("--key-fd", *options.key_fd, Direction::reading); !open)
    return open;
  auto key = read_key_fd("--key-fd " + std::to_string(*options.key_fd), *options.key_fd);
  if (!key) return key.error();
  options.key.given = std::move(*key);
  return Done{};
}

}  // namespace

std::span<const OptionRow> config_rows() {
  return kRows;
}

std::span<const ConfigVerbRow> config_verbs() {
  return kVerbs;
}

Result<ConfigOptions> parse_config_options(int argc, char** argv) {
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  std::vector<std::string> operands;
  auto given = read_command_line(config_rows(), words, "", nullptr, &operands);
  if (!given) return given.error();
  Draft draft;
  ConfigOptions& options = draft.config;
  for (const Given& one : *given) {
    if (one.row->name != "help" && one.row->name != "version") continue;
    if (auto done = one.row->set(one, draft); !done) return done.error();
    return options;
  }
  const auto verb = take_operands(operands, options);
  if (!verb) return verb.error();
  for (const Given& one : *given) {
    if (auto fits = check_fit(one, **verb); !fits) return fits.error();
  }
  if (auto done = set_all(*given, draft); !done) return done.error();
  if (options.verb == ConfigVerb::edit) {
    if (auto fits = check_edit(options); !fits) return fits.error();
  }
  if (options.verb == ConfigVerb::convert && options.form == ListForm::none)
    return usage("convert wants --to FORM", "forms are json, uri and flags");
  if (auto done = read_key(**verb, options); !done) return done.error();
  return options;
}

std::string config_help() {
  std::string out =
      "Reads, checks and stores lists of redundant MQTT servers.\n"
      "\n"
      "  mqfail-config set --component MQTT1 <servers.json\n"
      "  mqfail-config get --component MQTT1\n"
      "  mqfail-config check -f servers.json\n"
      "\n"
      "Usage: mqfail-config VERB [OPTION]...\n\nVerbs:\n";
  for (const ConfigVerbRow& verb : kVerbs)
    out.append("  ").append(verb.name).append(10 - verb.name.size(), ' ').append(verb.help) += '\n';
  return out + "\nOptions:\n" + option_lines(kRows, 23) + R"(
With --component and without -f, check, fmt and convert read the stored list;
with both, --component chooses among the components of a whole adapter file.
convert also reads a failover: URI and flags, and never shows a password.
edit opens $VISUAL or $EDITOR. What it leaves is stored only if it is right.
edit -f merges a document by serverId: its keys are set, all other keys stay.
edit takes key=value; null is the default, and password=- reads the password
from standard input, because all users of the machine can see arguments.
If a document has errors, the exit status is 65 and the stored list stays.
Passwords are stored sealed and shown as ***************. A document with that
value keeps the password, but a change of host, port, protocol or validation
needs the password again.
)";
}

}  // namespace mqfail
