// SPDX-License-Identifier: Apache-2.0
#include "config/document/list_difference.hpp"

#include <string_view>
#include <unordered_map>

#include "base/text.hpp"
#include "config/document/document.hpp"

namespace mqfail {
namespace {

using ServersById = std::unordered_map<std::string, const DocumentServer*>;

ServersById by_id(const std::vector<DocumentServer>& servers) {
  ServersById result;
  for (const DocumentServer& server : servers) {
    if (!server.server_id.empty()) result[lower_case(server.server_id)] = &server;
  }
  return result;
}

std::string shown(const DocumentServer& server) {
  if (!server.server_id.empty()) return printable(server.server_id, 100);
  return printable(server.host, 100) + (server.port ? ":" + std::to_string(*server.port) : "");
}

std::string changes(const DocumentServer& before, const DocumentServer& after) {
  const DocumentMembers was = document_members(before, false);
  const DocumentMembers is = document_members(after, false);
  const DocumentMembers was_shown = document_members(before, true);
  const DocumentMembers is_shown = document_members(after, true);
  std::string lines;
  for (std::size_t i = 0; i < was.size(); ++i) {
    if (was[i].second == is[i].second) continue;
    lines += shown(after) + ": " + std::string(was[i].first) + ": ";
    lines += was_shown[i].second == is_shown[i].second
                 ? "changed\n"
                 : was_shown[i].second + " -> " + is_shown[i].second + "\n";
  }
  return lines;
}

// The ids that both lists have, in the order of the first.
std::vector<std::string> common_ids(const std::vector<DocumentServer>& list,
                                    const ServersById& other) {
  std::vector<std::string> ids;
  for (const DocumentServer& server : list) {
    std::string id = lower_case(server.server_id);
    if (other.count(id) != 0) ids.push_back(std::move(id));
  }
  return ids;
}

}  // namespace

std::string list_difference(const std::vector<DocumentServer>& before,
                            const std::vector<DocumentServer>& after) {
  const ServersById old = by_id(before);
  const ServersById fresh = by_id(after);
  std::string lines;
  for (const DocumentServer& server : before) {
    if (fresh.count(lower_case(server.server_id)) == 0) lines += "- " + shown(server) + "\n";
  }
  for (const DocumentServer& server : after) {
    const auto found = old.find(lower_case(server.server_id));
    lines += found == old.end() ? "+ " + shown(server) + "\n" : changes(*found->second, server);
  }
  if (common_ids(before, fresh) != common_ids(after, old)) {
    lines += "order:";
    std::string_view comma = " ";
    for (const DocumentServer& server : after) {
      lines.append(comma).append(shown(server));
      comma = ", ";
    }
    lines += "\n";
  }
  return lines;
}

}  // namespace mqfail
