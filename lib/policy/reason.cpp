// SPDX-License-Identifier: Apache-2.0
// The table of failover.md, section 3: one row for each code. A code without a row means `next`.
#include "policy/reason.hpp"

namespace mqfail {
namespace {

Verdict connack_verdict(int code, bool version_fixed) {
  switch (code) {
    case 1:     // v3: unacceptable protocol version
    case 0x84:  // v5: unsupported protocol version
      return version_fixed ? Verdict::ours : Verdict::older_protocol;
    case 2:     // v3: identifier rejected
    case 0x81:  // malformed packet
    case 0x82:  // protocol error
    case 0x85:  // client identifier not valid
    case 0x95:  // packet too large
    case 0x99:  // payload format invalid
      return Verdict::ours;
    case 4:     // v3: bad user name or password
    case 5:     // v3: not authorized
    case 0x86:  // bad user name or password
    case 0x87:  // not authorized
    case 0x8A:  // banned
    case 0x8C:  // bad authentication method
      return Verdict::auth;
    case 0x89:  // server busy
    case 0x97:  // quota exceeded
    case 0x9F:  // connection rate exceeded
      return Verdict::cool;
    case 0x9C:  // use another server
    case 0x9D:  // server moved
      return Verdict::redirect;
    case 3:     // v3: server unavailable
    case 0x88:  // server unavailable
    case 0x8B:  // server shutting down
    default:
      return Verdict::next;
  }
}

}  // namespace

Verdict verdict(const Reason& reason, bool version_fixed, bool live) {
  switch (reason.cause) {
    case Cause::connack:
      return connack_verdict(reason.code, version_fixed);
    case Cause::disconnect:
      // Before the connection is live, 0x8E may come from our own parallel attempt in one cluster.
      if (reason.code == 0x8E && live) return Verdict::taken_over;
      // On a live connection these two are about a message (failover.md, section 3, class poison).
      // publish/poison finds that message; the server is as good as before.
      if (live && (reason.code == 0x95 || reason.code == 0x99)) return Verdict::next;
      // A DISCONNECT code below 0x80 is no error, and it is not a CONNACK code of MQTT 3.
      return reason.code < 0x80 ? Verdict::next : connack_verdict(reason.code, true);
    case Cause::ack_refused:
      return Verdict::cool;  // otherwise the server is used again as soon as the next one dies
    case Cause::closed:
    case Cause::reset: {
      // ActiveMQ closes and RabbitMQ resets after a MQTT 5 CONNECT; neither says why.
      const bool unanswered = !live && reason.phase == Phase::connack;
      return unanswered && !version_fixed ? Verdict::older_protocol : Verdict::next;
    }
    case Cause::dns:
    case Cause::refused:
    case Cause::timeout:
    case Cause::tls:
    case Cause::ws:
    case Cause::suback:
    case Cause::keepalive:
    case Cause::ack_timeout:
    case Cause::stale:
    case Cause::primary_host:
    case Cause::unfit:
    case Cause::local:
      break;
  }
  return Verdict::next;
}

}  // namespace mqfail
