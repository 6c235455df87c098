// SPDX-License-Identifier: Apache-2.0
#include "config/document/server_ids.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <map>
#include <unordered_set>
#include <utility>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "base/utf8.hpp"

namespace mqfail {

std::string endpoint_key(const DocumentServer& server) {
  return lower_case(server.host) + " " + std::to_string(server.port.value_or(0)) +
         (server.web_socket ? " ws" : " tcp");
}

ServersById::ServersById(const std::vector<DocumentServer>& servers) {
  for (const DocumentServer& server : servers) servers_[lower_case(server.server_id)] = &server;
}

const DocumentServer* ServersById::find(std::string_view id) const {
  const auto found = servers_.find(lower_case(id));
  return found == servers_.end() ? nullptr : found->second;
}

const DocumentServer* find_server(const std::vector<DocumentServer>& servers, std::string_view id) {
  const auto found =
      std::find_if(servers.begin(), servers.end(),
                   [&](const DocumentServer& server) { return same_word(server.server_id, id); });
  return found == servers.end() ? nullptr : &*found;
}

std::optional<std::string> wrong_with_server_id(std::string_view id) {
  if (trimmed(id).empty()) return "must not be blank; leave it out to have one made";
  if (characters(id) > 100) return "longer than 100 characters";
  if (std::any_of(id.begin(), id.end(),
                  [](unsigned char c) { return c < 0x20 || c == 0x7F || c == '{' || c == '}'; })) {
    return "\"" + printable(id, 100) + "\" must not hold control characters or braces";
  }
  return std::nullopt;
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

Result<Done> make_server_ids(std::vector<DocumentServer>& servers) {
  for (DocumentServer& server : servers) {
    if (!server.server_id.empty()) continue;
    auto uuid = random_uuid();
    if (!uuid) return uuid.error();
    server.server_id = std::move(*uuid);
  }
  return Done{};
}

}  // namespace mqfail
