// SPDX-License-Identifier: Apache-2.0
#include "transport/end_reason.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "certificates/tls_files.hpp"
#include "transport/wire/properties.hpp"

namespace mqfail {
namespace {

// A CONNACK behind its fixed header: flags, code and, on MQTT 5, properties (section 3.2). The
// packet filter has seen that it is well formed.
struct Connack {
  bool mqtt3_form = false;  ///< no properties: from a server that knows no MQTT 5
  int code = 0;
  std::string reason;     ///< Reason String of the server
  std::string reference;  ///< Server Reference
};

std::optional<Connack> read_connack(const std::string& packet, Protocol protocol) {
  if (packet.empty()) return std::nullopt;
  Connack connack{packet.size() == 2, static_cast<std::uint8_t>(packet[1]), "", ""};
  if (protocol == Protocol::mqtt5 && !connack.mqtt3_form) {
    const std::string_view properties = std::string_view(packet).substr(2);
    connack.reason = text_property(properties, property::reason_string);
    connack.reference = text_property(properties, property::server_reference);
  }
  return connack;
}

// Which protocol a server speaks instead of MQTT, by its first bytes.
std::string not_mqtt(const std::string& bytes, Scheme scheme) {
  const bool web = is_web_socket(scheme);
  // A TLS record: alert or handshake (RFC 8446 section 5.1). No MQTT packet of a server begins
  // with these bytes.
  if (!is_tls(scheme) && !bytes.empty() && (bytes[0] == 0x15 || bytes[0] == 0x16)) {
    return std::string("the server answers in TLS: write ") + (web ? "wss://" : "mqtts://");
  }
  if (!web && bytes.starts_with("HTTP/")) {
    return std::string("the server answers in HTTP; for MQTT over WebSocket write ") +
           (is_tls(scheme) ? "wss://" : "ws://");
  }
  return "the server sent something that is not MQTT";
}

// Why a server may have ended the connection without an answer. OpenSSL's servers send no alert to
// a client that does not speak TLS.
std::string unanswered(Scheme scheme, Protocol protocol) {
  switch (scheme) {
    case Scheme::tcp:
      return protocol == Protocol::mqtt5
                 ? "the port may want TLS (mqtts://), or the server speaks no MQTT 5"
                 : "the port may want TLS (mqtts://)";
    case Scheme::ws:
      return "the port may want TLS (wss://), or it is not for WebSocket";
    case Scheme::wss:
      return "the port may not be for WebSocket";
    case Scheme::tls:
      break;
  }
  return {};
}

// A DISCONNECT is fixed header, remaining length, reason code and properties; the last two may be
// left out (MQTT 5 section 3.14).
Reason reason_of_disconnect(std::string_view packet) {
  std::size_t at = 1;
  while ((static_cast<std::uint8_t>(packet[at++]) & 0x80U) != 0) {
  }
  const int code = at < packet.size() ? static_cast<std::uint8_t>(packet[at++]) : 0;
  return {Cause::disconnect,
          Phase::publish,
          code,
          true,
          text_property(packet.substr(at), property::reason_string),
          text_property(packet.substr(at), property::server_reference)};
}

// No CONNECT was written.
Reason transport_failure(const WireFacts& facts, const Server& server, int code,
                         const std::string& tls_error) {
  if (!is_tls(server.scheme)) {
    return {Cause::local, Phase::tcp, code, false, "the connection could not be set up"};
  }
  std::string text = facts.tls_failure;
  // No handshake at all: a file that has gone bad since the start, in the words of the start.
  if (text.empty()) {
    if (const auto good = check_tls_files(server.tls); !good) text = good.error().message;
  }
  if (text.empty()) text = tls_error;
  if (text.empty()) text = "connection closed during the TLS handshake";
  return {Cause::tls, Phase::tls, 0, false, std::move(text)};
}

}  // namespace

Reason connect_failure(const WireFacts& facts, const Server& server, Protocol protocol, int code,
                       const std::string& tls_error) {
  const auto connack = read_connack(facts.connack, protocol);
  if (connack && connack->code != 0) {
    const bool mqtt5 = protocol == Protocol::mqtt5 && !connack->mqtt3_form;
    return {Cause::connack, Phase::connack,  connack->code,
            mqtt5,          connack->reason, connack->reference};
  }
  if (!facts.has_spoken()) return transport_failure(facts, server, code, tls_error);
  // With TLS 1.3 a server refuses a client certificate only when the handshake is through.
  if (!connack && !facts.tls_failure.empty()) {
    return {Cause::tls, Phase::tls, 0, false, facts.tls_failure};
  }
  Reason reason = loss(facts, server.scheme);
  const bool web = is_web_socket(server.scheme);
  const bool upgrading = web && !facts.is_web_socket();
  reason.phase = upgrading ? Phase::ws : Phase::connack;
  const bool ended = reason.cause == Cause::closed || reason.cause == Cause::reset;
  if (ended && reason.text.empty() && (upgrading || !web)) {
    reason.text = unanswered(server.scheme, protocol);
  }
  return reason;
}

Reason loss(const WireFacts& facts, Scheme scheme) {
  std::string text = facts.web_failure.text;
  switch (facts.end) {
    case WireEnd::end_of_stream:
    case WireEnd::shut:
      return {Cause::closed, Phase::publish, 0, false, std::move(text)};
    case WireEnd::error:
      return {Cause::reset, Phase::publish, facts.error, false, {}};
    case WireEnd::silent:
      return {Cause::keepalive, Phase::publish, 0, false, {}};
    case WireEnd::disconnect:
      return reason_of_disconnect(facts.disconnect_packet);
    case WireEnd::refused:
      return {Cause::ws, Phase::ws, facts.web_failure.status, false, std::move(text)};
    case WireEnd::nonsense:
      if (text.empty() && !facts.flaw.empty()) {
        text = "the server broke the protocol: " + facts.flaw;
      }
      break;
    case WireEnd::open:  // nothing has ended it but Paho
      if (!facts.connack.empty() && text.empty())
        text = "the MQTT library has ended the connection";
      break;
  }
  if (text.empty()) text = not_mqtt(facts.first_bytes, scheme);
  return {Cause::closed, Phase::publish, 0, false, std::move(text)};
}

}  // namespace mqfail
