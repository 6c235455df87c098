// SPDX-License-Identifier: Apache-2.0
// A list of servers in one word: failover:(URI[,URI…])[?option=value&…], ActiveMQ's grammar
// (failover.md section 1), or the URIs alone with commas between, as in $MQFAIL_SERVERS.
#pragma once

#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "config/uri/server_uri.hpp"
#include "config/uri/uri_parts.hpp"

namespace mqfail {

struct UriList {
  std::vector<ServerDraft> servers;  ///< not empty
  QueryOptions
      options;  ///< of a failover: URI: names as written, without nested.*, not yet checked
  bool is_failover = false;  ///< a failover: URI
};

/// True for anything that starts with "failover:", letter case aside.
bool is_failover_uri(std::string_view text);

/// Reads `failover:(…)?…`, `failover://(…)?…`, the bare `failover:a,b` without options, or `a,b`.
/// The bare form with options is an error, as ActiveMQ would give them to the last server. Usage
/// errors.
Result<UriList> parse_uri_list(std::string_view text);

}  // namespace mqfail
