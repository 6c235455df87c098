// SPDX-License-Identifier: Apache-2.0
// What a server gets that it does not say itself: the options for all servers, and an id.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "config/document/data_source_client.hpp"
#include "config/document/document_server.hpp"
#include "config/naming/naming.hpp"
#include "config/uri/server_uri.hpp"

namespace mqfail {

/// Gives the draft everything that it does not say itself: user, password, TLS. Errors: usage;
/// those of the password file.
Result<Done> complete_draft(const NamingRequest& request, ServerDraft& draft, NamedRoster& roster);

/// Gives every draft a unique id: the given one, else host:port; the second of a kind gets "#2".
void give_ids(std::vector<ServerDraft>& drafts, std::vector<std::string>& warnings);

/// The text of a file; of one that can be read only once, the text of its first reading, which
/// `streams` keeps. Errors: as read_file().
Result<Secret> read_source(const NamingRequest& request, const std::string& path, std::size_t limit,
                           Streams& streams);

/// The same error for what `flag` gives.
Error prefixed(std::string_view flag, const Error& error);

/// Whether a server of an update names nothing but where it is (NamingRequest::offered). Errors:
/// data.
Result<Done> check_offered(const ServerDraft& draft);
Result<Done> check_offered(const DocumentServer& server);
/// The same for the client that a document names for all its servers.
Result<Done> check_offered(const DataSourceClient& client);

}  // namespace mqfail
