// SPDX-License-Identifier: Apache-2.0
// A RedundantServers document, in every form that the AVEVA pages show (product.md section 5), as a
// list of checked servers. Rule: one reading finds every error, up to kMostProblems, and a list
// with an error is no list.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
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
/// with a warning. More than `most_servers` are an error, found before any of them is read.
/// A text as read_file() returns it is not copied.
DocumentReading read_document(const std::string& name, const std::string& text,
                              const std::optional<std::string>& component = std::nullopt,
                              std::size_t most_servers = SIZE_MAX);

/// The same for a document that is to replace `previous`: servers without an id adopt theirs, and
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

/// The number of errors in a reading; warnings do not count.
std::size_t count_errors(const DocumentReading& reading);

/// The errors of an invalid reading as one Error (data): a first line that counts them, then each
/// with its excerpt, so that FILE:LINE:COL stands at the beginning of a line.
Error document_error(const std::string& name, const DocumentReading& reading);

}  // namespace mqfail
