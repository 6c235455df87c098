// SPDX-License-Identifier: Apache-2.0
// A list of servers in one word: failover:(URI[,URI…])[?option=value&…], ActiveMQ's grammar
// (failover.md section 1), or the URIs alone with commas between, as in $MQFAIL_SERVERS. A
// failover: list may hold discovery:(…), and a discovery: URI alone is a list of its own, with the
// same options.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "config/uri/discovery_uri.hpp"
#include "config/uri/server_uri.hpp"
#include "config/uri/uri_parts.hpp"

namespace mqfail {

struct UriList {
  std::vector<ServerDraft> servers;    ///< empty only if there are discoveries
  std::vector<Discovery> discoveries;  ///< of a failover: or discovery: URI, in order, no doubles
  QueryOptions options;  ///< of a failover: or discovery: URI: names as written, without nested.*
                         ///< and discovered.*, not yet checked
  bool is_failover = false;  ///< a failover: or discovery: URI
};

/// True for anything that starts with "failover:", letter case aside.
bool is_failover_uri(std::string_view text);

/// True for a URI that names a whole list: failover: or discovery:.
inline bool names_a_list(std::string_view text) {
  return is_failover_uri(text) || is_discovery_uri(text);
}

/// Reads `failover:(…)?…`, `failover://(…)?…`, the bare `failover:a,b` without options,
/// `discovery:(…)?…`, or `a,b`. The bare form with options is an error, as ActiveMQ would give them
/// to the last server. `discovered.x=v` is nested.x=v for the servers that are found alone. More
/// than `most_servers` are an error, found before any of them is read. Usage errors.
Result<UriList> parse_uri_list(std::string_view text, std::size_t most_servers = SIZE_MAX);

}  // namespace mqfail
