// SPDX-License-Identifier: Apache-2.0
// A RedundantServers document, in every form that the AVEVA pages show (product.md section 5), as a
// list of checked servers. Rule: one reading finds every error, and a list with an error is no
// list.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "config/document/data_source_client.hpp"
#include "config/document/document_server.hpp"
#include "config/document/problem.hpp"

namespace mqfail {

struct DocumentReading {
  std::vector<DocumentServer> servers;     ///< empty if there is any error, else at least one
  std::optional<DataSourceClient> client;  ///< empty: there is no DataSource
  std::vector<std::string> components;     ///< of a whole adapter file, those that have servers
  std::vector<Report> reports;             ///< errors and warnings in the order of their places
  bool valid() const { return !servers.empty(); }
};

/// Reads a document. `name` is how reports call the file. `component` chooses among several
/// components of one document; without it there must be only one, and one of another name is taken
/// with a warning.
/// A text as read_file() returns it is not copied.
DocumentReading read_document(const std::string& name, const std::string& text,
                              const std::optional<std::string>& component = std::nullopt);

/// The same for a document that shall replace `previous`: servers without an id adopt theirs, and
/// fifteen asterisks stand for a secret that `previous` has. A secret of `previous` that would go
/// to another endpoint is an error (product.md section 5). `server_id`: the document is this one
/// server, need not name its id and may not name another.
DocumentReading read_replacement(const std::string& name, const std::string& text,
                                 const std::optional<std::string>& component,
                                 const std::vector<DocumentServer>& previous,
                                 const std::optional<std::string>& server_id = std::nullopt);

/// The same for a document that changes servers of `previous`, each named by its serverId: keys
/// that are absent stay as they are, and null is the default. The result holds the changed servers
/// only.
DocumentReading read_merge(const std::string& name, const std::string& text,
                           const std::optional<std::string>& component,
                           const std::vector<DocumentServer>& previous,
                           const std::optional<std::string>& server_id = std::nullopt);

/// The same for one server of `previous`, which may get another serverId. That server is there.
DocumentReading read_edit(const std::string& name, const std::string& text,
                          const std::vector<DocumentServer>& previous,
                          const std::string& server_id);

/// The errors of an invalid reading as one Error (data): a first line that counts them, then each
/// with its excerpt, so that FILE:LINE:COL stands at the beginning of a line.
Error document_error(const std::string& name, const DocumentReading& reading);

/// Strict JSON: an array, two spaces, all ten keys in the page's order, integer ports, line end
/// last. `mask_secrets` writes fifteen asterisks for each that is not a reference; a missing
/// serverId is written as null.
std::string write_document(const std::vector<DocumentServer>& servers, bool mask_secrets);

/// What a component stores: write_document(), secrets as they are; with a client that says anything
/// {"DataSource": {…}, "RedundantServers": […]}, the first server and the client in the DataSource,
/// so that one file holds both or neither.
std::string write_stored(const std::vector<DocumentServer>& servers,
                         const DataSourceClient& client);

/// The ten keys of a server in the page's order, each with its value as JSON. `mask_secrets`: as
/// for write_document().
using DocumentMembers = std::array<std::pair<std::string_view, std::string>, 10>;
DocumentMembers document_members(const DocumentServer& server, bool mask_secrets);

/// The same to be changed key by key, secrets as they are: before a path stands ws://, which goes
/// with whatever tls will be, where wss:// would insist on TLS.
DocumentMembers base_members(const DocumentServer& server);

/// One server of it as an object.
std::string write_document_server(const DocumentServer& server, bool mask_secrets);

/// Gives every server without a serverId the one that `previous` has for the same host, port and
/// protocol, if any.
void adopt_server_ids(std::vector<DocumentServer>& servers,
                      const std::vector<DocumentServer>& previous);

/// A new random UUID (version 4). Errors: internal, if there is no randomness.
Result<std::string> random_uuid();

/// Gives every server without a serverId a new random UUID (version 4). Errors: internal, if there
/// is no randomness.
Result<Done> make_server_ids(std::vector<DocumentServer>& servers);

/// True if a secret stands in plain text.
bool holds_plain_secret(const std::vector<DocumentServer>& servers);

}  // namespace mqfail
