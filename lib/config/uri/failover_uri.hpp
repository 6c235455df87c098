// SPDX-License-Identifier: Apache-2.0
// A list of servers in one word: failover:(URI[,URI…])[?option=value&…], ActiveMQ's grammar
// (failover.md section 1), and $MQFAIL_SERVERS, which is the list alone.
#pragma once

#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "config/uri/server_uri.hpp"
#include "config/uri/uri_parts.hpp"

namespace mqfail {

struct FailoverUri {
  std::vector<ServerDraft> servers;  ///< not empty
  QueryOptions options;              ///< names as written, nested.* taken out; not yet checked
};

/// True for anything that starts with "failover:", letter case aside.
bool is_failover_uri(std::string_view text);

/// Reads `failover:(…)?…`, `failover://(…)?…` and the bare `failover:a,b` without options; the bare
/// form with options is an error, as ActiveMQ would give them to the last server. Usage errors.
Result<FailoverUri> parse_failover_uri(std::string_view text);

}  // namespace mqfail
