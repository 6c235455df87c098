// SPDX-License-Identifier: Apache-2.0
#include "config/document/document.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

#include "base/large_pages.hpp"
#include "base/text.hpp"
#include "config/document/dialect.hpp"
#include "config/document/json_reader.hpp"
#include "config/document/json_tree.hpp"

namespace mqfail {
namespace {

using Kind = JsonValue::Kind;

// What a document that shall be stored means for what is stored.
struct Storing {
  const std::vector<DocumentServer>* previous = nullptr;  // null: it shall not be stored
  const std::optional<std::string>* server_id = nullptr;  // of the one server that is meant
  bool merge = false;                                     // absent keys stay as they are
  bool rename = false;                                    // it may get another serverId
};

// A stored server as an item of its own, so that keys can be taken from it one by one. Whatever is
// wrong with them is wrong at `offset`, the item that is merged into it.
class StoredItem {
 public:
  StoredItem(const DocumentServer& server, std::size_t offset)
      : text_(item_text(server)), reading_(read_json(text_.reveal())) {
    for (JsonValue& value : reading_.tree.values)
      value.offset = value.key_offset = static_cast<std::uint32_t>(offset);
  }
  const JsonValue& item() const { return reading_.tree.values.front(); }

 private:
  static Secret item_text(const DocumentServer& server) {
    std::string text;
    for (const auto& [key, value] : base_members(server))
      text.append(text.empty() ? "{\"" : ",\"").append(key).append("\":").append(value);
    return Secret(text + "}");
  }
  Secret text_;
  JsonReading reading_;
};

// The list inside whatever it is wrapped in.
class DocumentReader {
 public:
  DocumentReader(JsonChildren values, const std::optional<std::string>& component,
                 const Storing& storing, std::vector<Problem>& problems)
      : values_(values), component_(component), storing_(storing), problems_(problems) {}

  std::vector<DocumentServer> read() {
    const JsonValue* first = values_.empty() ? nullptr : &*values_.begin();
    if (first == nullptr) {
      if (problems_.empty()) fail(0, "RedundantServers: at least one server is required");
    } else if (values_.count() > 1) {
      read_several();
    } else if (first->kind == Kind::array) {
      read_array(*first, "");
    } else {
      read_object(*first);
    }
    check_ids();
    check_endpoints();
    if (storing_.previous != nullptr) keep_previous();
    return std::move(servers_);
  }
  const std::optional<DataSourceClient>& client() const { return client_; }
  std::vector<std::string>& components() { return components_; }

 private:
  void read_several() {
    std::size_t i = 0;
    for (const JsonValue& tree : values_) {
      const std::string pointer = "/" + std::to_string(i++);
      if (tree.kind == Kind::array) {
        fail(tree.offset, pointer + ": a list beside something else; write one list");
      } else if (find(tree, "RedundantServers") != nullptr || find(tree, "DataSource") != nullptr) {
        fail(tree.offset, pointer + ": a wrapper beside something else; it must stand alone");
      } else {
        item(tree, pointer);
      }
    }
  }

  void read_array(const JsonValue& array, const std::string& pointer) {
    const JsonChildren elements = array.children();
    if (elements.empty() && !array.lost_members && servers_.empty()) {
      fail(array.offset, (pointer.empty() ? "" : pointer + ": ") +
                             "RedundantServers: at least one server is required");
    }
    reserve_large(servers_, servers_.size() + elements.count());
    std::size_t i = 0;
    for (const JsonValue& element : elements) item(element, pointer + "/" + std::to_string(i++));
  }

  void read_object(const JsonValue& object) {
    const JsonChildren members = object.children();
    const auto has_item_key = std::any_of(
        members.begin(), members.end(), [](const JsonValue& m) { return is_document_key(m.key); });
    if (find(object, "RedundantServers") != nullptr || find(object, "DataSource") != nullptr) {
      read_facets(object, "");
    } else if (!has_item_key && !members.empty() && all_structures(object)) {
      read_components(object);
    } else {
      item(object, "");
    }
  }

  static bool all_structures(const JsonValue& object) {
    const JsonChildren members = object.children();
    return std::all_of(members.begin(), members.end(), [](const JsonValue& m) {
      return m.kind == Kind::object || m.kind == Kind::array;
    });
  }

  // {"MQTT1": {"DataSource": {…}, "RedundantServers": […]}, "System": {…}}
  void read_components(const JsonValue& object) {
    const JsonValue* chosen = nullptr;
    std::string names;
    std::size_t count = 0;
    bool by_name = false;
    for (const JsonValue& member : object.children()) {
      const bool list =
          member.kind == Kind::object &&
          (find(member, "RedundantServers") != nullptr || find(member, "DataSource") != nullptr);
      if (!list) continue;
      names += (count++ == 0 ? "" : ", ") + printable(member.key, 64);
      components_.emplace_back(member.key);
      if (by_name) continue;
      by_name = component_ && same_word(*component_, member.key);
      if (chosen == nullptr || by_name) chosen = &member;
    }
    if (chosen == nullptr) return no_list(object);
    if (count > 1 && !by_name) {
      fail(object.offset, component_
                              ? "there is no " + printable(*component_, 64) + "; there are " + names
                              : "several components (" + names + "); name one with --component");
      return;
    }
    if (component_ && !by_name) {
      warn(chosen->key_offset, "/" + pointer_token(chosen->key) + ": written for component " +
                                   printable(chosen->key, 64) + ", taken for " +
                                   printable(*component_, 64));
    }
    for (const JsonValue& member : object.children()) {
      if (&member != chosen)
        warn(member.key_offset,
             "/" + pointer_token(member.key) + ": not the list of servers; it is ignored");
    }
    read_facets(*chosen, "/" + pointer_token(chosen->key));
  }

  void no_list(const JsonValue& object) {
    constexpr std::array<std::string_view, 2> kFacets = {"RedundantServers", "DataSource"};
    for (const JsonValue& member : object.children()) {
      const auto meant = nearest(member.key, kFacets);
      if (meant)
        return fail(member.key_offset, "/" + pointer_token(member.key) + ": unknown key \"" +
                                           printable(member.key, 64) + "\"; did you mean \"" +
                                           *meant + "\"?");
    }
    if (!object.lost_members) fail(object.offset, "there is no RedundantServers in this object");
  }

  // {"DataSource": {…}, "RedundantServers": […]}: DataSource is server 0.
  void read_facets(const JsonValue& object, const std::string& pointer) {
    const JsonValue* source = find(object, "DataSource");
    const JsonValue* list = find(object, "RedundantServers");
    for (const JsonValue& member : object.children()) {
      if (&member == source || &member == list) continue;
      const std::string at = pointer + "/" + pointer_token(member.key);
      const bool again =
          same_word(member.key, "DataSource") || same_word(member.key, "RedundantServers");
      if (again) {
        fail(member.key_offset, at + ": given twice");
      } else if (member.kind == Kind::object || member.kind == Kind::array) {
        warn(member.key_offset, at + ": not the list of servers; it is ignored");
      } else {
        fail(member.key_offset,
             at + ": unknown key \"" + printable(member.key, 64) + "\" beside the list of servers");
      }
    }
    if (source != nullptr && source->kind != Kind::null) {
      const std::string at = pointer + "/" + pointer_token(source->key);
      item(*source, at, Facet::data_source);
      read_client(*source, at);
    }
    if (list == nullptr || list->kind == Kind::damaged) return;
    const std::string at = pointer + "/" + pointer_token(list->key);
    if (list->kind == Kind::array) {
      read_array(*list, at);
    } else if (list->kind != Kind::null || servers_.empty()) {
      fail(list->offset, at + ": must be an array, not " + std::string(kind_name(list->kind)));
    }
  }

  // What the adapter's DataSource has beyond a server and a client of ours can use.
  void read_client(const JsonValue& source, const std::string& pointer) {
    constexpr std::string_view kFate = "; a list of servers alone has no place for it";
    DataSourceClient& client = client_.emplace();
    const auto text = [&](std::string_view key) -> const JsonValue* {
      const JsonValue* value = find(source, key);
      if (value == nullptr || value->kind == Kind::null || value->kind == Kind::damaged)
        return nullptr;
      if (value->kind == Kind::string) return value->text.empty() ? nullptr : value;
      fail(value->offset, pointer + "/" + pointer_token(value->key) + ": must be a string, not " +
                              std::string(kind_name(value->kind)));
      return nullptr;
    };
    const auto told = [&](const JsonValue& value, std::string_view what) {
      warn(value.offset, pointer + "/" + pointer_token(value.key) + ": " + std::string(what));
    };
    if (const JsonValue* id = text("clientId")) {
      client.client_id = std::string(id->text);
      told(*id, "the default of -i" + std::string(kFate));
    }
    if (const JsonValue* version = text("mqttVersion")) {
      const auto* const found =
          std::find(kVersionWords.begin(), kVersionWords.end(), version->text);
      if (found == kVersionWords.end()) {
        const auto meant = nearest(version->text, kVersionWords);
        fail(version->offset, pointer + "/" + pointer_token(version->key) + ": \"" +
                                  printable(version->text, 40) +
                                  "\" is not one of 3.1.0, 3.1.1, 5.0.0" +
                                  (meant ? "; did you mean \"" + *meant + "\"?" : ""));
      } else {
        client.protocol = kVersions[static_cast<std::size_t>(found - kVersionWords.begin())];
        told(*version, "the default of -V" + std::string(kFate));
      }
    }
    if (const JsonValue* host = text("primaryHostId"))
      told(*host, "no command waits for a primary host; it is ignored");
  }

  void item(const JsonValue& value, const std::string& pointer,
            Facet facet = Facet::redundant_servers) {
    if (value.kind == Kind::damaged) return;
    if (value.kind != Kind::object) {
      fail(value.offset,
           pointer + ": a server must be an object, not " + std::string(kind_name(value.kind)));
      return;
    }
    const Purpose purpose = storing_.previous == nullptr ? Purpose::use : Purpose::store;
    std::optional<StoredItem> stored;
    const DocumentServer* base = nullptr;
    if (storing_.merge && storing_.previous != nullptr) {
      base = meant_by(value, pointer, *storing_.previous);
      if (base == nullptr) return;
      stored.emplace(*base, value.offset);
    }
    servers_.push_back(read_document_server(value, pointer, facet, purpose, problems_,
                                            stored ? &stored->item() : nullptr));
    bases_.push_back(base);
    if (wants_one()) check_the_one(value, pointer);
  }

  bool wants_one() const {
    return storing_.server_id != nullptr && storing_.server_id->has_value();
  }

  // The stored server that an item changes; null, and an error, if there is none.
  const DocumentServer* meant_by(const JsonValue& value, const std::string& pointer,
                                 const std::vector<DocumentServer>& previous) {
    const JsonValue* const given = find(value, "serverId");
    const bool named = given != nullptr && given->kind == Kind::string;
    if (!named && !wants_one()) {
      fail(value.offset, pointer + "/serverId: required, for it says which server is meant");
      return nullptr;
    }
    std::string_view id = wants_one() ? std::string_view(**storing_.server_id) : std::string_view();
    if (!wants_one() && given != nullptr) id = given->text;
    for (const DocumentServer& server : previous) {
      if (same_word(server.server_id, id)) return &server;
    }
    fail(named ? given->offset : value.offset,
         pointer + "/serverId: no server \"" + printable(id, 100) + "\" is stored");
    return nullptr;
  }

  void check_the_one(const JsonValue& value, const std::string& pointer) {
    if (servers_.size() > 1) fail(value.offset, pointer + ": one server is expected, not several");
    DocumentServer& server = servers_.back();
    const std::string& id = **storing_.server_id;
    const JsonValue* const given = find(value, "serverId");
    const bool named = given != nullptr && given->kind == Kind::string;
    if (named && storing_.rename) return;
    if (named && !same_word(given->text, id)) {
      fail(given->offset, pointer + "/serverId: \"" + printable(given->text, 100) +
                              "\" is not the server that is meant, \"" + printable(id, 100) + "\"");
    }
    server.server_id = id;
  }

  // The ids of servers that were there already, and the secrets behind asterisks.
  void keep_previous() {
    const std::vector<DocumentServer>& previous = *storing_.previous;
    adopt_server_ids(servers_, previous);
    std::unordered_map<std::string, const DocumentServer*> stored;
    for (const DocumentServer& server : previous) stored[lower_case(server.server_id)] = &server;
    for (std::size_t i = 0; i < servers_.size(); ++i) {
      DocumentServer& server = servers_[i];
      const auto found = stored.find(lower_case(server.server_id));
      const DocumentServer* old = found == stored.end() ? nullptr : found->second;
      if (bases_[i] != nullptr) old = bases_[i];
      const std::string_view parted =
          old == nullptr ? std::string_view() : parts_secret(*old, server);
      const std::optional<DocumentSecret> none;
      keep_secret(server.password, old == nullptr ? none : old->password, parted);
      keep_secret(server.certificate_password, old == nullptr ? none : old->certificate_password,
                  parted);
    }
  }

  // `parted`: the key whose change makes the server another one than the secret was stored for.
  void keep_secret(std::optional<DocumentSecret>& secret,
                   const std::optional<DocumentSecret>& stored, std::string_view parted) {
    using Form = DocumentSecret::Form;
    if (!secret) return;
    const bool masked = secret->form == Form::mask;
    if (masked && !stored)
      return fail(secret->offset, secret->pointer + ": " + std::string(kNothingStored));
    const bool same_sealed = stored && secret->form == Form::sealed && secret->text == stored->text;
    if (!parted.empty() && (masked || secret->is_kept || same_sealed)) {
      fail(secret->offset, secret->pointer +
                               ": the stored secret stays with the server it was stored for, and " +
                               std::string(parted) +
                               " makes this another one; give the secret again in the same change");
    }
    if (masked) secret = *stored;
  }

  void check_ids() {
    std::unordered_map<std::string, std::size_t> seen;
    for (std::size_t i = 0; i < servers_.size(); ++i) {
      const DocumentServer& server = servers_[i];
      if (server.server_id.empty()) continue;
      const auto [place, fresh] = seen.emplace(lower_case(server.server_id), i);
      if (fresh) continue;
      fail(server.id_offset, "serverId \"" + printable(server.server_id, 100) +
                                 "\" is used by servers " + std::to_string(place->second) +
                                 " and " + std::to_string(i));
    }
  }

  void check_endpoints() {
    std::unordered_map<std::string, std::size_t> seen;
    for (std::size_t i = 0; i < servers_.size(); ++i) {
      const DocumentServer& server = servers_[i];
      if (server.host.empty()) continue;
      const std::string key =
          lower_case(server.host) + " " + std::to_string(server.port.value_or(0)) +
          (server.web_socket ? " ws" : " tcp") + server.path + "?" + server.query;
      const auto [place, fresh] = seen.emplace(key, i);
      if (!fresh)
        warn(server.offset, "servers " + std::to_string(place->second) + " and " +
                                std::to_string(i) + " are the same host and port");
    }
  }

  static const JsonValue* find(const JsonValue& object, std::string_view key) {
    for (const JsonValue& member : object.children()) {
      if (same_word(member.key, key)) return &member;
    }
    return nullptr;
  }

  void fail(std::size_t offset, std::string message) {
    problems_.push_back({offset, Severity::error, std::move(message)});
  }
  void warn(std::size_t offset, std::string message) {
    problems_.push_back({offset, Severity::warning, std::move(message)});
  }

  JsonChildren values_;
  const std::optional<std::string>& component_;
  const Storing& storing_;
  std::vector<Problem>& problems_;
  std::vector<DocumentServer> servers_;
  std::vector<const DocumentServer*> bases_;  // of each server, the stored one it is merged into
  std::optional<DataSourceClient> client_;
  std::vector<std::string> components_;
};

DocumentReading read_for(const Storing& storing, const std::string& name, const std::string& text,
                         const std::optional<std::string>& component) {
  JsonReading raw = read_json(text);
  const bool broken = !raw.problems.empty();
  DocumentReading reading;
  DocumentReader reader(raw.tree.top_level(), component, storing, raw.problems);
  reading.servers = reader.read();
  reading.client = reader.client();
  reading.components = std::move(reader.components());
  const bool failed = std::any_of(raw.problems.begin(), raw.problems.end(),
                                  [](const Problem& p) { return p.severity == Severity::error; });
  if (failed) reading.servers.clear();
  if (!raw.problems.empty()) {
    reading.reports =
        DocumentText(name, text, find_secrets(text), broken).reports(std::move(raw.problems));
  }
  return reading;
}

}  // namespace

DocumentReading read_document(const std::string& name, const std::string& text,
                              const std::optional<std::string>& component) {
  return read_for({}, name, text, component);
}

DocumentReading read_replacement(const std::string& name, const std::string& text,
                                 const std::optional<std::string>& component,
                                 const std::vector<DocumentServer>& previous,
                                 const std::optional<std::string>& server_id) {
  return read_for({&previous, &server_id}, name, text, component);
}

DocumentReading read_merge(const std::string& name, const std::string& text,
                           const std::optional<std::string>& component,
                           const std::vector<DocumentServer>& previous,
                           const std::optional<std::string>& server_id) {
  return read_for({&previous, &server_id, true}, name, text, component);
}

DocumentReading read_edit(const std::string& name, const std::string& text,
                          const std::vector<DocumentServer>& previous,
                          const std::string& server_id) {
  const std::optional<std::string> id = server_id;
  const std::optional<std::string> no_component;
  return read_for({&previous, &id, true, true}, name, text, no_component);
}

Error document_error(const std::string& name, const DocumentReading& reading) {
  std::string lines;
  std::size_t errors = 0;
  for (const Report& report : reading.reports) {
    if (report.severity != Severity::error) continue;
    ++errors;
    lines += "\n" + report.headline + "\n" + report.excerpt;
  }
  return {ErrorKind::data,
          name + " has " + std::to_string(errors) + (errors == 1 ? " error" : " errors") + lines,
          ""};
}

}  // namespace mqfail
