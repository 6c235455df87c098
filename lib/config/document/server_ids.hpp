// SPDX-License-Identifier: Apache-2.0
// The serverIds of a list. They are told apart letter case aside.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.hpp"
#include "config/document/document_server.hpp"

namespace mqfail {

/// Host, port and protocol as one text, the host in lower case.
std::string endpoint_key(const DocumentServer& server);

/// Finds the servers of a list, which it borrows, by their ids; of several with one id the last.
class ServersById {
 public:
  explicit ServersById(const std::vector<DocumentServer>& servers);
  /// Null if there is none.
  const DocumentServer* find(std::string_view id) const;

 private:
  std::unordered_map<std::string, const DocumentServer*> servers_;
};

/// The same for one search: the first server with this id, null if there is none.
const DocumentServer* find_server(const std::vector<DocumentServer>& servers, std::string_view id);

/// What is wrong with an id of a server, if anything.
std::optional<std::string> wrong_with_server_id(std::string_view id);

/// Gives every server without a serverId the one that `previous` has for the same host, port and
/// protocol, if any.
void adopt_server_ids(std::vector<DocumentServer>& servers,
                      const std::vector<DocumentServer>& previous);

/// A new random UUID (RFC 4122, version 4). Errors: internal, if there is no randomness.
Result<std::string> random_uuid();

/// Gives every server without a serverId a new UUID. Errors: as random_uuid().
Result<Done> make_server_ids(std::vector<DocumentServer>& servers);

}  // namespace mqfail
