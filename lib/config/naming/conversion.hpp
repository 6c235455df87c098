// SPDX-License-Identifier: Apache-2.0
// A list of servers in its three forms: a RedundantServers document, a failover: URI, flags for a
// command line. Rules: what one form can express and another cannot is an error, and never left out
// silently; a plain password is in no result.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "config/document/document.hpp"
#include "config/store/store.hpp"
#include "config/uri/server_uri.hpp"
#include "config/uri/uri_parts.hpp"

namespace mqfail {

/// What a URI and flags say. Secrets are references in it, or plain and still to be refused.
struct ServerListing {
  std::vector<ServerDraft> servers;  ///< not empty
  bool randomize = false;
  QueryOptions options;  ///< the other failover options, as in a URI
};

/// True if `text` is a failover: URI, URIs with commas between, or flags; else it is a document.
bool is_listing(std::string_view text);

/// Reads one: `failover:(…)?…`, `URI,URI…` as in $MQFAIL_SERVERS, or the flags -s, -h, -p and those
/// of the failover options, quoted as for a shell. Errors: data.
Result<ServerListing> read_listing(std::string_view text);

/// The servers of a document. `component`: the list is what it stores, so that its sealed secrets
/// can be named by component=; empty: they cannot. Errors: data, naming every server that cannot be
/// said so.
Result<ServerListing> listing_of(const std::vector<DocumentServer>& servers,
                                 const std::string& component);

/// Errors (both): data, if a password is plain.
Result<std::string> write_failover_uri(const ServerListing& listing);
Result<std::string> write_flags(const ServerListing& listing);

/// The options of the list as flags; empty: there are none. A document cannot say these.
std::string list_flags(const ServerListing& listing);

/// The listing as a document; secrets that component= names are those of `store`. Errors: data,
/// naming all that a document cannot say; those of stored_server().
Result<std::vector<DocumentServer>> document_of(const ServerListing& listing,
                                                const ComponentStore& store);

/// Errors (data) if a secret stands in plain text, naming every server that has one.
Result<Done> refuse_plain_secrets(const std::vector<DocumentServer>& servers);

}  // namespace mqfail
