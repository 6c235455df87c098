// SPDX-License-Identifier: Apache-2.0
// What a server's words mean: the facts in its CONNACK, why it refused, why the connection ended,
// and what its DISCONNECT says.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "certificates/tls_files.hpp"
#include "transport/connection.hpp"
#include "transport/paho_seams/properties.hpp"

namespace mqfail {
namespace {

/// A CONNACK behind its fixed header: flags, code and, on MQTT 5, properties (section 3.2). The
/// packet filter has seen that it is well formed.
struct Connack {
  bool session_present = false;
  bool mqtt3_form = false;  ///< no properties: from a server that knows no MQTT 5
  int code = 0;
  std::string reason;  ///< Reason String of the server
};

std::optional<Connack> read_connack(const std::string& packet, Protocol protocol) {
  if (packet.empty()) return std::nullopt;
  Connack connack{(static_cast<std::uint8_t>(packet[0]) & 1U) != 0, packet.size() == 2,
                  static_cast<std::uint8_t>(packet[1]), ""};
  if (protocol == Protocol::mqtt5 && !connack.mqtt3_form) {
    connack.reason = text_property(std::string_view(packet).substr(2), property::reason_string);
  }
  return connack;
}

// What it is that a server speaks instead of MQTT, by its first bytes.
std::string not_mqtt(const std::string& bytes, Scheme scheme) {
  const bool web = is_web_socket(scheme);
  // A TLS record: alert or handshake (RFC 8446 section 5.1). MQTT servers begin none so.
  if (!is_tls(scheme) && !bytes.empty() && (bytes[0] == 0x15 || bytes[0] == 0x16)) {
    return std::string("the server answers in TLS: write ") + (web ? "wss://" : "mqtts://");
  }
  if (!web && bytes.starts_with("HTTP/")) {
    return std::string("the server answers in HTTP; for MQTT over WebSocket write ") +
           (is_tls(scheme) ? "wss://" : "ws://");
  }
  return "the server sent something that is not MQTT";
}

// Why a server may have ended the connection without a word. OpenSSL's servers send no alert to
// who does not speak TLS.
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

}  // namespace

void Connection::learn(const MQTTResponse& response, const Dialled& dialled) {
  const auto connack = read_connack(wire_->connack(), protocol_);
  facts_.protocol = protocol_;
  facts_.session_present = connack && connack->session_present && protocol_ != Protocol::mqtt31;
  facts_.address = dialled.address;
  facts_.dns = dialled.dns;
  facts_.tcp = dialled.tcp;
  facts_.tls_version = wire_->tls_version();
  facts_.tls_not_after = wire_->tls_not_after();
  facts_.tls_resumed = wire_->tls_resumed();
  TimePoint spoke = wire_->spoke_at();
  if (is_tls(server_.scheme)) facts_.tls = spoke - wire_->made_at();
  if (is_web_socket(server_.scheme)) {
    facts_.ws = wire_->web_since() - spoke;
    spoke = wire_->web_since();
  }
  facts_.connack = wire_now() - spoke;
  const MQTTProperties* const list = response.properties;
  facts_.receive_maximum = static_cast<std::uint16_t>(
      number_of(list, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM).value_or(65535));
  facts_.maximum_packet_size = number_of(list, MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE).value_or(0);
  facts_.maximum_qos = static_cast<int>(number_of(list, MQTTPROPERTY_CODE_MAXIMUM_QOS).value_or(2));
  facts_.retain_available = number_of(list, MQTTPROPERTY_CODE_RETAIN_AVAILABLE).value_or(1) != 0;
  subscription_ids_ =
      protocol_ == Protocol::mqtt5 &&
      number_of(list, MQTTPROPERTY_CODE_SUBSCRIPTION_IDENTIFIERS_AVAILABLE).value_or(1) != 0;
  facts_.assigned_client_id = text_of(list, MQTTPROPERTY_CODE_ASSIGNED_CLIENT_IDENTIFER);
  // Paho 1.3.12 ignores the server's keepalive (upstream issue 1421); the server does not.
  if (const auto keepalive = number_of(list, MQTTPROPERTY_CODE_SERVER_KEEP_ALIVE)) {
    wire_->promise_keepalive(std::chrono::seconds(*keepalive));
  }
}

Reason Connection::connect_failure(int code, const std::string& tls_error) const {
  const auto connack = read_connack(wire_->connack(), protocol_);
  if (connack && connack->code != 0) {
    const bool mqtt5 = protocol_ == Protocol::mqtt5 && !connack->mqtt3_form;
    return {Cause::connack, Phase::connack, connack->code, mqtt5, connack->reason};
  }
  if (!wire_->spoke()) {
    if (!is_tls(server_.scheme)) {
      return {Cause::local, Phase::tcp, code, false, "the connection could not be set up"};
    }
    std::string text = wire_->tls_failure();
    // No handshake at all: a file that has gone bad since the start, in the words of the start.
    if (text.empty()) {
      if (const auto good = check_tls_files(server_.tls); !good) text = good.error().message;
    }
    if (text.empty()) text = tls_error;
    if (text.empty()) text = "connection closed during the TLS handshake";
    return {Cause::tls, Phase::tls, 0, false, std::move(text)};
  }
  if (std::string text = wire_->tls_failure(); !text.empty() && wire_->connack().empty())
    return {Cause::tls, Phase::tls, 0, false, std::move(text)};
  if (is_web_socket(server_.scheme) && wire_->web_since() == TimePoint()) {
    Reason reason = loss();
    reason.phase = Phase::ws;
    const bool ended = reason.cause == Cause::closed || reason.cause == Cause::reset;
    if (ended && reason.text.empty()) reason.text = unanswered(server_.scheme, protocol_);
    return reason;
  }
  Reason reason = loss();
  reason.phase = Phase::connack;
  const bool ended = reason.cause == Cause::closed || reason.cause == Cause::reset;
  if (ended && reason.text.empty() && !is_web_socket(server_.scheme))
    reason.text = unanswered(server_.scheme, protocol_);
  return reason;
}

Reason Connection::loss() const {
  UpgradeFailure web = wire_->web_end();
  switch (wire_->end()) {
    case WireEnd::end_of_stream:
    case WireEnd::shut:
      return {Cause::closed, Phase::publish, 0, false, std::move(web.text)};
    case WireEnd::error:
      return {Cause::reset, Phase::publish, wire_->error_number(), false, {}};
    case WireEnd::silent:
      return {Cause::keepalive, Phase::publish, 0, false, {}};
    case WireEnd::disconnect:
      return disconnect_packet();
    case WireEnd::refused:
      return {Cause::ws, Phase::ws, web.status, false, std::move(web.text)};
    case WireEnd::nonsense:
      if (web.text.empty() && !wire_->flaw().empty()) {
        web.text = "the server broke the protocol: " + wire_->flaw();
      }
      break;
    case WireEnd::open:
      break;
  }
  if (web.text.empty()) web.text = not_mqtt(wire_->refused_bytes(), server_.scheme);
  return {Cause::closed, Phase::publish, 0, false, std::move(web.text)};
}

// A DISCONNECT is fixed header, remaining length, reason code and properties; the last two may be
// left out (MQTT 5 section 3.14).
Reason Connection::disconnect_packet() const {
  const std::string_view packet = wire_->disconnect_packet();
  std::size_t at = 1;
  while ((static_cast<std::uint8_t>(packet[at++]) & 0x80U) != 0) {
  }
  const int code = at < packet.size() ? static_cast<std::uint8_t>(packet[at++]) : 0;
  return {Cause::disconnect, Phase::publish, code, true,
          text_property(packet.substr(at), property::reason_string)};
}

}  // namespace mqfail
