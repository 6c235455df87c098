// SPDX-License-Identifier: Apache-2.0
// The small parts that every kind of server URI is made of. Rule: no function here ever puts a user
// or a password into an error; whoever quotes a URI quotes shown_uri().
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

/// `text`, one URI or a list of them, right or wrong, fit for an error: *** stands for user and
/// password and for whatever could be a part of one, ... for options; the rest is printable.
std::string shown_uri(std::string_view text);

/// Whatever the user typed, fit for an error: shown_uri() if it may hold a URI, else its first
/// `most` bytes.
std::string shown_typed(std::string_view text, std::size_t most = 64);

/// %XX decoded; "+" stays a plus. A bad escape or %00 is an error (usage).
Result<std::string> percent_decoded(std::string_view text);

/// `text` with everything but letters, digits, "-", ".", "_", "~" and the bytes of `plain` as %XX.
std::string percent_encoded(std::string_view text, std::string_view plain = {});

/// What a path keeps besides.
inline constexpr std::string_view kPathBytes = "/:";

/// `host` as it stands in a URI: an IPv6 address in brackets, the "%" of its zone as %25.
std::string uri_host(std::string_view host);

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

/// The query of a WebSocket request as it goes over the wire (RFC 3986, 3.4): %XX stays, what no
/// query may hold is percent-encoded.
std::string wire_query(std::string_view text);

/// What the path of a ws or wss server says of the request. A NUL, which no URI can hold, stands
/// between path and query, for a path may have a '?' of its own (%3F).
inline constexpr char kQueryMark = '\0';
struct RequestPath {
  std::string_view path;
  std::string_view query;
};
RequestPath split_request_path(std::string_view path);

/// `name=value&name=value`. A name without "=" is an error; values are percent-decoded.
Result<QueryOptions> parse_query(std::string_view text);

/// A port as decimal digits, 1 to 65535.
Result<std::uint16_t> parse_port(std::string_view text);

/// A host name, IPv4 or IPv6 address (with or without brackets, with zone) without brackets.
/// Errors if it is blank, longer than 253, holds what no host can, or carries a scheme or a port.
Result<std::string> parse_host(std::string_view text);

/// ASCII letters only; what is beyond stays as it is.
std::string lower_case(std::string_view text);
bool same_letters(std::string_view a, std::string_view b);  ///< same_word() for equal lengths > 0
/// Letter case of ASCII aside. Lengths first, in line: most words differ there already.
inline bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && (a.empty() || same_letters(a, b));
}
bool is_ascii(std::string_view text);
std::string_view trimmed(std::string_view text);

}  // namespace mqfail
