// SPDX-License-Identifier: Apache-2.0
// What is known of a connection, as the wire saw it: how far it came, what the server said, how it
// ended. Facts only; ../end_reason.hpp says what they mean.
#pragma once

#include <string>

#include "base/time.hpp"
#include "transport/wire/websocket_upgrade.hpp"

namespace mqfail {

/// How a connection came to its end.
enum class WireEnd {
  open,           ///< it has not
  end_of_stream,  ///< the server closed it
  error,          ///< the operating system or OpenSSL reported an error
  silent,         ///< the server was silent for too long (keepalive.hpp)
  disconnect,     ///< the server sent DISCONNECT
  nonsense,       ///< the server sent what it must not send
  refused,        ///< the server would not become a WebSocket
  shut            ///< we ended it
};

struct TlsFacts {
  std::string version;    ///< "TLSv1.3"; empty: plain
  std::string not_after;  ///< of the server certificate, RFC 3339
  bool resumed = false;   ///< a session of an earlier connection was resumed
};

/// The strings that come from the server are untrusted.
struct WireFacts {
  WireEnd end = WireEnd::open;
  int error = 0;      ///< errno, if the end has one
  TimePoint made{};   ///< when the TCP connection was handed to the wire
  TimePoint spoke{};  ///< when CONNECT was written: TCP, and TLS if any, are through
  TimePoint web{};    ///< when the server agreed to be a WebSocket
  TlsFacts tls;
  std::string tls_failure;     ///< in words; empty: none
  UpgradeFailure web_failure;  ///< why it is no WebSocket (any more), in words
  /// The CONNACK behind its remaining length: flags, code and, on MQTT 5, properties. Empty until
  /// it has come. Paho hides the flags on MQTT 5, and the properties of one that refuses.
  std::string connack;
  std::string first_bytes;  ///< of a server that ends by nonsense at its first bytes; else empty
  /// How the server broke the protocol ("SUBACK of 2 bytes"); empty if what it sent was never MQTT.
  std::string flaw;
  std::string disconnect_packet;  ///< the server's DISCONNECT from its first byte; empty: none

  /// The epoch stands for "it has not happened".
  bool has_spoken() const { return spoke != TimePoint(); }
  bool is_web_socket() const { return web != TimePoint(); }
};

}  // namespace mqfail
