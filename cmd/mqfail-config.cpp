// SPDX-License-Identifier: Apache-2.0
// mqfail-config: stores, prints and checks the lists of servers (product.md, section 5). Data goes
// to standard output, everything else to standard error. An error changes nothing.
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/counted.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "base/write.hpp"
#include "certificates/search.hpp"
#include "config/document/document.hpp"
#include "config/document/document_schema.hpp"
#include "config/document/document_writer.hpp"
#include "config/document/server_ids.hpp"
#include "config/naming/conversion.hpp"
#include "config/store/document_secrets.hpp"
#include "config/store/store.hpp"
#include "config/store/stored_list.hpp"
#include "serve.hpp"
#include "tool/config_options.hpp"
#include "tool/descriptors.hpp"
#include "tool/option_table.hpp"

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
  const int error = write_all(STDOUT_FILENO, text);
  if (error == 0) return 0;
  return fail(
      {ErrorKind::io, std::string("cannot write to standard output: ") + std::strerror(error), ""});
}

Result<NamedText> read_input(const ConfigOptions& options) {
  const std::string path = options.file.value_or("-");
  if (path == "-" && isatty(STDIN_FILENO) != 0) {
    return Error{ErrorKind::usage, "standard input is a terminal",
                 "give a document: mqfail-config set < FILE, or -f FILE"};
  }
  auto text = read_file(path);
  if (!text) return text.error();
  return NamedText{shown_path(path), Secret(std::move(*text))};
}

void show_reports(const DocumentReading& reading) {
  for (const Report& report : reading.reports) tell(report.headline + "\n" + report.excerpt);
}

std::optional<std::string> wanted_component(const ConfigOptions& options) {
  return options.component_given ? std::optional(options.component) : std::nullopt;
}

int refuse(const NamedText& document, const DocumentReading& reading) {
  tell("mqfail-config: " + document.name + " has " + counted(count_errors(reading), "error") +
       "; nothing was changed");
  return static_cast<int>(ErrorKind::data);
}

int set_or_add(const ConfigOptions& options, StoredList& list) {
  if (const auto good = check_component_id(options.component); !good) return fail(good.error());
  const auto document = read_input(options);
  if (!document) return fail(document.error());
  const auto wanted = wanted_component(options);
  const auto change =
      options.verb == ConfigVerb::add ? list.add(*document, wanted) : list.set(*document, wanted);
  if (!change) return fail(change.error());
  show_reports(change->reading);
  return change->reading.valid() ? 0 : refuse(*document, change->reading);
}

int merge(const ConfigOptions& options, StoredList& list) {
  const auto document = read_input(options);
  if (!document) return fail(document.error());
  const auto change = list.merge(*document, wanted_component(options), options.server_id);
  if (!change) return fail(change.error());
  show_reports(change->reading);
  return change->reading.valid() ? 0 : refuse(*document, change->reading);
}

int edit(const ConfigOptions& options, StoredList& list) {
  if (options.file) return merge(options, list);
  std::vector<KeyValue> values;
  for (const auto& [key, value] : options.values) {
    const bool secret = same_word(key, "password") || same_word(key, "clientCertificatePassword");
    if (!secret || value != "-") {
      values.push_back({key, value ? std::optional(Secret(*value)) : std::nullopt});
      continue;
    }
    auto read = read_password_file("-");
    if (!read) return fail(read.error());
    values.push_back({key, std::move(*read)});
  }
  const auto change = list.edit(*options.server_id, values);
  if (!change) return fail(change.error());
  show_reports(change->reading);
  return change->reading.valid() ? 0 : refuse({"key=value", Secret()}, change->reading);
}

// Exit status 1 means a difference, as with diff(1).
int diff(const ConfigOptions& options, const StoredList& list) {
  if (const auto good = check_component_id(options.component); !good) return fail(good.error());
  const auto document = read_input(options);
  if (!document) return fail(document.error());
  const auto comparison = list.compare(*document, wanted_component(options));
  if (!comparison) return fail(comparison.error());
  show_reports(comparison->reading);
  if (!comparison->reading.valid()) return refuse(*document, comparison->reading);
  if (comparison->difference.empty()) return 0;
  const int printed = print(comparison->difference);
  return printed == 0 ? 1 : printed;
}

int get(const ConfigOptions& options, const StoredList& list) {
  const auto stored = list.read();
  if (!stored) return fail(stored.error());
  const std::vector<DocumentServer>& servers = stored->servers;
  if (stored->client && stored->client->client_id)
    tell("mqfail-config: note: the DataSource has clientId " +
         printable(*stored->client->client_id, 64));
  if (stored->client && stored->client->protocol)
    tell("mqfail-config: note: the DataSource has mqttVersion " +
         std::string(version_word(*stored->client->protocol)));
  if (holds_plain_secret(servers))
    tell(
        "mqfail-config: warning: a password is stored in plain text; mqfail-config protect seals "
        "it");
  if (!options.server_id) return print(write_document(servers, true));
  const DocumentServer* server = find_server(servers, *options.server_id);
  return server == nullptr ? fail(no_such_server(options.component, *options.server_id))
                           : print(write_document_server(*server, true));
}

int check_or_format(const ConfigOptions& options, const StoredList& list) {
  const bool stored = options.component_given && !options.file;
  const auto document = stored ? list.text() : read_input(options);
  if (!document) return fail(document.error());
  DocumentReading reading =
      read_document(document->name, document->text.reveal(), wanted_component(options));
  show_reports(reading);
  if (!reading.valid()) return refuse(*document, reading);
  if (options.verb == ConfigVerb::check) return 0;
  if (const auto ids = make_server_ids(reading.servers); !ids) return fail(ids.error());
  return print(write_document(reading.servers, stored));
}

int print_as(ListForm form, const ServerListing& listing) {
  const auto text = form == ListForm::uri ? write_failover_uri(listing) : write_flags(listing);
  return text ? print(*text) : fail(text.error());
}

int convert_listing(const ConfigOptions& options, const ComponentStore& store,
                    std::string_view text) {
  const auto listing = read_listing(text);
  if (!listing) return fail(listing.error());
  if (options.form != ListForm::json) return print_as(options.form, *listing);
  auto servers = document_of(*listing, store);
  if (!servers) return fail(servers.error());
  if (const auto ids = make_server_ids(*servers); !ids) return fail(ids.error());
  if (const std::string flags = list_flags(*listing); !flags.empty())
    tell("mqfail-config: warning: a document lists servers and nothing else; give the rest as " +
         flags);
  return print(write_document(*servers, true));
}

// A sealed secret can only be named, and only where it is stored.
int convert(const ConfigOptions& options, const ComponentStore& store, const StoredList& list) {
  if (const auto good = check_component_id(options.component); !good) return fail(good.error());
  const bool stored = options.component_given && !options.file;
  const auto document = stored ? list.text() : read_input(options);
  if (!document) return fail(document.error());
  if (!stored && is_listing(document->text.reveal()))
    return convert_listing(options, store, document->text.reveal());
  std::vector<DocumentServer> previous;
  if (options.component_given) {
    auto servers = list.servers();
    if (!servers && (stored || servers.error().kind != ErrorKind::no_input))
      return fail(servers.error());
    if (servers) previous = std::move(*servers);
  }
  DocumentReading reading =
      previous.empty()
          ? read_document(document->name, document->text.reveal(), wanted_component(options))
          : read_replacement(document->name, document->text.reveal(), wanted_component(options),
                             previous);
  show_reports(reading);
  if (!reading.valid()) return refuse(*document, reading);
  if (const auto ids = make_server_ids(reading.servers); !ids) return fail(ids.error());
  if (const auto good = refuse_plain_secrets(reading.servers); !good) return fail(good.error());
  const bool known = sealed_alike(reading.servers, previous);
  if (options.form == ListForm::json) return print(write_document(reading.servers, known));
  const auto listing = listing_of(reading.servers, known ? options.component : "");
  return listing ? print_as(options.form, *listing) : fail(listing.error());
}

// True if the user confirms, or gave -y.
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

int remove(const ConfigOptions& options, StoredList& list) {
  if (const auto there = list.text(); !there) return fail(there.error());
  const auto sure = confirmed(options);
  if (!sure) return fail(sure.error());
  if (!*sure) {
    tell("mqfail-config: nothing was removed");
    return 0;
  }
  const auto removed = list.remove(options.server_id);
  return removed ? 0 : fail(removed.error());
}

// One line for each certificate, and for each file that cannot be opened: thumbprint, end of the
// validity, state, file and subject, separated by tabs.
int list_certificates(const ConfigOptions& options, const ComponentStore& store) {
  if (const auto good = check_component_id(options.component); !good) return fail(good.error());
  CertificateSearch search = certificate_search_of_user();
  search.given = options.certificate_folders;
  const std::string path = store.path(options.component);
  const auto folders = certificate_folders(search, path.substr(0, path.rfind('/')));
  const std::vector<ListedCertificate> list = mqfail::list_certificates(folders);
  std::string text;
  for (const ListedCertificate& one : list) {
    const bool opens = one.trouble.empty();
    const std::string state = !opens         ? printable(one.trouble)
                              : !one.has_key ? "no private key"
                              : one.over     ? "expired"
                                             : "opens without a password";
    text += (opens ? one.sha1 : "-") + "\t" + (opens ? one.not_after : "-") + "\t" + state + "\t" +
            printable(one.file, 4096) + "\t" + (opens ? printable(one.subject) : "-") + "\n";
  }
  if (list.empty()) {
    std::string where;
    for (const std::string& folder : folders) where += "\n  " + printable(folder, 4096);
    tell("mqfail-config: there is no *.pfx or *.p12 file in" + where);
  }
  return print(text);
}

int run(const ConfigOptions& options) {
  const ComponentStore store(config_home_of_user());
  KeyChain keys(options.key);
  StoredList list(store, options.component, keys);
  switch (options.verb) {
    case ConfigVerb::set:
    case ConfigVerb::add:
      return set_or_add(options, list);
    case ConfigVerb::edit:
      return edit(options, list);
    case ConfigVerb::diff:
      return diff(options, list);
    case ConfigVerb::schema:
      return print(document_schema());
    case ConfigVerb::get:
      return get(options, list);
    case ConfigVerb::check:
    case ConfigVerb::fmt:
      return check_or_format(options, list);
    case ConfigVerb::convert:
      return convert(options, store, list);
    case ConfigVerb::remove:
      return remove(options, list);
    case ConfigVerb::protect: {
      const auto done = list.protect();
      return done ? 0 : fail(done.error());
    }
    case ConfigVerb::certs:
      return list_certificates(options, store);
    case ConfigVerb::rekey: {
      const auto done = rekey(store, keys);
      return done ? 0 : fail(done.error());
    }
    case ConfigVerb::serve: {
      const auto done = serve(options, store);
      return done ? 0 : fail(done.error());
    }
  }
  return static_cast<int>(ErrorKind::internal);
}

}  // namespace
}  // namespace mqfail

int main(int argc, char** argv) {
  if (const auto filled = mqfail::fill_standard_descriptors(); !filled)
    return mqfail::fail(filled.error());
  // A file size limit must be an error of write(2) that leaves the old document intact, not a fatal
  // signal.
  std::signal(SIGXFSZ, SIG_IGN);
  prctl(PR_SET_DUMPABLE, 0);  // a core file would hold passwords
  const auto options = mqfail::parse_config_options(argc, argv);
  if (!options) return mqfail::fail(options.error());
  if (options->help) return mqfail::print(mqfail::config_help());
  if (options->version) return mqfail::print(mqfail::version_text(mqfail::Tool::config));
  return mqfail::run(*options);
}
