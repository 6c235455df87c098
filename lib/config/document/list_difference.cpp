// SPDX-License-Identifier: Apache-2.0
#include "config/document/list_difference.hpp"

#include <string_view>

#include "base/text.hpp"
#include "config/document/document_writer.hpp"
#include "config/document/server_ids.hpp"

namespace mqfail {
namespace {

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

// A server without an id is like no other.
const DocumentServer* same_server(const DocumentServer& server, const ServersById& list) {
  return server.server_id.empty() ? nullptr : list.find(server.server_id);
}

// The ids that both lists have, in the order of the first.
std::vector<std::string> common_ids(const std::vector<DocumentServer>& list,
                                    const ServersById& other) {
  std::vector<std::string> ids;
  for (const DocumentServer& server : list) {
    if (same_server(server, other) != nullptr) ids.push_back(lower_case(server.server_id));
  }
  return ids;
}

}  // namespace

std::string list_difference(const std::vector<DocumentServer>& before,
                            const std::vector<DocumentServer>& after) {
  const ServersById old(before);
  const ServersById fresh(after);
  std::string lines;
  for (const DocumentServer& server : before) {
    if (same_server(server, fresh) == nullptr) lines += "- " + shown(server) + "\n";
  }
  for (const DocumentServer& server : after) {
    const DocumentServer* const was = same_server(server, old);
    lines += was == nullptr ? "+ " + shown(server) + "\n" : changes(*was, server);
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
