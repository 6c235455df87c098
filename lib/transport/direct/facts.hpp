// SPDX-License-Identifier: Apache-2.0
// What a probe learns of a server: the times of the phases, what its CONNACK says of its limits,
// and who it is by its certificate. The texts come from the server and are untrusted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "policy/server.hpp"

namespace mqfail {

/// What an accepted CONNACK says (MQTT 5, section 3.2.2.3). What it leaves out has the value that
/// the standard gives it. MQTT 3 tells only `session_present`.
struct ServerFeatures {
  bool session_present = false;
  std::uint16_t receive_maximum = 65535;
  int maximum_qos = 2;
  bool retain = true;
  std::uint32_t maximum_packet_size = 0;  ///< 0: no limit
  std::uint16_t topic_alias_maximum = 0;
  bool wildcards = true;
  bool subscription_ids = true;
  bool shared = true;
  std::optional<std::uint16_t> keepalive;       ///< seconds; empty: as the client asks
  std::optional<std::uint32_t> session_expiry;  ///< seconds; empty: as the client asks
  std::string assigned_client_id;               ///< empty: none
  std::string reason;                           ///< Reason String
  std::string server_reference;
  friend bool operator==(const ServerFeatures&, const ServerFeatures&) = default;
};

/// `connack` is the packet behind its remaining length, well formed and accepting.
ServerFeatures read_features(std::string_view connack, Protocol protocol);

/// Of the TLS connection; `version` is empty if there is none.
struct TlsPeer {
  std::string version;  ///< "TLSv1.3"
  std::string cipher;   ///< OpenSSL's name
  std::string subject;  ///< of the certificate, RFC 2253
  std::string issuer;
  std::string not_after;                ///< RFC 3339
  std::optional<std::int64_t> expires;  ///< the same in seconds since 1970
  friend bool operator==(const TlsPeer&, const TlsPeer&) = default;
};

struct DirectFacts {
  Protocol protocol = Protocol::mqtt5;
  std::string address;  ///< numeric host:port that answered; empty: none has
  /// How long each phase took that was gone through.
  std::optional<Duration> dns, tcp, tls, ws, connack;
  ServerFeatures features;
  TlsPeer peer;
};

}  // namespace mqfail
