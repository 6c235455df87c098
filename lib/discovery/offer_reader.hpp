// SPDX-License-Identifier: Apache-2.0
// A list of servers that a source other than the configuration offers (failover.md section 5), as
// servers that can be connected to. Rule: a list with an error is no list.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "config/naming/announcement.hpp"
#include "config/naming/naming.hpp"
#include "config/uri/server_filter.hpp"
#include "discovery/source_reader.hpp"

namespace mqfail {

/// The most servers that a list may have; it may be as large as kLargestAnnouncement.
inline constexpr std::size_t kMostOffered = 10'000;

/// The error for a list that is larger.
Error too_large(const std::string& name);

/// Whom the text comes from. A file of the user may name users, passwords and files; a server or
/// the network may not.
enum class Origin { user, network };

class OfferReader {
 public:
  /// `request`: the options for all servers, and what decodes secrets; its own servers do not
  /// count. `check`: what the run needs of a list besides.
  OfferReader(NamingRequest request, std::optional<ServerFilter> filter,
              std::function<Result<Done>(const ServerList&)> check);

  /// Reads a RedundantServers document, a failover: URI or URIs with commas between. `name`: how
  /// errors call the source. A failover: URI with rebalanceUpdateURIs=true asks the clients to
  /// move; its other options do not count. Servers that the filter refuses are named in a warning,
  /// and a list of which none is left is an error. Errors: data, usage.
  Result<Reading> read(const std::string& name, std::string_view text, Origin origin) const;

 private:
  Result<NamedRoster> named(const std::string& name, std::string_view text, Origin origin) const;

  NamingRequest request_;
  std::optional<ServerFilter> filter_;
  std::function<Result<Done>(const ServerList&)> check_;
};

}  // namespace mqfail
