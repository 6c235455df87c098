// SPDX-License-Identifier: Apache-2.0
// mqfail-config: writes, shows and checks the stored lists of servers (product.md section 5).
// Rule: data goes to standard output, everything else to standard error, and an error changes
// nothing.
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "config/document.hpp"
#include "config/file.hpp"
#include "config/store.hpp"
#include "config/uri_text.hpp"
#include "tool/config_options.hpp"

namespace mqfail {
namespace {

void tell(std::string_view text) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
}

int fail(const Error& error) {
  tell("mqfail-config: " + error.message + (error.hint.empty() ? "" : "; " + error.hint));
  return static_cast<int>(error.kind);
}

int print(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0)
      return fail({ErrorKind::io,
                   std::string("cannot write to standard output: ") + std::strerror(errno), ""});
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

// A document and how its reports call it.
struct Input {
  std::string name;
  std::string text;
  bool stored = false;
};

Result<Input> read_stored(const ComponentStore& store, const std::string& id) {
  auto text = store.read(id);
  if (!text) return text.error();
  if (*text) return Input{printable(store.path(id), 1024), std::move(**text), true};
  return Error{ErrorKind::no_input, "nothing is stored for component '" + printable(id, 64) + "'",
               "mqfail-config set stores a document"};
}

Result<Input> read_input(const ConfigOptions& options) {
  const std::string path = options.file.value_or("-");
  if (path == "-" && isatty(STDIN_FILENO) != 0) {
    return Error{ErrorKind::usage, "standard input is a terminal",
                 "give a document: mqfail-config set < FILE, or -f FILE"};
  }
  auto text = read_file(path);
  if (!text) return text.error();
  return Input{shown_path(path), std::move(*text)};
}

void show_reports(const DocumentReading& reading) {
  for (const Report& report : reading.reports) tell(report.headline + "\n" + report.excerpt);
}

std::optional<std::string> wanted_component(const ConfigOptions& options) {
  return options.component_given ? std::optional(options.component) : std::nullopt;
}

int refuse(const Input& input, const DocumentReading& reading) {
  std::size_t errors = 0;
  for (const Report& report : reading.reports) errors += report.severity == Severity::error ? 1 : 0;
  tell("mqfail-config: " + input.name + " has " + std::to_string(errors) +
       (errors == 1 ? " error" : " errors") + "; nothing was changed");
  return static_cast<int>(ErrorKind::data);
}

int store_servers(const ComponentStore& store, const StoreLock& lock, const std::string& id,
                  const std::vector<DocumentServer>& servers) {
  const auto written = store.write(lock, id, write_document(servers, false));
  return written ? 0 : fail(written.error());
}

int set(const ConfigOptions& options, const ComponentStore& store) {
  if (const auto good = check_component_id(options.component); !good) return fail(good.error());
  const auto input = read_input(options);
  if (!input) return fail(input.error());
  DocumentReading reading = read_document(input->name, input->text, wanted_component(options));
  show_reports(reading);
  if (!reading.valid()) return refuse(*input, reading);
  if (const DocumentServer* server = find_secret(reading.servers)) {
    // Nothing seals secrets yet, and a plain password on the disk is what the vendor warns of.
    return fail({ErrorKind::configuration,
                 "the document holds a password for " + printable(server->host, 100) +
                     ", and mqfail-config cannot protect one yet; nothing was stored",
                 "leave it out and give it with -u and --pw-file, or password-file in a URI"});
  }
  const auto lock = store.lock();
  if (!lock) return fail(lock.error());
  const auto old = store.read(options.component);
  if (!old) return fail(old.error());
  std::vector<DocumentServer> previous;
  if (*old) previous = read_document("stored", **old).servers;
  if (const auto ids = give_server_ids(reading.servers, previous); !ids) return fail(ids.error());
  return store_servers(store, *lock, options.component, reading.servers);
}

const DocumentServer* find_server(const std::vector<DocumentServer>& servers,
                                  const std::string& id) {
  for (const DocumentServer& server : servers) {
    if (lower_case(server.server_id) == lower_case(id)) return &server;
  }
  return nullptr;
}

Error no_such_server(const ConfigOptions& options) {
  return {ErrorKind::no_input,
          "component '" + printable(options.component, 64) + "' has no server '" +
              printable(*options.server_id, 100) + "'",
          "mqfail-config get lists them"};
}

int get(const ConfigOptions& options, const ComponentStore& store) {
  const auto input = read_stored(store, options.component);
  if (!input) return fail(input.error());
  const DocumentReading reading = read_document(input->name, input->text);
  if (!reading.valid()) {
    show_reports(reading);
    return refuse(*input, reading);
  }
  if (!options.server_id) return print(write_document(reading.servers, true));
  const DocumentServer* server = find_server(reading.servers, *options.server_id);
  return server == nullptr ? fail(no_such_server(options))
                           : print(write_document_server(*server, true));
}

int check_or_format(const ConfigOptions& options, const ComponentStore& store) {
  const bool stored = options.component_given && !options.file;
  const auto input = stored ? read_stored(store, options.component) : read_input(options);
  if (!input) return fail(input.error());
  DocumentReading reading = read_document(input->name, input->text, wanted_component(options));
  show_reports(reading);
  if (!reading.valid()) return refuse(*input, reading);
  if (options.verb == ConfigVerb::check) return 0;
  if (const auto ids = give_server_ids(reading.servers, {}); !ids) return fail(ids.error());
  return print(write_document(reading.servers, stored));
}

// True if the user says so, or has said so with -y.
Result<bool> confirmed(const ConfigOptions& options) {
  if (options.yes) return true;
  if (isatty(STDIN_FILENO) == 0) {
    return Error{ErrorKind::usage, "remove asks first, and standard input is no terminal",
                 "give -y"};
  }
  std::fputs("Please Confirm [y/N]: ", stderr);
  std::string answer;
  for (char c = 0; read(STDIN_FILENO, &c, 1) == 1 && c != '\n';) answer += c;
  const std::string word = lower_case(trimmed(answer));
  return word == "y" || word == "yes";
}

int remove_server(const ConfigOptions& options, const ComponentStore& store, const StoreLock& lock,
                  const Input& input) {
  DocumentReading reading = read_document(input.name, input.text);
  if (!reading.valid()) {
    show_reports(reading);
    return refuse(input, reading);
  }
  const DocumentServer* server = find_server(reading.servers, *options.server_id);
  if (server == nullptr) return fail(no_such_server(options));
  if (reading.servers.size() == 1) {
    return fail({ErrorKind::data, "the only server cannot be removed: a list needs at least one",
                 "remove without --server-id removes the list"});
  }
  reading.servers.erase(reading.servers.begin() +
                        std::distance<const DocumentServer*>(reading.servers.data(), server));
  if (const auto ids = give_server_ids(reading.servers, {}); !ids) return fail(ids.error());
  return store_servers(store, lock, options.component, reading.servers);
}

int remove(const ConfigOptions& options, const ComponentStore& store) {
  if (const auto there = read_stored(store, options.component); !there) return fail(there.error());
  const auto sure = confirmed(options);
  if (!sure) return fail(sure.error());
  if (!*sure) {
    tell("mqfail-config: nothing was removed");
    return 0;
  }
  const auto lock = store.lock();
  if (!lock) return fail(lock.error());
  const auto input =
      read_stored(store, options.component);  // again: somebody may have been quicker
  if (!input) return fail(input.error());
  if (options.server_id) return remove_server(options, store, *lock, *input);
  const auto removed = store.remove(*lock, options.component);
  return removed ? 0 : fail(removed.error());
}

int run(const ConfigOptions& options) {
  const ComponentStore store(config_home_of_user());
  switch (options.verb) {
    case ConfigVerb::set:
      return set(options, store);
    case ConfigVerb::get:
      return get(options, store);
    case ConfigVerb::check:
    case ConfigVerb::fmt:
      return check_or_format(options, store);
    case ConfigVerb::remove:
      return remove(options, store);
  }
  return static_cast<int>(ErrorKind::internal);
}

}  // namespace
}  // namespace mqfail

int main(int argc, char** argv) {
  // A file size limit must be an error of write(2), with the old document intact, not a death.
  std::signal(SIGXFSZ, SIG_IGN);
  const auto options = mqfail::parse_config_options(argc, argv);
  if (!options) return mqfail::fail(options.error());
  if (options->help) return mqfail::print(mqfail::config_help());
  if (options->version) return mqfail::print("mqfail-config " MQFAIL_VERSION "\n");
  return mqfail::run(*options);
}
