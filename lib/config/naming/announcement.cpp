// SPDX-License-Identifier: Apache-2.0
#include "config/naming/announcement.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "config/document/document_writer.hpp"
#include "config/naming/conversion.hpp"
#include "config/uri/server_uri.hpp"

namespace mqfail {
namespace {

// What a client may take from a topic. The parts are named one by one, so that a new member of
// Server is not announced unless somebody wants it.
Server public_part(const Server& server) {
  Server part;
  part.id = server.id;
  part.host = server.host;
  part.port = server.port;
  part.scheme = server.scheme;
  part.path = split_request_path(server.path).path;  // its query may hold a token
  part.cluster = server.cluster;
  const TlsVersion version = server.tls.version;
  if (version == TlsVersion::tls12 || version == TlsVersion::tls13) part.tls.version = version;
  return part;
}

DocumentServer item_of(const Server& server) {
  DocumentServer item;
  item.host = server.host;
  item.web_socket = is_web_socket(server.scheme);
  if (item.web_socket && server.path != default_path(server.scheme)) item.path = server.path;
  item.port = server.port;
  item.tls = tls_of(server);
  item.server_id = server.id;
  return item;
}

ServerDraft draft_of(Server server) {
  ServerDraft draft;
  draft.server = std::move(server);
  draft.scheme_given = draft.port_given = true;
  return draft;
}

}  // namespace

Result<std::string> announcement(const ServerList& servers, bool rebalance) {
  ServerListing listing;
  std::vector<DocumentServer> items;
  bool in_cluster = false;
  for (const Server& server : servers) {
    const Server part = public_part(server);
    in_cluster = in_cluster || !part.cluster.empty();
    items.push_back(item_of(part));
    listing.servers.push_back(draft_of(part));
  }
  if (!rebalance && !in_cluster) {
    std::string document = write_document(items, false);
    if (document.size() <= kLargestAnnouncement) return document;
  }
  if (rebalance) listing.options.emplace_back("rebalanceUpdateURIs", "true");
  auto uri = write_failover_uri(listing);
  if (uri && uri->size() > kLargestAnnouncement) {
    return Error{ErrorKind::data,
                 "the list of " + std::to_string(servers.size()) +
                     " servers is larger than 1 MiB, which no client takes",
                 "announce fewer servers"};
  }
  return uri;
}

}  // namespace mqfail
