// SPDX-License-Identifier: Apache-2.0
// The canonical form and what it needs: a serverId for everyone. The same list is the same bytes,
// so that `get | set` changes nothing.
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <span>
#include <string_view>
#include <unordered_set>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "config/document/document.hpp"
#include "config/uri/uri_parts.hpp"

namespace mqfail {
namespace {

std::string_view tls_word(DocumentTls tls) {
  switch (tls) {
    case DocumentTls::none:
      return "None";
    case DocumentTls::tls:
      return "Tls";
    case DocumentTls::tls11:
      return "Tls11";
    case DocumentTls::tls12:
      return "Tls12";
    case DocumentTls::tls13:
      return "Tls13";
  }
  return "Tls12";
}

std::string text_or_null(const std::optional<std::string>& text) {
  return text ? json_string(*text) : "null";
}

// A reference says where the secret is, not what it is: it is shown.
std::string secret_or_null(const std::optional<DocumentSecret>& secret, bool mask) {
  if (!secret) return "null";
  if (secret->form == DocumentSecret::Form::reference)
    return json_string("{{" + secret->text.reveal() + "}}");
  return json_string(mask ? kSecretMask : std::string_view(secret->text.reveal()));
}

std::string host_text(const DocumentServer& server) {
  if (server.path.empty() && server.query.empty()) {
    // A zone that begins with 25 would be taken for the end of a %25.
    const std::size_t zone = server.host.find("%25");
    if (zone == std::string::npos || zone + 3 == server.host.size()) return server.host;
    return server.host.substr(0, zone) + "%25" + server.host.substr(zone + 1);
  }
  const std::string scheme = server.tls == DocumentTls::none ? "ws://" : "wss://";
  const std::string path = server.path.empty() ? default_path(Scheme::ws) : server.path;
  return scheme + uri_host(server.host) + percent_encoded(path, kPathBytes) +
         (server.query.empty() ? "" : "?" + server.query);
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

// RFC 4122 version 4.
std::string endpoint_key(const DocumentServer& server) {
  return lower_case(server.host) + " " + std::to_string(server.port.value_or(0)) +
         (server.web_socket ? " ws" : " tcp");
}

}  // namespace

Result<std::string> random_uuid() {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    return Error{ErrorKind::internal, "there is no randomness for a serverId", ""};
  }
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0FU) | 0x40U);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3FU) | 0x80U);
  std::string uuid = hexadecimal(bytes);
  for (const std::size_t dash : {8U, 13U, 18U, 23U}) uuid.insert(dash, 1, '-');
  return uuid;
}

DocumentMembers document_members(const DocumentServer& server, bool mask_secrets) {
  return {{{"hostNameOrIpAddress", json_string(host_text(server))},
           {"port", server.port ? std::to_string(*server.port) : "null"},
           {"protocol", server.web_socket ? "\"Ws\"" : "\"Tcp\""},
           {"tls", json_string(tls_word(server.tls))},
           {"userName", text_or_null(server.user_name)},
           {"password", secret_or_null(server.password, mask_secrets)},
           {"clientCertificateThumbprint", text_or_null(server.thumbprint)},
           {"clientCertificatePassword", secret_or_null(server.certificate_password, mask_secrets)},
           {"validateServerCertificate", server.validate ? "true" : "false"},
           {"serverId", server.server_id.empty() ? "null" : json_string(server.server_id)}}};
}

DocumentMembers base_members(const DocumentServer& server) {
  DocumentMembers members = document_members(server, false);
  if (server.path.empty() && server.query.empty()) return members;
  DocumentServer plain = server;
  plain.tls = DocumentTls::none;
  members.front().second = json_string(host_text(plain));
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

void adopt_server_ids(std::vector<DocumentServer>& servers,
                      const std::vector<DocumentServer>& previous) {
  std::unordered_set<std::string> taken;
  for (const DocumentServer& server : servers) {
    if (!server.server_id.empty()) taken.insert(lower_case(server.server_id));
  }
  std::multimap<std::string, const DocumentServer*> known;
  if (taken.size() < servers.size()) {
    for (const DocumentServer& server : previous) known.emplace(endpoint_key(server), &server);
  }
  for (DocumentServer& server : servers) {
    if (!server.server_id.empty()) continue;
    const auto [first, last] = known.equal_range(endpoint_key(server));
    for (auto it = first; it != last && server.server_id.empty(); ++it) {
      if (taken.insert(lower_case(it->second->server_id)).second)
        server.server_id = it->second->server_id;
    }
  }
}

Result<Done> make_server_ids(std::vector<DocumentServer>& servers) {
  for (DocumentServer& server : servers) {
    if (!server.server_id.empty()) continue;
    auto uuid = random_uuid();
    if (!uuid) return uuid.error();
    server.server_id = std::move(*uuid);
  }
  return Done{};
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
