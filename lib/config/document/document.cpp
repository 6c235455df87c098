// SPDX-License-Identifier: Apache-2.0
#include "config/document/document.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/counted.hpp"
#include "base/large_pages.hpp"
#include "base/text.hpp"
#include "config/document/dialect.hpp"
#include "config/document/document_form.hpp"
#include "config/document/json_reader.hpp"
#include "config/document/server_ids.hpp"

namespace mqfail {
namespace {

// What a document that is about to be stored means for what is stored.
struct Storing {
  const std::vector<DocumentServer>* previous = nullptr;  // null: it is not to be stored
  std::optional<std::string> server_id;  // of the one server that the document names
  bool merge = false;                    // absent keys stay as they are
  bool rename = false;                   // it may get another serverId
};

// The items of a document as a list of servers that agree with each other and with what is stored.
class ListReader {
 public:
  ListReader(const Storing& storing, std::vector<Problem>& problems)
      : storing_(storing), problems_(problems) {
    if (storing.merge) stored_.emplace(*storing.previous);
  }

  std::vector<DocumentServer> read(const std::vector<FoundItem>& items) {
    reserve_large(servers_, items.size());
    for (const FoundItem& item : items) {
      if (errors() < kMostProblems) {
        read(item);
      } else {
        fail(item.value->offset, std::string(kTooManyErrors));
        break;
      }
    }
    check_ids();
    check_endpoints();
    if (storing_.previous != nullptr) keep_previous();
    return std::move(servers_);
  }

 private:
  void read(const FoundItem& item) {
    const Purpose purpose = storing_.previous == nullptr ? Purpose::use : Purpose::store;
    const DocumentServer* base = nullptr;
    if (storing_.merge) {
      base = meant_by(item);
      if (base == nullptr) return;
    }
    servers_.push_back(read_item(*item.value, item.pointer, item.facet, purpose, problems_, base));
    bases_.push_back(base);
    if (storing_.server_id) check_the_one(item);
  }

  static const JsonValue* id_of(const FoundItem& item) {
    const JsonValue* const id = find_member(*item.value, "serverId");
    return id != nullptr && id->kind == JsonValue::Kind::string ? id : nullptr;
  }

  // The stored server that an item changes; null, and an error, if there is none.
  const DocumentServer* meant_by(const FoundItem& item) {
    const JsonValue* const given = id_of(item);
    if (given == nullptr && !storing_.server_id) {
      fail(item.value->offset,
           item.pointer + "/serverId: required, for it says which server is meant");
      return nullptr;
    }
    const std::string_view id =
        storing_.server_id ? std::string_view(*storing_.server_id) : given->text;
    const DocumentServer* const found = stored_->find(id);
    if (found == nullptr)
      fail(given != nullptr ? given->offset : item.value->offset,
           item.pointer + "/serverId: no server \"" + printable(id, 100) + "\" is stored");
    return found;
  }

  void check_the_one(const FoundItem& item) {
    if (servers_.size() > 1)
      fail(item.value->offset, item.pointer + ": one server is expected, not several");
    const std::string& id = *storing_.server_id;
    const JsonValue* const given = id_of(item);
    if (given != nullptr && storing_.rename) return;
    if (given != nullptr && !same_word(given->text, id)) {
      fail(given->offset, item.pointer + "/serverId: \"" + printable(given->text, 100) +
                              "\" is not the server that is meant, \"" + printable(id, 100) + "\"");
    }
    servers_.back().server_id = id;
  }

  // The ids of servers that were there already, and the secrets behind asterisks.
  void keep_previous() {
    adopt_server_ids(servers_, *storing_.previous);
    const ServersById stored(*storing_.previous);
    const DocumentServer none;
    for (std::size_t i = 0; i < servers_.size(); ++i) {
      DocumentServer& server = servers_[i];
      const DocumentServer* const old =
          bases_[i] != nullptr ? bases_[i] : stored.find(server.server_id);
      const std::string_view parted =
          old == nullptr ? std::string_view() : parts_secret(*old, server);
      keep_secret(server.password, (old == nullptr ? none : *old).password, parted);
      keep_secret(server.certificate_password, (old == nullptr ? none : *old).certificate_password,
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
      const std::string key = endpoint_key(server) + server.path + "?" + server.query;
      const auto [place, fresh] = seen.emplace(key, i);
      if (!fresh)
        warn(server.offset, "servers " + std::to_string(place->second) + " and " +
                                std::to_string(i) + " are the same host and port");
    }
  }

  // Looks only at problems that came since the last time.
  std::size_t errors() {
    for (; seen_ < problems_.size(); ++seen_) {
      if (problems_[seen_].severity == Severity::error) ++errors_;
    }
    return errors_;
  }

  void fail(std::size_t offset, std::string message) {
    problems_.push_back({offset, Severity::error, std::move(message)});
  }
  void warn(std::size_t offset, std::string message) {
    problems_.push_back({offset, Severity::warning, std::move(message)});
  }

  const Storing& storing_;
  std::optional<ServersById> stored_;  // what is to be merged with
  std::vector<Problem>& problems_;
  std::vector<DocumentServer> servers_;
  std::vector<const DocumentServer*> bases_;  // of each server, the stored one it is merged into
  std::size_t seen_ = 0, errors_ = 0;
};

// The first problems of a kind, and how many more there are.
void bound(std::vector<Problem>& problems, Severity severity) {
  std::size_t count = 0;
  Problem more{0, severity, ""};
  std::erase_if(problems, [&](const Problem& one) {
    if (one.severity != severity || one.message == kTooManyErrors) return false;
    if (++count <= kMostProblems) return false;
    if (count == kMostProblems + 1) more.offset = one.offset;
    return true;
  });
  if (count <= kMostProblems) return;
  more.message = "and " + counted(count - kMostProblems,
                                  severity == Severity::error ? "more error" : "more warning");
  problems.push_back(std::move(more));
}

DocumentReading read_for(const Storing& storing, const std::string& name, const std::string& text,
                         const std::optional<std::string>& component,
                         std::size_t most_servers = SIZE_MAX) {
  JsonReading raw = read_json(text);
  std::vector<Problem>& problems = raw.problems;
  const bool broken = !problems.empty();
  DocumentReading reading;
  DocumentForm form = find_items(raw.tree.top_level(), component, problems);
  if (const auto& source = form.data_source)
    reading.client = read_client(*source->value, source->pointer, problems);
  reading.components = std::move(form.components);
  if (form.items.size() > most_servers) {
    problems.push_back({form.items[most_servers].value->offset, Severity::error,
                        "more than " + std::to_string(most_servers) + " servers"});
    form.items.clear();
  }
  reading.servers = ListReader(storing, problems).read(form.items);
  const bool failed = std::any_of(problems.begin(), problems.end(),
                                  [](const Problem& p) { return p.severity == Severity::error; });
  if (failed) reading.servers.clear();
  bound(problems, Severity::error);
  bound(problems, Severity::warning);
  if (!problems.empty()) {
    reading.reports =
        DocumentText(name, text, find_secrets(text), broken).reports(std::move(problems));
  }
  return reading;
}

}  // namespace

DocumentReading read_document(const std::string& name, const std::string& text,
                              const std::optional<std::string>& component,
                              std::size_t most_servers) {
  return read_for({}, name, text, component, most_servers);
}

DocumentReading read_replacement(const std::string& name, const std::string& text,
                                 const std::optional<std::string>& component,
                                 const std::vector<DocumentServer>& previous,
                                 const std::optional<std::string>& server_id) {
  return read_for({&previous, server_id}, name, text, component);
}

DocumentReading read_merge(const std::string& name, const std::string& text,
                           const std::optional<std::string>& component,
                           const std::vector<DocumentServer>& previous,
                           const std::optional<std::string>& server_id) {
  return read_for({&previous, server_id, true}, name, text, component);
}

DocumentReading read_edit(const std::string& name, const std::string& text,
                          const std::vector<DocumentServer>& previous,
                          const std::string& server_id) {
  return read_for({&previous, server_id, true, true}, name, text, std::nullopt);
}

std::size_t count_errors(const DocumentReading& reading) {
  return static_cast<std::size_t>(
      std::count_if(reading.reports.begin(), reading.reports.end(),
                    [](const Report& report) { return report.severity == Severity::error; }));
}

Error document_error(const std::string& name, const DocumentReading& reading) {
  std::string lines;
  for (const Report& report : reading.reports) {
    if (report.severity == Severity::error) lines += "\n" + report.headline + "\n" + report.excerpt;
  }
  return {ErrorKind::data, name + " has " + counted(count_errors(reading), "error") + lines, ""};
}

}  // namespace mqfail
