// SPDX-License-Identifier: Apache-2.0
// The parts that server URIs, lists of them and documents have in common: hosts, ports, options,
// references to secrets. Rule: no error here holds a user or a password; a URI is quoted by
// shown_uri().
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace mqfail {

/// Name and decoded value of each `name=value`, in order.
using QueryOptions = std::vector<std::pair<std::string, std::string>>;

/// `name=value&name=value`. A name without "=" is an error; values are percent-decoded.
Result<QueryOptions> parse_query(std::string_view text);

/// A host name, IPv4 or IPv6 address (with or without brackets, with zone) without brackets. In
/// brackets, as in a URI, the "%" of the zone may be %25.
/// Errors if it is blank, longer than 253, holds what no host can, or carries a scheme or a port.
Result<std::string> parse_host(std::string_view text);
bool is_ipv6(const std::string& address);

/// A port as decimal digits, 1 to 65535.
Result<std::uint16_t> parse_port(std::string_view text);

/// `host` as it stands in a URI: an IPv6 address in brackets, the "%" of its zone as %25.
std::string uri_host(std::string_view host);

/// What the path of a URI keeps besides what percent_encoded() keeps everywhere.
inline constexpr std::string_view kPathBytes = "/:";

/// The query of a WebSocket request as it goes over the wire (RFC 3986, 3.4): %XX stays, what no
/// query may hold is percent-encoded.
std::string wire_query(std::string_view text);

/// NAME of a reference {{NAME}} to a secret; nothing if `text` is none.
std::optional<std::string_view> secret_name(std::string_view text);

/// A certificate's thumbprint, spaces and colons aside: 40 or 64 lower-case hexadecimal digits.
std::optional<std::string> parse_thumbprint(std::string_view text);

/// Pieces of `text` between commas outside parentheses, trimmed. Unbalanced parentheses are an
/// error.
Result<std::vector<std::string_view>> split_at_commas(std::string_view text);

/// The same for a list of server URIs, in which a user or password that holds a comma is an error:
/// parts of it would be read as servers.
Result<std::vector<std::string_view>> split_servers(std::string_view text);

}  // namespace mqfail
