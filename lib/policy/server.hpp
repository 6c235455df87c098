// SPDX-License-Identifier: Apache-2.0
// What a server is: its endpoint, its credentials and its TLS settings. It is a plain value.
// lib/config parses and prints it, lib/transport connects to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"
#include "base/time.hpp"

namespace mqfail {

/// The transport under MQTT. ws and wss carry MQTT in WebSocket frames.
enum class Scheme { tcp, tls, ws, wss };

constexpr bool is_tls(Scheme scheme) {
  return scheme == Scheme::tls || scheme == Scheme::wss;
}

constexpr bool is_web_socket(Scheme scheme) {
  return scheme == Scheme::ws || scheme == Scheme::wss;
}

/// Which TLS versions may be used: `any` is 1.2 or later, the others are exactly one version.
enum class TlsVersion { any, tls11, tls12, tls13 };

/// Which MQTT to speak. `mqtt31` only if -V 31 or protocol=31 was given.
enum class Protocol { mqtt31 = 3, mqtt311 = 4, mqtt5 = 5 };

/// TLS settings of one server. An empty string means "not given".
struct TlsSettings {
  TlsVersion version = TlsVersion::any;
  bool verify_chain = true;  ///< false: --no-verify, validateServerCertificate: false
  bool verify_name = true;   ///< false: --insecure (the meaning of mosquitto 2.0)
  bool use_os_certs = false;
  std::string cafile;
  std::string capath;
  std::string cert;  ///< PEM file
  std::string key;   ///< PEM file
  /// A client certificate in a PKCS#12 file, instead of `cert` and `key`: its digest in 40 (SHA-1)
  /// or 64 (SHA-256) lower-case hexadecimal digits, the password of its file, the folders to
  /// search.
  std::string thumbprint;
  std::optional<Secret> certificate_password;
  std::vector<std::string> certificate_folders;
  std::optional<Secret> psk;  ///< pre-shared key, an even number of hexadecimal digits; TLS 1.2
  std::string psk_identity;   ///< the identity of `psk`
  std::string ciphers;
  std::string alpn;
  friend bool operator==(const TlsSettings&, const TlsSettings&) = default;
};

struct Server {
  std::string id;    ///< serverId; unique and not empty in a roster
  std::string host;  ///< name or address; IPv6 without brackets
  std::uint16_t port = 1883;
  Scheme scheme = Scheme::tcp;
  std::string path;  ///< of ws and wss, with its query (split_request_path()); else empty
  std::optional<std::string> username;
  std::optional<Secret> password;
  TlsSettings tls;
  std::optional<Duration> connect_timeout;  ///< wins over connectTimeout of the list
  std::optional<std::string> client_id;     ///< clientId: wins over that of the run
  std::optional<Protocol> protocol;         ///< wins over -V
  /// Servers with the same name are nodes of one cluster: they may share sessions (failover.md
  /// section 4). Empty: the server is none of a cluster, as far as is known.
  std::string cluster;
  /// A redirection has named it, and it gets nothing that proves who we are.
  bool is_foreign = false;
  friend bool operator==(const Server&, const Server&) = default;
};

/// Servers in the order of preference.
using ServerList = std::vector<Server>;

/// What the path of a ws or wss server says of the request. A NUL, which no URI can hold, stands
/// between path and query, for a path may have a '?' of its own (%3F). The query is in the form of
/// the wire.
inline constexpr char kQueryMark = '\0';
struct RequestPath {
  std::string_view path;
  std::string_view query;
};
RequestPath split_request_path(std::string_view path);

/// The canonical name: tcp, mqtts, ws, wss.
std::string_view scheme_name(Scheme scheme);

/// `host:port`, IPv6 in brackets.
std::string endpoint(const Server& server);

/// `scheme://host:port[/path]` with canonical scheme names (tcp, mqtts, ws, wss) and IPv6 in
/// brackets. It has no user, password or query, so it is safe to show anywhere.
std::string redacted_uri(const Server& server);

/// Both have the same scheme, port and host, where letter case does not matter (failover.md,
/// section 2).
bool same_endpoint(const Server& a, const Server& b);

/// Both are nodes of one cluster.
bool same_cluster(const Server& a, const Server& b);

/// The protocol that is given for this server: its own, else that of the run. Empty: none is given.
inline std::optional<Protocol> fixed_protocol(const Server& server,
                                              const std::optional<Protocol>& of_run) {
  return server.protocol ? server.protocol : of_run;
}

/// Two servers have the same key if and only if same_endpoint() is true for them. To find one
/// server among many.
std::string endpoint_key(const Server& server);

}  // namespace mqfail
