// SPDX-License-Identifier: Apache-2.0
// The names of reasons: short names for transcripts and JSON, one line for people.
#include <array>
#include <cerrno>
#include <charconv>

#include "policy/reason.hpp"

namespace mqfail {
namespace {

// In the order of the enumerators.
constexpr std::array<std::string_view, 7> kPhases{"dns",     "tcp",       "tls",    "ws",
                                                  "connack", "subscribe", "publish"};
constexpr std::array<std::string_view, 17> kCauses{
    "dns",   "refused",     "reset",        "closed",     "timeout",   "tls",
    "ws",    "connack",     "suback",       "disconnect", "keepalive", "ack-timeout",
    "stale", "ack-refused", "primary-host", "unfit",      "local"};
constexpr std::array<std::string_view, 7> kVerdicts{
    "next", "cool", "auth", "redirect", "ours", "older-protocol", "taken-over"};
static_assert(kPhases.size() == static_cast<std::size_t>(Phase::publish) + 1);
static_assert(kCauses.size() == static_cast<std::size_t>(Cause::local) + 1);
static_assert(kVerdicts.size() == static_cast<std::size_t>(Verdict::taken_over) + 1);

// MQTT 5, 2.4: the reason codes from 0x80 on, without a gap.
constexpr std::array<std::string_view, 35> kMqtt5Errors{
    "unspecified error",                       // 0x80
    "malformed packet",                        // 0x81
    "protocol error",                          // 0x82
    "implementation specific error",           // 0x83
    "unsupported protocol version",            // 0x84
    "client identifier not valid",             // 0x85
    "bad user name or password",               // 0x86
    "not authorized",                          // 0x87
    "server unavailable",                      // 0x88
    "server busy",                             // 0x89
    "banned",                                  // 0x8A
    "server shutting down",                    // 0x8B
    "bad authentication method",               // 0x8C
    "keep alive timeout",                      // 0x8D
    "session taken over",                      // 0x8E
    "topic filter invalid",                    // 0x8F
    "topic name invalid",                      // 0x90
    "packet identifier in use",                // 0x91
    "packet identifier not found",             // 0x92
    "receive maximum exceeded",                // 0x93
    "topic alias invalid",                     // 0x94
    "packet too large",                        // 0x95
    "message rate too high",                   // 0x96
    "quota exceeded",                          // 0x97
    "administrative action",                   // 0x98
    "payload format invalid",                  // 0x99
    "retain not supported",                    // 0x9A
    "qos not supported",                       // 0x9B
    "use another server",                      // 0x9C
    "server moved",                            // 0x9D
    "shared subscriptions not supported",      // 0x9E
    "connection rate exceeded",                // 0x9F
    "maximum connect time",                    // 0xA0
    "subscription identifiers not supported",  // 0xA1
    "wildcard subscriptions not supported",    // 0xA2
};
// MQTT 3.1.1, 3.2.2.3: the return codes of CONNACK from 0 on.
constexpr std::array<std::string_view, 6> kMqtt3Returns{
    "accepted",           "unacceptable protocol version", "identifier rejected",
    "server unavailable", "bad user name or password",     "not authorized"};

std::string hex(int code) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), code, 16).ptr;
  for (char* c = digits.data(); c != end; ++c) {
    if (*c >= 'a') *c = static_cast<char>(*c - 'a' + 'A');
  }
  const std::string text(digits.data(), end);
  return (text.size() < 2 ? "0x0" : "0x") + text;
}

std::string socket_error(std::string_view otherwise, int number) {
  switch (number) {
    case 0:
      return std::string(otherwise);
    case ECONNREFUSED:
      return "connection refused";
    case ECONNRESET:
      return "connection reset";
    case EHOSTUNREACH:
      return "no route to host";
    case ENETUNREACH:
      return "network unreachable";
    case EOVERFLOW:
      return "the server does not read its acknowledgements";
    case EPIPE:
      return "broken pipe";
    case ETIMEDOUT:
      return "connection timed out";
    case EADDRNOTAVAIL:
      return "this machine has no address or no port for it";
    case EAFNOSUPPORT:
      return "this machine has no IPv6 or no IPv4";
    case EMFILE:
    case ENFILE:
      return "too many open files";
    case EAGAIN:
      return "no thread can be started (ulimit -u)";
    case ENOMEM:
      return "out of memory";
    case EACCES:
    case EPERM:
      return "permission denied";
    default:
      return std::string(otherwise) + " (errno " + std::to_string(number) + ")";
  }
}

std::string silence(std::string_view what, int milliseconds) {
  std::string out(what);
  if (milliseconds <= 0) return out;
  const int tenths = (milliseconds + 50) / 100;
  return out + " for " + std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

std::string upgrade(int status) {
  const auto refused = [status](const char* why) {
    return std::string(why) + " (HTTP " + std::to_string(status) + ")";
  };
  switch (status) {
    case 0:
      return "WebSocket upgrade failed";
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      return refused("redirected, which is not followed");
    case 401:
    case 403:
      return refused("not authorized");
    case 404:
      return refused("no WebSocket at this path");
    case 502:
    case 503:
    case 504:
      return refused("server unavailable");
    default:
      return refused("WebSocket upgrade refused");
  }
}

}  // namespace

std::string_view name(Phase phase) {
  return kPhases.at(static_cast<std::size_t>(phase));
}

std::string_view name(Cause cause) {
  return kCauses.at(static_cast<std::size_t>(cause));
}

std::string_view name(Verdict verdict) {
  return kVerdicts.at(static_cast<std::size_t>(verdict));
}

std::string describe(const Reason& reason) {
  switch (reason.cause) {
    case Cause::dns:
      return "name not resolved";
    case Cause::refused:
      if (reason.code == EINVAL)  // connect(2) to fe80::/10
        return "a link-local address needs its network interface, as in fe80::1%eth0";
      return socket_error("connection refused", reason.code);
    case Cause::reset:
      return socket_error("connection reset", reason.code);
    case Cause::closed:
      return reason.phase == Phase::connack ? "closed without an answer" : "closed by the server";
    case Cause::timeout:
      return "timed out";
    case Cause::tls:
      return "TLS failed";
    case Cause::ws:
      return upgrade(reason.code);
    case Cause::connack:
      if (reason.code >= 0x80) return mqtt5_reason(reason.code);
      return std::string(mqtt3_return_name(reason.code)) + " (" + std::to_string(reason.code) + ")";
    case Cause::suback:
      return "subscription refused: " + mqtt5_reason(reason.code);
    case Cause::disconnect:
      return "server disconnected: " + mqtt5_reason(reason.code);
    case Cause::keepalive:
      return silence("silent", reason.code);
    case Cause::ack_timeout:
      return silence("no acknowledgement", reason.code);
    case Cause::stale:
      return silence("no message", reason.code);
    case Cause::ack_refused:
      return "message refused: " + mqtt5_reason(reason.code);
    case Cause::primary_host:
      if (reason.code > 0) return silence("no STATE of the primary host", reason.code);
      return "the primary host is not online there";
    case Cause::unfit:
      return "server cannot keep what was asked";
    case Cause::local:
      return socket_error("could not try", reason.code);
  }
  return "";
}

std::string mqtt5_reason(int code) {
  return std::string(mqtt5_reason_name(code)) + " (" + hex(code) + ")";
}

std::string_view mqtt5_reason_name(int code) {
  if (code == 0x00) return "normal disconnection";
  if (code == 0x04) return "disconnect with will message";
  const auto place = static_cast<std::size_t>(code - 0x80);
  return code >= 0x80 && place < kMqtt5Errors.size() ? kMqtt5Errors.at(place) : "unknown reason";
}

std::string_view mqtt3_return_name(int code) {
  const auto place = static_cast<std::size_t>(code);
  return place < kMqtt3Returns.size() ? kMqtt3Returns.at(place) : "unknown return code";
}

}  // namespace mqfail
