// SPDX-License-Identifier: Apache-2.0
// The Server Reference of a redirection (MQTT 5, section 4.13): servers as `host[:port]` with
// spaces between, IPv6 in brackets. It comes from a server, so it is untrusted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mqfail {

/// One server of it.
struct ServerReference {
  std::string host;                   ///< a name or an address; IPv6 without brackets
  std::optional<std::uint16_t> port;  ///< not given: the port of the server that sent it
  friend bool operator==(const ServerReference&, const ServerReference&) = default;
};

/// Most references of one property that are used.
inline constexpr std::size_t kMostReferences = 16;

/// What can be used of a property, in its order, at most kMostReferences. `unusable`: the other
/// pieces as they are written, at most kMostReferences; whatever names a scheme, a path or a file,
/// a port that is none (0, 70000), a host that is none.
struct ServerReferences {
  std::vector<ServerReference> usable;
  std::vector<std::string> unusable;
};
ServerReferences parse_references(std::string_view property);

}  // namespace mqfail
