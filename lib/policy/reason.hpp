// SPDX-License-Identifier: Apache-2.0
// Why an attempt or a connection ended, and what that means for the roster. The table of
// failover.md section 3 is written here once; every code of it is a row and has a test.
#pragma once

#include <string>
#include <string_view>

namespace mqfail {

/// How far an attempt had come (product.md section 6). publish: after the connection was in use.
enum class Phase { dns, tcp, tls, ws, connack, subscribe, publish };
std::string_view name(Phase phase);

/// The closed set of things that end an attempt or a connection.
enum class Cause {
  dns,          ///< name did not resolve
  refused,      ///< TCP: connection refused, unreachable, no route
  reset,        ///< RST or another socket error on an open connection
  closed,       ///< end of stream without a word
  timeout,      ///< the attempt's time bound ran out
  tls,          ///< handshake or verification failed
  ws,           ///< no WebSocket: `code` is the HTTP status, 0 if the answer was none
  connack,      ///< CONNACK refused; `code` is the v3 return code or the v5 reason code
  suback,       ///< a filter was refused; `code` is its SUBACK code
  disconnect,   ///< MQTT 5 DISCONNECT from the server; `code` is its reason code
  keepalive,    ///< silent for 1.5 x keepalive
  ack_timeout,  ///< answers pings but leaves a message unacknowledged
  ack_refused,  ///< PUBACK/PUBREC of 0x80, 0x83, 0x87, 0x97: the server cannot take the message
  unfit,        ///< cannot keep what was asked (Maximum QoS, Retain Available ...)
  local,        ///< we could not even try: no descriptor, no memory, unreadable certificate
};

std::string_view name(Cause cause);

/// Why. `text` is ours or the server's and is not yet escaped; only lib/tool prints it.
struct Reason {
  Cause cause = Cause::closed;
  Phase phase = Phase::connack;
  int code = 0;  ///< MQTT code for connack, suback, disconnect, ack_refused; errno for refused,
                 ///< reset, local; milliseconds of silence for keepalive, ack_timeout (0: unknown)
  bool mqtt5 = false;  ///< the protocol that `code` belongs to
  std::string text;
};

/// What to do about it (failover.md section 3).
enum class Verdict {
  next,            ///< the next server at once
  cool,            ///< the next server; this one rests for a back-off of its own
  auth,            ///< the next server; a pass in which every server says so ends the run (77)
  redirect,        ///< MQTT 5 server reference, section 6 (treated as next until that is built)
  ours,            ///< no server will do better: stop with the reason
  older_protocol,  ///< once more on the same server with MQTT 3.1.1, remembered for it
  taken_over,      ///< somebody else uses our client id: stop with the reason
};

std::string_view name(Verdict verdict);

/// The table. `version_fixed`: -V was given or the attempt spoke 3.1.1 already, so that nothing
/// falls back. `live`: the connection was in use. The class of a CONNACK code is told by its value
/// alone (MQTT 3 has 1 to 5, MQTT 5 starts at 0x80), because a server that speaks only MQTT 3
/// answers a MQTT 5 CONNECT in its own tongue.
Verdict verdict(const Reason& reason, bool version_fixed, bool live);

/// One line for people: "connection refused", "not authorized (0x87)", "silent for 3.0 s".
/// Never contains `reason.text`, which may be a server's: that is kept apart so that it can be
/// shown escaped.
std::string describe(const Reason& reason);

/// The name of an MQTT 5 reason code as in the standard, in lower case: 0x87 "not authorized".
std::string_view mqtt5_reason_name(int code);
/// The name of an MQTT 3.1.1 CONNACK return code: 5 "not authorized".
std::string_view mqtt3_return_name(int code);

}  // namespace mqfail
