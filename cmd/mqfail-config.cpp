// SPDX-License-Identifier: Apache-2.0
// mqfail-config: stores, prints and checks the lists of servers (product.md, section 5). Data goes
// to standard output, everything else to standard error. An error changes nothing.
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/counted.hpp"
#include "base/error.hpp"
#include "base/out_of_memory.h"
#include "base/text.hpp"
#include "certificates/search.hpp"
#include "config/document/document.hpp"
#include "config/document/document_schema.hpp"
#include "config/document/document_writer.hpp"
#include "config/document/list_table.hpp"
#include "config/document/server_ids.hpp"
#include "config/naming/bridge_file.hpp"
#include "config/naming/conversion.hpp"
#include "config/store/document_secrets.hpp"
#include "config/store/store.hpp"
#include "config/store/stored_list.hpp"
#include "config_edit.hpp"
#include "config_output.hpp"
#include "serve.hpp"
#include "tool/config_options.hpp"
#include "tool/descriptors.hpp"
#include "tool/option_table.hpp"

namespace mqfail {
namespace {

int set_or_add(const ConfigOptions& options, StoredList& list) {
  if (const auto good = check_component_id(options.component); !good) return fail(good.error());
  const auto document = read_input(options);
  if (!document) return fail(document.error());
  const auto wanted = wanted_component(options);
  return finish(document->name, options.verb == ConfigVerb::add ? list.add(*document, wanted)
                                                                : list.set(*document, wanted));
}

// Exit status 1 means a difference, as with diff(1).
int diff(const ConfigOptions& options, const StoredList& list) {
  if (const auto good = check_component_id(options.component); !good) return fail(good.error());
  const auto document = read_input(options);
  if (!document) return fail(document.error());
  const auto comparison = list.compare(*document, wanted_component(options));
  if (!comparison) return fail(comparison.error());
  show_reports(comparison->reading);
  if (!comparison->reading.valid()) return refuse(document->name, comparison->reading);
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

int show_one(const std::string& component, const StoredList& list) {
  const auto servers = list.servers();
  if (!servers) return fail(servers.error());
  return print(printable(component, 200) + ": " + counted(servers->size(), "server") + "\n" +
               list_table(*servers));
}

// Every list that can be read; the status is that of the last one that cannot.
int show(const ConfigOptions& options, const ComponentStore& store, KeyChain& keys) {
  if (options.component_given)
    return show_one(options.component, StoredList(store, options.component, keys));
  const auto ids = store.list();
  if (!ids) return fail(ids.error());
  if (ids->empty())
    return fail({ErrorKind::no_input, "nothing is stored", "mqfail-config set stores a document"});
  int status = 0;
  for (const std::string& id : *ids) {
    if (&id != &ids->front()) print("\n");
    if (const int shown = show_one(id, StoredList(store, id, keys)); shown != 0) status = shown;
  }
  return status;
}

// Becomes mqfail-probe, the one beside this program if there is one. Returns only if it cannot.
int test(const ConfigOptions& options) {
  std::vector<std::string> words = {"mqfail-probe"};
  if (options.file) {
    words.insert(words.end(), {"--servers", *options.file});
  } else {
    words.insert(words.end(), {"--component", options.component});
  }
  if (options.key.file) words.insert(words.end(), {"--key-file", *options.key.file});
  if (options.key_fd) words.insert(words.end(), {"--key-fd", std::to_string(*options.key_fd)});
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) execv((self.parent_path() / "mqfail-probe").c_str(), arguments.data());
  execvp("mqfail-probe", arguments.data());
  return fail({ErrorKind::unavailable,
               std::string("mqfail-probe cannot be started: ") + std::strerror(errno),
               "it is installed beside mqfail-config"});
}

int import_bridge(const ConfigOptions& options, StoredList& list) {
  if (const auto good = check_component_id(options.component); !good) return fail(good.error());
  const auto file = read_input(options);
  if (!file) return fail(file.error());
  const auto bridges = read_bridges(file->name, file->text.reveal());
  if (!bridges) return fail(bridges.error());
  const auto is_wanted = [&options](const Bridge& one) {
    return !options.connection || one.name == *options.connection;
  };
  const auto found = std::find_if(bridges->begin(), bridges->end(), is_wanted);
  if (found == bridges->end() || (!options.connection && bridges->size() > 1)) {
    std::string names;
    for (const Bridge& one : *bridges)
      names += (names.empty() ? "" : ", ") + printable(one.name, 64);
    return fail({ErrorKind::data, file->name + " has the bridges " + names,
                 "--connection NAME chooses one"});
  }
  const NamedText document{file->name, Secret(write_document(found->servers, false))};
  if (const int status = finish(document.name, list.set(document, std::nullopt)); status != 0)
    return status;
  std::string flags;
  for (const std::string& flag : found->flags) flags += " " + printable(flag, 4096);
  if (!flags.empty()) tell("mqfail-config: a list has servers only; give the rest as" + flags);
  return 0;
}

int export_bridge(const ConfigOptions& options, const StoredList& list) {
  const auto servers = list.servers();
  if (!servers) return fail(servers.error());
  const auto text = write_bridge(options.component, *servers);
  return text ? print(*text) : fail(text.error());
}

int check_or_format(const ConfigOptions& options, const StoredList& list) {
  const bool stored = options.component_given && !options.file;
  const auto document = stored ? list.text() : read_input(options);
  if (!document) return fail(document.error());
  DocumentReading reading =
      read_document(document->name, document->text.reveal(), wanted_component(options));
  show_reports(reading);
  if (!reading.valid()) return refuse(document->name, reading);
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
  if (!reading.valid()) return refuse(document->name, reading);
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
  return yes("Please Confirm [y/N]: ", false);
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
    case ConfigVerb::show:
      return show(options, store, keys);
    case ConfigVerb::test:
      return test(options);
    case ConfigVerb::import_bridge:
      return import_bridge(options, list);
    case ConfigVerb::export_bridge:
      return export_bridge(options, list);
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
  std::set_new_handler(mqfail_out_of_memory);
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
