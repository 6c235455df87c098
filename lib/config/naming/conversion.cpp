// SPDX-License-Identifier: Apache-2.0
#include "config/naming/conversion.hpp"

#include <utility>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "config/document/document_writer.hpp"
#include "config/naming/shell_words.hpp"
#include "config/store/secret_references.hpp"

namespace mqfail {
namespace {

using Form = DocumentSecret::Form;

constexpr std::string_view kPlain = "its password stands in plain text and would be shown";
constexpr std::string_view kPlainHint =
    "store the list with mqfail-config set and convert --component ID, or write the password as "
    "a reference {{NAME}}";

// Every obstacle of a list, told at once.
class Obstacles {
 public:
  void add(const std::string& server, std::string_view why) {
    lines_ += "\n  " + server + ": " + std::string(why);
    ++count_;
  }
  void hint(std::string_view text) { hint_ = text; }
  Result<Done> result() const {
    if (count_ == 0) return Done{};
    return Error{ErrorKind::data,
                 "the list cannot be converted:" + lines_ + (hint_.empty() ? "" : "\n" + hint_),
                 ""};
  }

 private:
  std::string lines_;
  std::string hint_;
  std::size_t count_ = 0;
};

std::string called(const DocumentServer& server, std::size_t place) {
  if (!server.server_id.empty()) return printable(server.server_id, 100);
  return "server " + std::to_string(place) + " (" + printable(server.host, 100) + ")";
}

bool holds_nul(const DocumentServer& server) {
  const auto nul = [](const std::string& text) { return text.find('\0') != std::string::npos; };
  return nul(server.user_name.value_or("")) || nul(server.path) ||
         (server.password && nul(server.password->text.reveal())) ||
         (server.certificate_password && nul(server.certificate_password->text.reveal()));
}

bool is_plain(const std::optional<DocumentSecret>& secret) {
  return secret && secret->form == Form::plain;
}
bool is_sealed_form(const std::optional<DocumentSecret>& secret) {
  return secret && secret->form == Form::sealed;
}

void take_references(const DocumentServer& server, const std::string& component,
                     ServerDraft& draft) {
  if (is_sealed_form(server.password) || is_sealed_form(server.certificate_password)) {
    draft.secrets_of = component;  // it brings both
    return;
  }
  if (server.password) draft.password_name = server.password->text.reveal();
  if (server.certificate_password)
    draft.certificate_password_name = server.certificate_password->text.reveal();
}

ServerDraft whole_draft(const DocumentServer& server, const std::string& component) {
  ServerDraft draft = draft_of(server);
  draft.port_given = server.port.has_value();
  draft.tls_version_given = true;
  draft.server.tls.verify_chain = draft.server.tls.verify_name = server.validate;
  draft.server.tls.thumbprint = server.thumbprint.value_or("");
  take_references(server, component, draft);
  return draft;
}

Result<Done> refuse_plain_passwords(const ServerListing& listing) {
  Obstacles obstacles;
  for (const ServerDraft& draft : listing.servers) {
    if (!draft.server.password || draft.server.password->empty()) continue;
    obstacles.add(draft.shown, kPlain);
    obstacles.hint("write password-file=FILE, or a reference password={{NAME}}");
  }
  return obstacles.result();
}

std::optional<DocumentSecret> named_secret(const std::optional<std::string>& name) {
  if (!name) return std::nullopt;
  return DocumentSecret{Form::reference, Secret(*name), 0, {}};
}

DocumentServer item_of(const ServerDraft& draft) {
  const Server& server = draft.server;
  DocumentServer item;
  item.host = server.host;
  item.web_socket = is_web_socket(server.scheme);
  const RequestPath request = split_request_path(server.path);
  if (item.web_socket && request.path != default_path(server.scheme)) item.path = request.path;
  item.query = request.query;
  if (!item.web_socket || draft.port_given) item.port = server.port;
  item.tls = tls_of(server);
  item.user_name = server.username;
  item.password = named_secret(draft.password_name);
  if (!server.tls.thumbprint.empty()) item.thumbprint = server.tls.thumbprint;
  item.certificate_password = named_secret(draft.certificate_password_name);
  item.validate = server.tls.verify_chain;
  item.server_id = server.id;
  return item;
}

// What a URI says of a server and a document has no key for.
void add_unsayable(const ServerDraft& draft, Obstacles& obstacles) {
  const TlsSettings& tls = draft.server.tls;
  if (!tls.cafile.empty()) obstacles.add(draft.shown, "a document has no cafile; give --cafile");
  if (!tls.cert.empty() || !tls.key.empty())
    obstacles.add(draft.shown,
                  "a document has no cert and key; it names certificates by "
                  "clientCertificateThumbprint");
  if (draft.server.connect_timeout)
    obstacles.add(draft.shown, "a document has no connectTimeout; give --connect-timeout");
  if (!draft.server.cluster.empty())
    obstacles.add(draft.shown,
                  "a document has no cluster; leave it out, and give --cluster if all servers are "
                  "nodes of it");
  if (draft.server.client_id || draft.server.protocol)
    obstacles.add(draft.shown,
                  "a document has no clientId and protocol of one server; leave them out, and give "
                  "-i and -V");
  if (draft.password_file)
    obstacles.add(draft.shown,
                  "a document has no password-file; a reference password={{NAME}} reads the file "
                  "NAME among the user's secrets");
}

}  // namespace

Result<Done> refuse_plain_secrets(const std::vector<DocumentServer>& servers) {
  Obstacles obstacles;
  for (std::size_t i = 0; i < servers.size(); ++i) {
    if (!is_plain(servers[i].password) && !is_plain(servers[i].certificate_password)) continue;
    obstacles.add(called(servers[i], i), kPlain);
    obstacles.hint(kPlainHint);
  }
  return obstacles.result();
}

Result<ServerListing> listing_of(const std::vector<DocumentServer>& servers,
                                 const std::string& component) {
  if (auto done = refuse_plain_secrets(servers); !done) return done.error();
  Obstacles obstacles;
  ServerListing listing;
  for (std::size_t i = 0; i < servers.size(); ++i) {
    const DocumentServer& server = servers[i];
    const bool sealed =
        is_sealed_form(server.password) || is_sealed_form(server.certificate_password);
    if (sealed && (component.empty() || server.server_id.empty())) {
      obstacles.add(called(server, i), "its password is sealed, for the list that stores it alone");
      obstacles.hint("convert the stored list, with --component ID");
    }
    if (holds_nul(server)) obstacles.add(called(server, i), "a URI cannot hold a NUL");
    listing.servers.push_back(whole_draft(server, component));
  }
  if (auto done = obstacles.result(); !done) return done.error();
  return listing;
}

Result<std::string> write_failover_uri(const ServerListing& listing) {
  if (auto done = refuse_plain_passwords(listing); !done) return done.error();
  std::string uri = "failover:(";
  for (const ServerDraft& draft : listing.servers) {
    if (uri.back() != '(') uri += ',';
    uri += write_server_uri(draft);
  }
  uri += ")";
  char separator = '?';
  const auto add = [&](std::string_view name, std::string_view value) {
    uri.append(1, separator).append(name).append("=").append(percent_encoded(value, "/:,"));
    separator = '&';
  };
  if (!listing.randomize) add("randomize", "false");
  for (const auto& [name, value] : listing.options) add(name, value);
  return uri + "\n";
}

Result<std::string> write_flags(const ServerListing& listing) {
  if (auto done = refuse_plain_passwords(listing); !done) return done.error();
  std::string flags;
  for (const ServerDraft& draft : listing.servers)
    flags += (flags.empty() ? "-s " : " -s ") + shell_quoted(write_server_uri(draft));
  const std::string more = list_flags(listing);
  return flags + (more.empty() ? "" : " " + more) + "\n";
}

Result<std::vector<DocumentServer>> document_of(const ServerListing& listing,
                                                const ComponentStore& store) {
  if (auto done = refuse_plain_passwords(listing); !done) return done.error();
  Obstacles obstacles;
  std::vector<DocumentServer> servers;
  for (const ServerDraft& draft : listing.servers) {
    add_unsayable(draft, obstacles);
    DocumentServer item = item_of(draft);
    if (!draft.secrets_of.empty()) {
      const auto stored = stored_server(draft, store);
      if (!stored) return stored.error();
      item.password = stored->password;
      item.certificate_password = stored->certificate_password;
    }
    servers.push_back(std::move(item));
  }
  if (auto done = obstacles.result(); !done) return done.error();
  if (auto done = refuse_plain_secrets(servers); !done) return done.error();
  // The document's own rules, judged where they stand.
  DocumentReading reading = read_document("<document>", write_document(servers, false));
  if (!reading.valid()) return document_error("the list as a document", reading);
  return std::move(reading.servers);
}

}  // namespace mqfail
