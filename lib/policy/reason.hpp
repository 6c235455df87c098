// SPDX-License-Identifier: Apache-2.0
// Why an attempt or a connection ended, and what the engine does about it: the table of
// failover.md, section 3. Every code of that table has a row in reason.cpp and a test.
#pragma once

#include <string>
#include <string_view>

namespace mqfail {

/// How far an attempt came (product.md, section 6). publish: the connection was live.
enum class Phase { dns, tcp, tls, ws, connack, subscribe, publish };
std::string_view name(Phase phase);

/// What ends an attempt or a connection. The set is closed.
enum class Cause {
  dns,           ///< the host name was not resolved
  refused,       ///< TCP: connection refused, unreachable, no route
  reset,         ///< RST or another socket error on an open connection
  closed,        ///< the server closed the stream without a DISCONNECT
  timeout,       ///< the time limit of the attempt is over
  tls,           ///< the handshake or the verification failed
  ws,            ///< the upgrade failed; `code` is the HTTP status, or 0 if the answer was not HTTP
  connack,       ///< CONNACK refused; `code` is the v3 return code or the v5 reason code
  suback,        ///< a topic filter was refused; `code` is its SUBACK code
  disconnect,    ///< MQTT 5 DISCONNECT from the server; `code` is its reason code
  keepalive,     ///< the server was silent for 1.5 x keepalive
  ack_timeout,   ///< the server answers pings but does not acknowledge a message
  stale,         ///< the server answers pings but no message has come for staleTimeout
  ack_refused,   ///< PUBACK or PUBREC with 0x80, 0x83, 0x87 or 0x97: the server cannot take the
                 ///< message
  primary_host,  ///< the Sparkplug primary host is not online at this server (failover.md section
                 ///< 7)
  unfit,         ///< the server does not support what is needed (Maximum QoS, Retain Available ...)
  local,         ///< this machine could not try: no descriptor, no memory, unreadable certificate
};

std::string_view name(Cause cause);

/// One cause with its details. `text` may come from the server and is not escaped; only lib/tool
/// prints it.
struct Reason {
  Cause cause = Cause::closed;
  Phase phase = Phase::connack;
  int code = 0;  ///< MQTT code for connack, suback, disconnect, ack_refused; errno for refused,
                 ///< reset, local; milliseconds of silence for keepalive, ack_timeout, stale,
                 ///< primary_host (0: unknown, or none)
  bool mqtt5 = false;  ///< the protocol that `code` belongs to
  std::string text;
  /// The Server Reference of a CONNACK or DISCONNECT with 0x9C or 0x9D (MQTT 5, section 4.13), as
  /// the server wrote it.
  std::string reference;
};

/// What the engine does about it (failover.md, section 3).
enum class Verdict {
  next,      ///< the next server at once
  cool,      ///< the next server; this server rests for a back-off of its own
  auth,      ///< the next server; the run ends (77) if every server of a pass has this verdict
  redirect,  ///< MQTT 5 Server Reference, section 6; without a usable one as `next`
  ours,      ///< no server will do better: stop with the reason
  older_protocol,  ///< the same server once more, with MQTT 3.1.1
  taken_over,      ///< another client uses our client id: stop with the reason
};

std::string_view name(Verdict verdict);

/// The table. `version_fixed`: -V was given, or the attempt used 3.1.1 already, so older_protocol
/// is not possible. `live`: the connection was in use. The value of a CONNACK code alone says
/// whether it belongs to MQTT 3 (1 to 5) or MQTT 5 (0x80 and above), because a server that supports
/// only MQTT 3 answers a MQTT 5 CONNECT with an MQTT 3 code.
Verdict verdict(const Reason& reason, bool version_fixed, bool live);

/// One line for people: "connection refused", "not authorized (0x87)", "silent for 3.0 s".
/// It never contains `reason.text`, because that may come from the server and is escaped apart.
std::string describe(const Reason& reason);

/// The server has the message, and nobody is subscribed to its topic (MQTT 5, 3.4.2.1 and 3.5.2.1):
/// a reason code of PUBACK and PUBREC that is no error.
inline constexpr int kNoMatchingSubscribers = 0x10;

/// An MQTT 5 reason code for people: 0x87 "not authorized (0x87)".
std::string mqtt5_reason(int code);
/// The name of an MQTT 5 reason code (MQTT 5, 2.4), in lower case: 0x87 "not authorized".
std::string_view mqtt5_reason_name(int code);
/// The name of a CONNACK return code (MQTT 3.1.1, 3.2.2.3): 5 "not authorized".
std::string_view mqtt3_return_name(int code);

}  // namespace mqfail
