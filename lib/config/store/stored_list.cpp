// SPDX-License-Identifier: Apache-2.0
#include "config/store/stored_list.hpp"

#include <unordered_set>
#include <utility>

#include "base/text.hpp"
#include "base/utf8.hpp"
#include "config/document/document_writer.hpp"
#include "config/document/list_difference.hpp"
#include "config/document/server_ids.hpp"
#include "config/store/document_secrets.hpp"

namespace mqfail {
namespace {

std::string shown_path_of(const ComponentStore& store, const std::string& id) {
  return printable(store.path(id), 1024);
}

// What a change starts from. A stored list that is broken is no reason to refuse a new one.
DocumentReading read_previous(const std::optional<std::string>& text) {
  return text ? read_document("stored", *text) : DocumentReading();
}

// The id that two servers of a list have, if any.
std::optional<std::string> id_used_twice(const std::vector<DocumentServer>& servers) {
  std::unordered_set<std::string> seen;
  for (const DocumentServer& server : servers) {
    if (!server.server_id.empty() && !seen.insert(lower_case(server.server_id)).second)
      return server.server_id;
  }
  return std::nullopt;
}

Error id_in_use(const std::string& component, std::string_view id, std::string_view hint) {
  return {ErrorKind::data,
          "component '" + printable(component, 64) + "' has a server '" + printable(id, 100) +
              "' already; nothing was changed",
          std::string(hint)};
}

// The values as a document of one server.
std::string edit_text(const std::vector<KeyValue>& values) {
  std::string text = "{";
  for (const KeyValue& one : values) {
    const bool bare =
        !one.value ||
        (same_word(one.key, "validateServerCertificate") &&
         (same_word(one.value->reveal(), "true") || same_word(one.value->reveal(), "false")));
    const std::string_view value = one.value ? std::string_view(one.value->reveal()) : "null";
    text += (text.size() > 1 ? ", " : "") + json_string(one.key) + ": " +
            (bare ? lower_case(value) : json_string(value));
  }
  return text + "}";
}

bool holds_sealed(const DocumentServer& server) {
  const auto sealed = [](const std::optional<DocumentSecret>& secret) {
    return secret && secret->form == DocumentSecret::Form::sealed;
  };
  return sealed(server.password) || sealed(server.certificate_password);
}

void wipe(Result<std::optional<std::string>>& text) {
  if (text && *text) Secret::overwrite(**text);
}

Result<Done> check_unchanged(const std::optional<std::string>& now, const StoredState* expected) {
  if (expected == nullptr) return Done{};
  const bool same = now ? expected->text && *now == expected->text->reveal() : !expected->text;
  if (same) return Done{};
  return Error{ErrorKind::temporary, "the stored list has been changed by somebody else meanwhile",
               "compare it with mqfail-config diff, and store yours again"};
}

}  // namespace

Error nothing_stored(const ComponentStore& store, const std::string& id) {
  Error error{ErrorKind::no_input, "nothing is stored for component '" + printable(id, 64) + "'",
              "mqfail-config set --component " + printable(id, 64) + " stores a document"};
  const auto meant = store.spelt_otherwise(id);
  if (meant && *meant)
    error.hint = "there is '" + printable(**meant, 64) + "': ids differ by letter case";
  return error;
}

Error no_such_server(std::string_view component, std::string_view id) {
  return {ErrorKind::no_input,
          "component '" + printable(component, 64) + "' has no server '" + printable(id, 100) + "'",
          "mqfail-config get lists them"};
}

Result<NamedText> StoredList::text() const {
  auto text = store_.read(id_);
  if (!text) return text.error();
  if (!*text) return nothing_stored(store_, id_);
  return NamedText{shown_path_of(store_, id_), Secret(std::move(**text))};
}

Result<StoredState> StoredList::state() const {
  auto text = store_.read(id_);
  if (!text) return text.error();
  if (!*text) return StoredState{};
  return StoredState{Secret(std::move(**text))};
}

Result<DocumentReading> StoredList::read() const {
  const auto stored = text();
  if (!stored) return stored.error();
  DocumentReading reading = read_document(stored->name, stored->text.reveal());
  if (!reading.valid()) return document_error(stored->name, reading);
  return reading;
}

Result<std::vector<DocumentServer>> StoredList::servers() const {
  auto reading = read();
  if (!reading) return reading.error();
  return std::move(reading->servers);
}

Result<DocumentReading> StoredList::read_if_any() const {
  auto there = store_.read(id_);
  if (!there) return there.error();
  const bool exists = there->has_value();
  wipe(there);
  if (!exists) return DocumentReading{};
  return read();
}

Result<bool> StoredList::write(const StoreLock& lock, std::vector<DocumentServer>& servers,
                               const DataSourceClient& client,
                               const std::vector<DocumentServer>& previous) {
  if (auto made = make_server_ids(servers); !made) return made.error();
  const std::string path = store_.path(id_);
  auto sealed = seal_secrets(servers, previous, id_, path.substr(0, path.rfind('/')), keys_);
  if (!sealed) return sealed.error();
  return store_.write(lock, id_, write_stored(servers, client));
}

Result<Change> StoredList::finish(const StoreLock& lock, Change& change,
                                  std::vector<DocumentServer>& servers,
                                  const DocumentReading& previous) {
  const DocumentSecret* const fresh =
      references_ == References::any ? nullptr : new_stored_secret(servers, previous.servers);
  if (fresh != nullptr) {
    const std::string what = fresh->form == DocumentSecret::Form::reference
                                 ? "{{" + printable(fresh->text.reveal(), 100) + "}}"
                                 : "a sealed secret";
    return Error{ErrorKind::usage, what + " may not be named for this server",
                 "mqfail-config stores it, and so does a request with the token of --token-file"};
  }
  // A document without a DataSource says nothing about the client.
  const auto& client = change.reading.client ? change.reading.client : previous.client;
  const auto written = write(lock, servers, client.value_or(DataSourceClient{}), previous.servers);
  if (!written) return written.error();
  change.written = *written;
  return std::move(change);
}

Result<Change> StoredList::set(const NamedText& document,
                               const std::optional<std::string>& component,
                               const StoredState* only_if) {
  // Judged first without the lock, which would make directories: an error changes nothing at all.
  auto before = store_.read(id_);
  if (!before) return before.error();
  DocumentReading previous = read_previous(*before);
  Change change{
      read_replacement(document.name, document.text.reveal(), component, previous.servers), false};
  if (!change.reading.valid()) return change;

  const auto lock = store_.lock();
  if (!lock) return lock.error();
  auto now = store_.read(id_);
  if (!now) return now.error();
  if (const auto same = check_unchanged(*now, only_if); !same) return same.error();
  if (*now != *before) {  // another process was faster
    previous = read_previous(*now);
    change.reading =
        read_replacement(document.name, document.text.reveal(), component, previous.servers);
  }
  wipe(before);
  wipe(now);
  if (!change.reading.valid()) return change;
  return finish(*lock, change, change.reading.servers, previous);
}

Result<Change> StoredList::add(const NamedText& document,
                               const std::optional<std::string>& component) {
  auto before = store_.read(id_);
  if (!before) return before.error();
  wipe(before);
  Change change{read_replacement(document.name, document.text.reveal(), component, {}), false};
  if (!change.reading.valid()) return change;

  const auto lock = store_.lock();
  if (!lock) return lock.error();
  const auto previous = read_if_any();
  if (!previous) return previous.error();
  std::vector<DocumentServer> all = previous->servers;
  all.insert(all.end(), change.reading.servers.begin(), change.reading.servers.end());
  if (const auto id = id_used_twice(all))
    return id_in_use(id_, *id, "mqfail-config edit changes it");
  return finish(*lock, change, all, *previous);
}

Result<Change> StoredList::edit(const std::string& server_id, const std::vector<KeyValue>& values) {
  if (const auto there = text(); !there) return there.error();
  const auto lock = store_.lock();
  if (!lock) return lock.error();
  const auto previous = read();
  if (!previous) return previous.error();
  const DocumentServer* found = find_server(previous->servers, server_id);
  if (found == nullptr) return no_such_server(id_, server_id);
  std::vector<DocumentServer> all = previous->servers;
  DocumentServer& server = all[static_cast<std::size_t>(found - previous->servers.data())];

  for (const KeyValue& one : values) {
    if (one.value && !is_utf8(one.value->reveal()))
      return Error{ErrorKind::data, printable(one.key, 100) + " is not UTF-8; nothing was changed",
                   "a stored list can have UTF-8 only"};
  }
  const Secret text(edit_text(values));
  Change change{read_edit("key=value", text.reveal(), previous->servers, found->server_id), false};
  if (!change.reading.valid()) return change;
  DocumentServer& edited = change.reading.servers.front();
  if (!same_word(edited.server_id, server.server_id) && holds_sealed(edited)) {
    return Error{ErrorKind::data,
                 "a sealed secret belongs to its serverId and cannot go along to another one",
                 "give the secret anew in the same edit"};
  }
  server = edited;
  if (const auto id = id_used_twice(all)) return id_in_use(id_, *id, "choose another serverId");
  return finish(*lock, change, all, *previous);
}

Result<Change> StoredList::put(const NamedText& document, const std::string& server_id,
                               const StoredState* only_if) {
  if (const auto wrong = wrong_with_server_id(server_id))
    return Error{ErrorKind::usage, "a serverId " + *wrong, ""};
  // As set(): judged before the lock makes directories, and again under it.
  auto before = store_.read(id_);
  if (!before) return before.error();
  Change change{read_replacement(document.name, document.text.reveal(), std::nullopt,
                                 read_previous(*before).servers, server_id),
                false};
  wipe(before);
  if (!change.reading.valid()) return change;

  const auto lock = store_.lock();
  if (!lock) return lock.error();
  auto now = store_.read(id_);
  if (!now) return now.error();
  const auto same = check_unchanged(*now, only_if);
  wipe(now);
  if (!same) return same.error();
  const auto previous = read_if_any();
  if (!previous) return previous.error();
  const DocumentServer* const old = find_server(previous->servers, server_id);
  change.reading = read_replacement(document.name, document.text.reveal(), std::nullopt,
                                    previous->servers, old == nullptr ? server_id : old->server_id);
  if (!change.reading.valid()) return change;
  std::vector<DocumentServer> all = previous->servers;
  if (old == nullptr) {
    all.push_back(change.reading.servers.front());
  } else {
    all[static_cast<std::size_t>(old - previous->servers.data())] = change.reading.servers.front();
  }
  return finish(*lock, change, all, *previous);
}

Result<Change> StoredList::merge(const NamedText& document,
                                 const std::optional<std::string>& component,
                                 const std::optional<std::string>& server_id) {
  if (const auto there = text(); !there) return there.error();
  const auto lock = store_.lock();
  if (!lock) return lock.error();
  const auto previous = read();
  if (!previous) return previous.error();
  const std::vector<DocumentServer>& there_now = previous->servers;
  // The id finds the server; it does not change its letter case.
  std::optional<std::string> stored_id;
  if (server_id) {
    const DocumentServer* const found = find_server(there_now, *server_id);
    if (found == nullptr) return no_such_server(id_, *server_id);
    stored_id = found->server_id;
  }
  Change change{read_merge(document.name, document.text.reveal(), component, there_now, stored_id),
                false};
  if (!change.reading.valid()) return change;
  std::vector<DocumentServer> all = previous->servers;
  const ServersById by_id(there_now);
  for (const DocumentServer& changed : change.reading.servers)
    all[static_cast<std::size_t>(by_id.find(changed.server_id) - there_now.data())] = changed;
  return finish(*lock, change, all, *previous);
}

Result<Comparison> StoredList::compare(const NamedText& document,
                                       const std::optional<std::string>& component) const {
  const auto stored = servers();
  if (!stored) return stored.error();
  Comparison result{read_replacement(document.name, document.text.reveal(), component, *stored),
                    {}};
  if (!result.reading.valid()) return result;
  auto known = recognise_secrets(result.reading.servers, *stored, id_, keys_);
  if (!known) return known.error();
  result.difference = list_difference(*stored, result.reading.servers);
  return result;
}

Result<Done> StoredList::remove(const std::optional<std::string>& server_id) {
  if (const auto there = text(); !there) return there.error();
  const auto lock = store_.lock();
  if (!lock) return lock.error();
  if (!server_id) {
    const auto removed = store_.remove(*lock, id_);
    if (!removed) return removed.error();
    if (!*removed) return nothing_stored(store_, id_);
    return Done{};
  }
  auto list = read();
  if (!list) return list.error();
  const DocumentServer* server = find_server(list->servers, *server_id);
  if (server == nullptr) return no_such_server(id_, *server_id);
  if (list->servers.size() == 1) {
    return Error{ErrorKind::data, "the only server cannot be removed: a list needs at least one",
                 "remove without --server-id removes the list"};
  }
  const std::vector<DocumentServer> previous = list->servers;
  list->servers.erase(list->servers.begin() + (server - list->servers.data()));
  const auto written =
      write(*lock, list->servers, list->client.value_or(DataSourceClient{}), previous);
  if (!written) return written.error();
  return Done{};
}

Result<bool> StoredList::protect() {
  if (const auto there = text(); !there) return there.error();
  const auto lock = store_.lock();
  if (!lock) return lock.error();
  auto list = read();
  if (!list) return list.error();
  const std::vector<DocumentServer> previous = list->servers;
  return write(*lock, list->servers, list->client.value_or(DataSourceClient{}), previous);
}

Result<Done> rekey(const ComponentStore& store, KeyChain& keys) {
  const auto lock = store.lock();
  if (!lock) return lock.error();
  const auto ids = store.list();
  if (!ids) return ids.error();
  const auto old = keys.to_open();
  if (!old) return old.error();
  auto fresh = SealingKey::random();
  if (!fresh) return fresh.error();
  std::vector<std::pair<std::string, Secret>> documents;
  for (const std::string& id : *ids) {
    StoredList list(store, id, keys);
    auto reading = list.read();
    if (!reading) return reading.error();
    std::vector<DocumentServer>& servers = reading->servers;
    if (auto done = reseal_secrets(servers, id, **old, *fresh); !done) {
      const Error& error = done.error();
      return Error{error.kind, shown_path_of(store, id) + ": " + error.message, error.hint};
    }
    if (auto made = make_server_ids(servers); !made) return made.error();
    documents.emplace_back(
        id, Secret(write_stored(servers, reading->client.value_or(DataSourceClient{}))));
  }
  // First both keys, then the documents one by one, then the new key alone.
  std::vector<SealingKey> both{*fresh};
  both.insert(both.end(), (*old)->keys().begin(), (*old)->keys().end());
  if (auto done = keys.replace(Keyring(std::move(both))); !done) return done.error();
  for (const auto& [id, text] : documents) {
    const auto written = store.write(*lock, id, text.reveal());
    if (!written) return written.error();
  }
  return keys.replace(Keyring({*fresh}));
}

}  // namespace mqfail
