// SPDX-License-Identifier: Apache-2.0
// What reasons are called: short names for the transcript and JSON, one line for people.
#include <array>
#include <cerrno>
#include <charconv>

#include "policy/reason.hpp"

namespace mqfail {
namespace {

std::string hex(int code) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), code, 16).ptr;
  for (char* c = digits.data(); c != end; ++c) {
    if (*c >= 'a') *c = static_cast<char>(*c - 'a' + 'A');
  }
  const std::string text(digits.data(), end);
  return (text.size() < 2 ? "0x0" : "0x") + text;
}

std::string coded(std::string_view prefix, int code) {
  std::string out(prefix);
  out += mqtt5_reason_name(code);
  return out + " (" + hex(code) + ")";
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
    case EPIPE:
      return "broken pipe";
    case ETIMEDOUT:
      return "connection timed out";
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
  switch (phase) {
    case Phase::dns:
      return "dns";
    case Phase::tcp:
      return "tcp";
    case Phase::tls:
      return "tls";
    case Phase::ws:
      return "ws";
    case Phase::connack:
      return "connack";
    case Phase::subscribe:
      return "subscribe";
    case Phase::publish:
      return "publish";
  }
  return "";
}

std::string_view name(Cause cause) {
  switch (cause) {
    case Cause::dns:
      return "dns";
    case Cause::refused:
      return "refused";
    case Cause::reset:
      return "reset";
    case Cause::closed:
      return "closed";
    case Cause::timeout:
      return "timeout";
    case Cause::tls:
      return "tls";
    case Cause::ws:
      return "ws";
    case Cause::connack:
      return "connack";
    case Cause::suback:
      return "suback";
    case Cause::disconnect:
      return "disconnect";
    case Cause::keepalive:
      return "keepalive";
    case Cause::ack_timeout:
      return "ack-timeout";
    case Cause::ack_refused:
      return "ack-refused";
    case Cause::unfit:
      return "unfit";
    case Cause::local:
      return "local";
  }
  return "";
}

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::next:
      return "next";
    case Verdict::cool:
      return "cool";
    case Verdict::auth:
      return "auth";
    case Verdict::redirect:
      return "redirect";
    case Verdict::ours:
      return "ours";
    case Verdict::older_protocol:
      return "older-protocol";
    case Verdict::taken_over:
      return "taken-over";
  }
  return "";
}

std::string describe(const Reason& reason) {
  switch (reason.cause) {
    case Cause::dns:
      return "name not resolved";
    case Cause::refused:
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
      if (reason.code >= 0x80) return coded("", reason.code);
      return std::string(mqtt3_return_name(reason.code)) + " (" + std::to_string(reason.code) + ")";
    case Cause::suback:
      return coded("subscription refused: ", reason.code);
    case Cause::disconnect:
      return coded("server disconnected: ", reason.code);
    case Cause::keepalive:
      return silence("silent", reason.code);
    case Cause::ack_timeout:
      return silence("no acknowledgement", reason.code);
    case Cause::ack_refused:
      return coded("message refused: ", reason.code);
    case Cause::unfit:
      return "server cannot keep what was asked";
    case Cause::local:
      return socket_error("could not try", reason.code);
  }
  return "";
}

std::string_view mqtt5_reason_name(int code) {
  switch (code) {
    case 0x00:
      return "normal disconnection";
    case 0x04:
      return "disconnect with will message";
    case 0x80:
      return "unspecified error";
    case 0x81:
      return "malformed packet";
    case 0x82:
      return "protocol error";
    case 0x83:
      return "implementation specific error";
    case 0x84:
      return "unsupported protocol version";
    case 0x85:
      return "client identifier not valid";
    case 0x86:
      return "bad user name or password";
    case 0x87:
      return "not authorized";
    case 0x88:
      return "server unavailable";
    case 0x89:
      return "server busy";
    case 0x8A:
      return "banned";
    case 0x8B:
      return "server shutting down";
    case 0x8C:
      return "bad authentication method";
    case 0x8D:
      return "keep alive timeout";
    case 0x8E:
      return "session taken over";
    case 0x8F:
      return "topic filter invalid";
    case 0x90:
      return "topic name invalid";
    case 0x91:
      return "packet identifier in use";
    case 0x92:
      return "packet identifier not found";
    case 0x93:
      return "receive maximum exceeded";
    case 0x94:
      return "topic alias invalid";
    case 0x95:
      return "packet too large";
    case 0x96:
      return "message rate too high";
    case 0x97:
      return "quota exceeded";
    case 0x98:
      return "administrative action";
    case 0x99:
      return "payload format invalid";
    case 0x9A:
      return "retain not supported";
    case 0x9B:
      return "qos not supported";
    case 0x9C:
      return "use another server";
    case 0x9D:
      return "server moved";
    case 0x9E:
      return "shared subscriptions not supported";
    case 0x9F:
      return "connection rate exceeded";
    case 0xA0:
      return "maximum connect time";
    case 0xA1:
      return "subscription identifiers not supported";
    case 0xA2:
      return "wildcard subscriptions not supported";
    default:
      return "unknown reason";
  }
}

std::string_view mqtt3_return_name(int code) {
  switch (code) {
    case 0:
      return "accepted";
    case 1:
      return "unacceptable protocol version";
    case 2:
      return "identifier rejected";
    case 3:
      return "server unavailable";
    case 4:
      return "bad user name or password";
    case 5:
      return "not authorized";
    default:
      return "unknown return code";
  }
}

}  // namespace mqfail
