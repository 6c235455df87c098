// SPDX-License-Identifier: Apache-2.0
#include "config/document/document_writer.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "config/uri/server_uri.hpp"
#include "config/uri/uri_parts.hpp"

namespace mqfail {
namespace {

// "None", "Tls", "Tls12" ...
std::string tls_word(DocumentTls tls) {
  const std::string_view word = kTlsWords[static_cast<std::size_t>(tls)];
  return word.front() + lower_case(word.substr(1));
}

std::string text_or_null(const std::optional<std::string>& text) {
  return text ? json_string(*text) : "null";
}

// A reference may be shown: it says where the secret is, not what it is.
std::string secret_or_null(const std::optional<DocumentSecret>& secret, bool mask) {
  if (!secret) return "null";
  if (secret->form == DocumentSecret::Form::reference)
    return json_string("{{" + secret->text.reveal() + "}}");
  return json_string(mask ? kSecretMask : std::string_view(secret->text.reveal()));
}

using Member = std::pair<std::string_view, std::string>;

void write_members(std::span<const Member> members, std::string_view indent, std::string& out) {
  out += "{\n";
  for (const auto& [key, value] : members) {
    const bool last = key == members.back().first;
    out.append(indent).append("  \"").append(key).append("\": ").append(value).append(last ? "\n"
                                                                                           : ",\n");
  }
  out.append(indent).append("}");
}

// In brackets, one below the other.
void write_list(std::span<const DocumentServer> servers, bool mask, const std::string& indent,
                std::string& out) {
  out += "[\n";
  for (const DocumentServer& server : servers) {
    out.append(indent).append("  ");
    write_members(document_members(server, mask), indent + "  ", out);
    out += &server != &servers.back() ? ",\n" : "\n";
  }
  out.append(indent).append("]");
}

}  // namespace

std::string host_text(const DocumentServer& server) {
  if (server.path.empty() && server.query.empty()) return server.host;
  const std::string scheme = server.tls == DocumentTls::none ? "ws://" : "wss://";
  const std::string path = server.path.empty() ? default_path(Scheme::ws) : server.path;
  return scheme + uri_host(server.host) + percent_encoded(path, kPathBytes) +
         (server.query.empty() ? "" : "?" + server.query);
}

DocumentMembers document_members(const DocumentServer& server, bool mask_secrets) {
  std::array<std::string, kKeys> values = {
      json_string(host_text(server)),
      server.port ? std::to_string(*server.port) : "null",
      server.web_socket ? "\"Ws\"" : "\"Tcp\"",
      json_string(tls_word(server.tls)),
      text_or_null(server.user_name),
      secret_or_null(server.password, mask_secrets),
      text_or_null(server.thumbprint),
      secret_or_null(server.certificate_password, mask_secrets),
      server.validate ? "true" : "false",
      server.server_id.empty() ? "null" : json_string(server.server_id)};
  DocumentMembers members;
  for (std::size_t key = 0; key < kKeys; ++key)
    members[key] = {kKeyNames[key], std::move(values[key])};
  return members;
}

std::string write_document(const std::vector<DocumentServer>& servers, bool mask_secrets) {
  std::string out;
  write_list(servers, mask_secrets, "", out);
  return out + "\n";
}

std::string write_stored(const std::vector<DocumentServer>& servers,
                         const DataSourceClient& client) {
  if (!client.says_anything()) return write_document(servers, false);
  const DocumentMembers server = document_members(servers.front(), false);
  std::vector<Member> source(server.begin(), server.end());
  if (client.client_id) source.emplace_back("clientId", json_string(*client.client_id));
  if (client.protocol)
    source.emplace_back("mqttVersion", json_string(version_word(*client.protocol)));
  std::string out = "{\n  \"DataSource\": ";
  write_members(source, "  ", out);
  if (servers.size() > 1) {
    out += ",\n  \"RedundantServers\": ";
    write_list(std::span(servers).subspan(1), false, "  ", out);
  }
  return out + "\n}\n";
}

std::string write_document_server(const DocumentServer& server, bool mask_secrets) {
  std::string out;
  write_members(document_members(server, mask_secrets), "", out);
  return out + "\n";
}

bool holds_plain_secret(const std::vector<DocumentServer>& servers) {
  const auto plain = [](const std::optional<DocumentSecret>& secret) {
    return secret && secret->form == DocumentSecret::Form::plain;
  };
  return std::any_of(servers.begin(), servers.end(), [&](const DocumentServer& server) {
    return plain(server.password) || plain(server.certificate_password);
  });
}

}  // namespace mqfail
