// SPDX-License-Identifier: Apache-2.0
// What a server is: where it listens and how to be let in. A plain value; parsing and printing it
// belong to lib/config, connecting to it to lib/transport.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"
#include "base/time.hpp"

namespace mqfail {

/// How bytes reach the server. ws and wss carry MQTT in WebSocket frames.
enum class Scheme { tcp, tls, ws, wss };

constexpr bool is_tls(Scheme scheme) {
  return scheme == Scheme::tls || scheme == Scheme::wss;
}

constexpr bool is_web_socket(Scheme scheme) {
  return scheme == Scheme::ws || scheme == Scheme::wss;
}

/// Which TLS versions a server may speak: `any` is 1.2 or later, the others pin exactly one.
enum class TlsVersion { any, tls11, tls12, tls13 };

/// TLS settings of one server; empty strings mean "not given".
struct TlsSettings {
  TlsVersion version = TlsVersion::any;
  bool verify_chain = true;  ///< false: --no-verify, validateServerCertificate: false
  bool verify_name = true;   ///< false: --insecure (mosquitto 2.0's meaning)
  bool use_os_certs = false;
  std::string cafile;
  std::string capath;
  std::string cert;  ///< PEM file
  std::string key;   ///< PEM file
  /// Of a client certificate in a PKCS#12 file, instead of `cert` and `key`: 40 (SHA-1) or 64
  /// (SHA-256) lower-case hexadecimal digits, the password of its file, and the folders to search.
  std::string thumbprint;
  std::optional<Secret> certificate_password;
  std::vector<std::string> certificate_folders;
  std::optional<Secret> psk;  ///< pre-shared key in hexadecimal digits, an even number; TLS 1.2
  std::string psk_identity;   ///< belongs to it
  std::string ciphers;
  std::string alpn;
  friend bool operator==(const TlsSettings&, const TlsSettings&) = default;
};

struct Server {
  std::string id;    ///< serverId; unique in a roster, never empty once in one
  std::string host;  ///< name or address, IPv6 without brackets
  std::uint16_t port = 1883;
  Scheme scheme = Scheme::tcp;
  std::string path;  ///< of ws and wss, with its query (split_request_path()); else empty
  std::optional<std::string> username;
  std::optional<Secret> password;
  TlsSettings tls;
  std::optional<Duration> connect_timeout;  ///< wins over the roster's connectTimeout
  friend bool operator==(const Server&, const Server&) = default;
};

/// In roster order, which is the order of preference.
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

/// `scheme://host:port[/path]` with canonical scheme names (tcp, mqtts, ws, wss), IPv6 in brackets,
/// never user or password: safe to show anywhere.
std::string redacted_uri(const Server& server);

/// Same scheme class (plain, TLS, WebSocket), host (letter case aside) and port: failover.md
/// section 2.
bool same_endpoint(const Server& a, const Server& b);

/// A text that two servers have in common exactly if they are the same_endpoint(): to find one
/// among many.
std::string endpoint_key(const Server& server);

}  // namespace mqfail
