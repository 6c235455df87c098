// SPDX-License-Identifier: Apache-2.0
// The address of a document on an HTTP server, and where a redirection leads. Rule: what is shown
// of it has no user, no password and no query, for any of them may be a secret.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace mqfail {

struct HttpUrl {
  bool tls = false;  ///< https
  std::string host;  ///< name or address; IPv6 without brackets
  std::uint16_t port = 80;
  std::string target;                 ///< path and query as they go over the wire (RFC 9112, 3.2.1)
  std::optional<Secret> credentials;  ///< "user:password", decoded (RFC 7617)
};

/// An http or https URL. Errors (usage): another scheme, no host, a port that is none; user and
/// password over http to a host other than localhost, 127.0.0.0/8 and ::1.
Result<HttpUrl> parse_http_url(std::string_view text);

/// Where the Location field of an answer from `from` leads (RFC 9110, 10.2.2; RFC 3986, section 5).
/// The credentials stay with their scheme, host and port (RFC 9110, 15.4). Errors (unavailable):
/// no http or https URL, from https to http, with a user or password of its own.
Result<HttpUrl> redirected(const HttpUrl& from, std::string_view location);

/// `scheme://host[:port]/path`, printable; "?..." stands for a query.
std::string shown(const HttpUrl& url);

/// The Host field: the port only if it is not the scheme's own.
std::string host_field(const HttpUrl& url);

/// Same scheme, host and port, so that the same server answers.
bool same_origin(const HttpUrl& a, const HttpUrl& b);

}  // namespace mqfail
