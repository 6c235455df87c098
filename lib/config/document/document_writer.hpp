// SPDX-License-Identifier: Apache-2.0
// Writes documents in the canonical form. Rule: the same list is the same bytes, so that
// `get | set` changes nothing.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/document/data_source_client.hpp"
#include "config/document/document_keys.hpp"
#include "config/document/document_server.hpp"

namespace mqfail {

/// Strict JSON: an array, two spaces, all ten keys in the page's order, integer ports, line end
/// last. `mask_secrets` writes fifteen asterisks for each that is not a reference; a missing
/// serverId is written as null.
std::string write_document(const std::vector<DocumentServer>& servers, bool mask_secrets);

/// What a component stores: write_document(), secrets as they are; with a client that says anything
/// {"DataSource": {…}, "RedundantServers": […]}, the first server and the client in the DataSource,
/// so that one file holds both or neither.
std::string write_stored(const std::vector<DocumentServer>& servers,
                         const DataSourceClient& client);

/// One server of it as an object.
std::string write_document_server(const DocumentServer& server, bool mask_secrets);

/// The keys of a server, each with its value as JSON. `mask_secrets`: as for write_document().
using DocumentMembers = std::array<std::pair<std::string_view, std::string>, kKeys>;
DocumentMembers document_members(const DocumentServer& server, bool mask_secrets);

/// hostNameOrIpAddress as it is written: a URI if the server has a path or a query.
std::string host_text(const DocumentServer& server);

/// True if a secret stands in plain text.
bool holds_plain_secret(const std::vector<DocumentServer>& servers);

}  // namespace mqfail
