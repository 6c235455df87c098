// SPDX-License-Identifier: Apache-2.0
// One server as a URI (product.md section 1):
// scheme://[user[:password]@]host[:port][/path][?options]. Pure: files that the URI names are not
// opened here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "config/uri/uri_parts.hpp"
#include "policy/server.hpp"

namespace mqfail {

/// A server as it was written, and which of its parts were written: the others may still come from
/// the options for all servers. `server.id` is empty unless given.
struct ServerDraft {
  Server server;
  bool scheme_given = false;
  bool port_given = false;
  bool tls_version_given = false;
  bool verify_given = false;
  std::optional<std::string> password_file;  ///< still to be read; wins over server.password
  std::optional<std::string> password_name;  ///< of a reference {{NAME}}, still to be looked up
  std::optional<std::string> certificate_password_name;  ///< of another reference
  std::string secrets_of;  ///< the component that stores this server and its secrets; empty: none
  std::string shown;       ///< how an error may call it
};

/// Reads one URI. `nested` are options that win over the URI's own (nested.x of a failover: URI).
/// `bare_milliseconds`: connectTimeout may be a bare number, which is so inside failover: only.
/// No scheme is tcp; `tls=` other than none turns tcp into tls and ws into wss, never the reverse.
/// Errors are usage errors and never show user or password.
Result<ServerDraft> parse_server_uri(std::string_view text, const QueryOptions& nested = {},
                                     bool bare_milliseconds = false);

/// A server of which nothing is given but the host (-h). Usage errors.
Result<ServerDraft> host_draft(std::string_view host);

/// The draft as a URI that reads as the same, its scheme always written. Never a password: a
/// draft that has a plain one must be refused before.
std::string write_server_uri(const ServerDraft& draft);

/// mosquitto's -L: scheme://[user[:password]@]host[:port]/topic; everything after the slash is the
/// topic.
struct UrlWithTopic {
  ServerDraft draft;
  std::string topic;
};
Result<UrlWithTopic> parse_topic_url(std::string_view text);

/// How a URI and a document call the versions of TLS, in any letter case; the first is no TLS.
inline constexpr std::array<std::string_view, 5> kTlsWords = {"None", "TLS", "TLS11", "TLS12",
                                                              "TLS13"};
constexpr std::size_t tls_word_index(TlsVersion version) {
  return static_cast<std::size_t>(version) + 1;
}
/// The version of a word; `index` is not 0.
constexpr TlsVersion tls_version(std::size_t index) {
  return static_cast<TlsVersion>(index - 1);
}

/// The port a scheme has unless one is given: 1883, 8883, 80, 443.
std::uint16_t default_port(Scheme scheme);

/// The path a scheme has unless one is given: ws and wss have /mqtt, the others none.
std::string default_path(Scheme scheme);

}  // namespace mqfail
