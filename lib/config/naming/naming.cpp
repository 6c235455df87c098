// SPDX-License-Identifier: Apache-2.0
#include "config/naming/naming.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string_view>

#include "base/file.hpp"
#include "base/large_pages.hpp"
#include "base/text.hpp"
#include "config/document/document.hpp"
#include "config/naming/server_defaults.hpp"
#include "config/store/document_secrets.hpp"
#include "config/store/secret_references.hpp"
#include "config/store/store.hpp"
#include "config/store/stored_list.hpp"
#include "config/uri/server_uri.hpp"
#include "config/uri/shown_uri.hpp"
#include "config/uri/uri_list.hpp"
#include "config/uri/uri_parts.hpp"

namespace mqfail {
namespace {

Error usage(std::string message, std::string hint = {}) {
  return {ErrorKind::usage, std::move(message), std::move(hint)};
}

// Everything named, in order, before the common options are applied.
struct Collected {
  std::vector<ServerDraft> drafts;
  std::vector<QueryOptions> lists;  // the options of each failover: URI
  bool anything_but_lists = false;
  NamedRoster roster;  // topics, warnings, documents
};

// What a server owes its place to, as the user wrote it.
std::string origin_of(const NamedServer&) {
  return "-s";
}
std::string origin_of(const NamedHost&) {
  return "-h";
}
std::string origin_of(const NamedUrl&) {
  return "-L";
}
std::string origin_of(const NamedFile& named) {
  return "--servers " + shown_path(named.path);
}
std::string origin_of(const NamedComponent& named) {
  return "--component " + printable(named.id, 100);
}

class Collector {
 public:
  explicit Collector(const NamingRequest& request) : request_(request), keys_(request.key) {}

  Result<Collected> collect() {
    if (request_.as_mosquitto && !environment().empty()) return from_environment();
    if (const auto ports = check_ports(); !ports) return ports.error();
    all_.roster.streams = request_.streams;
    if (auto done = read_files(); !done) return done.error();
    for (const Naming& naming : request_.namings) {
      origin_ = std::visit([](const auto& named) { return origin_of(named); }, naming);
      const auto done = std::visit([&](const auto& named) { return add(named); }, naming);
      if (!done) return done.error();
    }
    if (request_.namings.empty()) {
      if (const auto done = add_fallback(); !done) return done.error();
    }
    return std::move(all_);
  }

 private:
  std::string_view environment() const {
    return request_.environment ? trimmed(*request_.environment) : std::string_view();
  }

  Result<Collected> from_environment() {
    for (const Naming& naming : request_.namings) {
      const auto* const named = std::get_if<NamedUrl>(&naming);
      if (named == nullptr) continue;
      auto url = parse_topic_url(named->url);
      if (!url) return prefixed("-L", url.error());
      all_.roster.topics.push_back(std::move(url->topic));
    }
    origin_ = request_.environment_name;
    const auto done =
        add_list(request_.environment_name, parse_uri_list(environment(), request_.most_servers));
    if (!done) return done.error();
    return std::move(all_);
  }

  Result<Done> check_ports() {
    const auto hosts =
        std::count_if(request_.namings.begin(), request_.namings.end(),
                      [](const Naming& n) { return std::holds_alternative<NamedHost>(n); });
    const auto ports = static_cast<std::ptrdiff_t>(request_.ports.size());
    for (const int port : request_.ports) {
      if (port < 1 || port > 65535)
        return usage("-p: port " + std::to_string(port) + " is not in 1..65535");
    }
    if (hosts == 0 && ports > 0 && !request_.namings.empty()) {
      return usage("-p has no -h that it belongs to",
                   "write the port into the URI: mqtt://host:port");
    }
    if (ports <= 1 || ports == hosts) return Done{};
    const std::string wanted =
        hosts > 1 ? "never, once (for all) or " + std::to_string(hosts) + " times" : "once";
    return usage(
        "-p is given " + std::to_string(ports) + " times for " + std::to_string(hosts) + " -h",
        "give it " + wanted);
  }

  // Before anything else, for --component chooses among the components of a whole adapter file;
  // one that is in no file is a stored list.
  Result<Done> read_files() {
    std::vector<std::string> ids;
    for (const Naming& naming : request_.namings) {
      if (const auto* component = std::get_if<NamedComponent>(&naming))
        ids.push_back(component->id);
    }
    const std::optional<std::string> first =
        ids.empty() ? std::nullopt : std::optional(ids.front());
    for (const Naming& naming : request_.namings) {
      const auto* const file = std::get_if<NamedFile>(&naming);
      if (file == nullptr) continue;
      const auto text = read_source(request_, file->path, kLargestDocument, all_.roster.streams);
      if (!text) return prefixed("--servers", text.error());
      const std::string name = shown_path(file->path);
      std::vector<DocumentReading>& readings = files_[file];
      readings.push_back(read_document(name, text->reveal(), first, request_.most_servers));
      const std::vector<std::string> there = readings.front().components;
      std::vector<std::string> chosen;
      for (const std::string& id : ids) {
        if (std::any_of(there.begin(), there.end(),
                        [&](const std::string& one) { return same_word(one, id); }))
          chosen.push_back(id);
      }
      // A file with one component needs no choice.
      if (chosen.empty() && there.size() > 1) continue;
      readings.clear();
      if (chosen.empty())
        readings.push_back(
            read_document(name, text->reveal(), std::nullopt, request_.most_servers));
      for (const std::string& id : chosen) {
        readings.push_back(read_document(name, text->reveal(), id, request_.most_servers));
        in_files_.insert(lower_case(id));
      }
    }
    return Done{};
  }

  Result<Done> add(const NamedServer& named) {
    if (names_a_list(trimmed(named.uri))) return add_list("-s", parse_uri_list(named.uri));
    auto draft = parse_server_uri(named.uri);
    if (!draft) return prefixed("-s", draft.error());
    return add_list("-s", UriList{{std::move(*draft)}, {}, {}, false});
  }

  Result<Done> add(const NamedHost& named) {
    auto draft = host_draft(named.host);
    if (!draft) return prefixed("-h", draft.error());
    if (!request_.ports.empty()) {
      const std::size_t place = request_.ports.size() == 1 ? 0 : host_count_;
      draft->server.port = static_cast<std::uint16_t>(request_.ports[place]);
      draft->port_given = true;
    }
    ++host_count_;
    take(std::move(*draft));
    return Done{};
  }

  Result<Done> add(const NamedUrl& named) {
    auto url = parse_topic_url(named.url);
    if (!url) return prefixed("-L", url.error());
    all_.roster.topics.push_back(std::move(url->topic));
    take(std::move(url->draft));
    return Done{};
  }

  Result<Done> add(const NamedFile& named) {
    if (all_.roster.streams.count(named.path) == 0) all_.roster.documents.push_back(named.path);
    for (DocumentReading& reading : files_[&named]) {
      if (auto done = add_document(shown_path(named.path), std::move(reading), ""); !done)
        return done;
    }
    return Done{};
  }

  Result<Done> add(const NamedComponent& named) {
    if (in_files_.count(lower_case(named.id)) > 0) return Done{};
    const auto found = add_component(named.id);
    if (!found) return prefixed("--component", found.error());
    if (*found) return Done{};
    return prefixed("--component", nothing_stored(ComponentStore(request_.config_home), named.id));
  }

  // False if nothing is stored under the id.
  Result<bool> add_component(const std::string& id) {
    const ComponentStore store(request_.config_home);
    auto read = store.read(id);
    if (!read) return read.error();
    if (!*read) return false;
    const Secret text(std::move(**read));
    all_.roster.documents.push_back(store.path(id));
    const std::string name = printable(store.path(id), 1024);
    if (const auto done = add_document(name, read_document(name, text.reveal(), id), id); !done)
      return done.error();
    return true;
  }

  // `component`: the one that stores it; empty: none.
  Result<Done> add_document(const std::string& name, DocumentReading reading,
                            const std::string& component) {
    if (!reading.valid()) return document_error(name, reading);
    if (request_.offered) {
      for (const DocumentServer& server : reading.servers) {
        if (auto good = check_offered(server); !good) return prefixed(name, good.error());
      }
      if (reading.client) {
        if (auto good = check_offered(*reading.client); !good) return prefixed(name, good.error());
      }
    }
    if (auto open = open_secrets(reading.servers, component, keys_); !open)
      return Error{open.error().kind, name + ": " + open.error().message, open.error().hint};
    for (const Report& report : reading.reports) all_.roster.warnings.push_back(report.headline);
    const DataSourceClient client = reading.client.value_or(DataSourceClient());
    const bool fits = !request_.needs_mqtt5 || client.protocol == Protocol::mqtt5;
    reserve_large(all_.drafts, all_.drafts.size() + reading.servers.size());
    all_.roster.origins.reserve(all_.drafts.size() + reading.servers.size());
    for (const DocumentServer& server : reading.servers) {
      ServerDraft draft = draft_of(server);
      if (!request_.client_id_given) draft.server.client_id = client.client_id;
      if (!request_.protocol_given && fits) draft.server.protocol = client.protocol;
      name_certificate_folders(component, draft);
      take(std::move(draft));
    }
    return Done{};
  }

  void name_certificate_folders(const std::string& component, ServerDraft& draft) const {
    if (draft.server.tls.thumbprint.empty()) return;
    std::string own;
    if (!component.empty()) {
      own = ComponentStore(request_.config_home).path(component);
      own.resize(own.rfind('/'));
    }
    draft.server.tls.certificate_folders = certificate_folders(request_.certificates, own);
  }

  // None named: the environment, else the component `default`, else mosquitto's localhost.
  Result<Done> add_fallback() {
    if (request_.ports.empty()) {
      origin_ = request_.environment_name;
      if (!environment().empty())
        return add_list(request_.environment_name,
                        parse_uri_list(environment(), request_.most_servers));
      if (!request_.config_home.empty() && !request_.as_mosquitto) {
        origin_ = "the component default";
        const auto found = add_component("default");
        if (!found) return found.error();
        if (*found) return Done{};
      }
    }
    origin_ = "nothing is named";
    ServerDraft draft;
    draft.server.host = "localhost";
    if (!request_.ports.empty()) {
      draft.server.port = static_cast<std::uint16_t>(request_.ports.front());
      draft.port_given = true;
    }
    draft.shown = "localhost";
    take(std::move(draft));
    return Done{};
  }

  Result<Done> fetch(std::string_view flag, ServerDraft& draft) {
    auto done = fetch_secrets(draft, ComponentStore(request_.config_home), keys_);
    name_certificate_folders(draft.secrets_of, draft);
    return done ? std::move(done) : prefixed(std::string(flag) + ": " + draft.shown, done.error());
  }

  Result<Done> add_list(std::string_view flag, Result<UriList> list) {
    if (!list) return prefixed(flag, list.error());
    for (ServerDraft& draft : list->servers) {
      if (request_.offered) {
        if (auto good = check_offered(draft); !good) return prefixed(flag, good.error());
      }
      if (auto done = fetch(flag, draft); !done) return done;
      if (draft.verify_given && !draft.server.tls.verify_chain && is_tls(draft.server.scheme))
        all_.roster.warnings.push_back("server certificate validation is disabled for " +
                                       draft.shown);
      push(std::move(draft));
    }
    std::vector<Discovery>& found = all_.roster.discoveries;
    for (Discovery& discovery : list->discoveries) {
      if (std::find(found.begin(), found.end(), discovery) == found.end())
        found.push_back(std::move(discovery));
    }
    if (list->is_failover) {
      all_.lists.push_back(std::move(list->options));
    } else {
      all_.anything_but_lists = true;
    }
    return Done{};
  }

  void push(ServerDraft draft) {
    all_.drafts.push_back(std::move(draft));
    all_.roster.origins.push_back(origin_);
  }

  void take(ServerDraft draft) {
    push(std::move(draft));
    all_.anything_but_lists = true;
  }

  const NamingRequest& request_;
  KeyChain keys_;
  Collected all_;
  std::map<const NamedFile*, std::vector<DocumentReading>> files_;
  std::set<std::string> in_files_;  // components that a file has, in lower case
  std::size_t host_count_ = 0;
  std::string origin_;  // of what is added
};

// The options of all failover: URIs as one set. One option with two values is an error.
Result<QueryOptions> merge_options(const std::vector<QueryOptions>& lists) {
  std::map<std::string, std::string> merged;
  QueryOptions in_order;
  for (const QueryOptions& list : lists) {
    std::map<std::string, std::string> own;  // within one URI the last one wins, as in ActiveMQ
    for (const auto& [name, value] : list) {
      own[name == "backOffMultiplier" ? "reconnectDelayExponent" : name] = value;
    }
    for (const auto& [name, value] : own) {
      const auto [place, fresh] = merged.emplace(name, value);
      if (!fresh && place->second != value) {
        return usage(
            "two failover: URIs disagree on " + printable(name, 64) + ": " +
                shown_typed(place->second) + " and " + shown_typed(value),
            "name all servers in one failover: URI, or give the option as a flag to the run");
      }
      if (fresh) in_order.emplace_back(name, value);
    }
  }
  return in_order;
}

Result<Done> apply_tuning(const Collected& all, const FailoverFlags& flags, NamedRoster& roster) {
  FailoverTuning tuning;
  // ActiveMQ's default holds if all servers come from failover: URIs. What is discovered has an
  // order of its own, which is random already.
  tuning.settings.randomize =
      !all.lists.empty() && !all.anything_but_lists && roster.discoveries.empty();
  const auto options = merge_options(all.lists);
  if (!options) return options.error();
  for (const auto& [name, value] : *options) {
    const auto done = apply_failover_option(name, value, tuning);
    if (!done) return prefixed("failover:", done.error());
  }
  for (const auto& [name, value] : flags.options) {
    if (const auto done = apply_failover_option(name, value, tuning); !done) return done.error();
  }
  const BackoffSettings& backoff = tuning.settings.backoff;
  if (backoff.initial && *backoff.initial > backoff.cap) {
    roster.warnings.emplace_back(
        "initialReconnectDelay is above maxReconnectDelay, which bounds it");
  }
  roster.settings = std::move(tuning.settings);
  roster.settings.standbys = tuning.backup ? tuning.backup_pool : 0;
  if (!tuning.reconnect_supported) roster.settings.redirect = Redirect::off;
  roster.updates = std::move(tuning.updates);
  roster.publish = tuning.publish;
  roster.subscribe = tuning.subscribe;
  return Done{};
}

}  // namespace

Result<NamedRoster> name_servers(const NamingRequest& request, const FailoverFlags& flags) {
  auto all = Collector(request).collect();
  if (!all) return all.error();
  NamedRoster roster = std::move(all->roster);
  for (ServerDraft& draft : all->drafts) {
    if (const auto done = complete_draft(request, draft, roster); !done) return done.error();
  }
  give_ids(all->drafts, roster.warnings);
  if (const auto done = apply_tuning(*all, flags, roster); !done) return done.error();
  reserve_large(roster.servers, all->drafts.size());
  for (ServerDraft& draft : all->drafts) roster.servers.push_back(std::move(draft.server));
  for (const Server& wanted : roster.settings.priority_servers) {
    const auto is_wanted = [&](const Server& one) { return same_endpoint(one, wanted); };
    if (std::any_of(roster.servers.begin(), roster.servers.end(), is_wanted)) continue;
    roster.warnings.push_back("priorityURIs: " + redacted_uri(wanted) + " is none of the servers");
  }
  return roster;
}

}  // namespace mqfail
