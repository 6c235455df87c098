// SPDX-License-Identifier: Apache-2.0
// What can be done with the stored list of a component; the verbs of mqfail-config and its REST
// endpoint both use it. Rule: a change is read, judged, sealed and written under one lock, all of
// it or nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "config/document/document.hpp"
#include "config/secrets/key_file.hpp"
#include "config/store/store.hpp"

namespace mqfail {

/// A document and how reports call it. May hold passwords.
struct NamedText {
  std::string name;
  Secret text;
};

/// The result of a change. If the document is not valid, nothing was changed.
struct Change {
  DocumentReading reading;
  bool written = false;  ///< false also: the same was stored already
};

/// A key of a server and its new value; no value stands for the default.
struct KeyValue {
  std::string key;
  std::optional<Secret> value;
};

/// The stored text at one moment; empty: nothing was stored.
struct StoredState {
  std::optional<Secret> text;
};

struct Comparison {
  DocumentReading reading;
  std::string difference;  ///< list_difference(); empty: the same
};

/// Which references {{NAME}} a change may have.
enum class References {
  any,
  stored  ///< those that the same server and endpoint has already
};

class StoredList {
 public:
  /// Borrows the store and the keys. `id` is checked by every call (usage). A change with other
  /// references than `references` allows is an error (usage).
  StoredList(const ComponentStore& store, std::string id, KeyChain& keys,
             References references = References::any)
      : store_(store), id_(std::move(id)), keys_(keys), references_(references) {}

  /// The stored text. Errors: no_input, if nothing is stored.
  Result<NamedText> text() const;
  /// The stored list, secrets as they are stored. Errors: as text(); data, with every error of the
  /// document.
  Result<std::vector<DocumentServer>> servers() const;
  /// The same with the client of a stored DataSource.
  Result<DocumentReading> read() const;

  /// For set() and put(). Errors: those of the store.
  Result<StoredState> state() const;

  /// Replaces the list, and the client if the document has a DataSource. `component`: as for
  /// read_document(). `only_if`: what is stored must still be this. Errors: those of the store and
  /// of the key; temporary, if something else is stored now.
  Result<Change> set(const NamedText& document, const std::optional<std::string>& component,
                     const StoredState* only_if = nullptr);
  /// Appends the document's servers; a list that is not there begins with them. Errors: as set();
  /// data, if an id is in use.
  Result<Change> add(const NamedText& document, const std::optional<std::string>& component);
  /// Gives keys of one server new values, all of them or none; a value that is absent is the
  /// default. Reports call the keys `key=value`. Errors: as set(); no_input, if it is not there;
  /// data, if the new id is in use or would part a sealed secret from the old one.
  Result<Change> edit(const std::string& server_id, const std::vector<KeyValue>& values);
  /// Puts the one server of the document in the place of the one with this id, or behind all
  /// others. `only_if` and errors: as set(); usage, for an id that no server can have.
  Result<Change> put(const NamedText& document, const std::string& server_id,
                     const StoredState* only_if = nullptr);
  /// Gives servers new values for those keys that the document has, all of them or none;
  /// `server_id` and the rest: as for read_merge(). Errors: as set(); no_input, if the list or that
  /// server is not there.
  Result<Change> merge(const NamedText& document, const std::optional<std::string>& component,
                       const std::optional<std::string>& server_id = std::nullopt);
  /// How the document differs from what is stored; writes nothing, not even a key. Errors: as
  /// servers().
  Result<Comparison> compare(const NamedText& document,
                             const std::optional<std::string>& component) const;
  /// Removes one server, or the whole list. Errors also: no_input, if it is not there; data, if it
  /// is the only one.
  Result<Done> remove(const std::optional<std::string>& server_id);
  /// Seals what stands there in plain text. False: nothing did.
  Result<bool> protect();

 private:
  Result<bool> write(const StoreLock& lock, std::vector<DocumentServer>& servers,
                     const DataSourceClient& client, const std::vector<DocumentServer>& previous);
  Result<Change> finish(const StoreLock& lock, Change& change, std::vector<DocumentServer>& servers,
                        const DocumentReading& previous);
  Result<DocumentReading> read_if_any() const;
  const ComponentStore& store_;
  std::string id_;
  KeyChain& keys_;
  References references_;
};

/// Makes a new key and seals every secret of the store with it. If it is interrupted, the key file
/// still opens everything, and running it again completes it. Errors: those of the
/// store, of the key and of the documents; the old key is then kept for opening.
Result<Done> rekey(const ComponentStore& store, KeyChain& keys);

/// No document is stored for `id`; says so if one is that differs in letter case only.
Error nothing_stored(const ComponentStore& store, const std::string& id);
Error no_such_server(std::string_view component, std::string_view id);

}  // namespace mqfail
