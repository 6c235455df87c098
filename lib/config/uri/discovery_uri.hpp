// SPDX-License-Identifier: Apache-2.0
// A place where servers are found while a run goes on, as ActiveMQ writes it:
// discovery:(dns://NAME) or discovery:(multicast://GROUP). Pure: nothing is looked up here.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "config/uri/uri_parts.hpp"

namespace mqfail {

/// dns: SRV records of `name`. multicast: services on this network, of the group `name`.
struct Discovery {
  enum class Kind { dns, multicast };
  Kind kind = Kind::dns;
  std::string name;     ///< of dns in the letter case of the user; of multicast `default` is any
  QueryOptions nested;  ///< of the list: they win over what each server that is found has
  friend bool operator==(const Discovery&, const Discovery&) = default;
};

/// True for discovery:(…), discovery://(…) and discovery:WORD://…, letter case aside. A server that
/// is called discovery is none of these.
bool is_discovery_uri(std::string_view text);

/// A discovery: URI in its two parts.
struct DiscoveryUri {
  Discovery discovery;
  std::string_view query;  ///< behind the '?' that follows the parentheses
};

/// Reads one. `multicast://default?group=NAME` is multicast://NAME. Usage errors, for the agents of
/// ActiveMQ that do not exist here, too.
Result<DiscoveryUri> parse_discovery_uri(std::string_view text);

}  // namespace mqfail
