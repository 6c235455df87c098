// SPDX-License-Identifier: Apache-2.0
// The one interface through which bytes leave and arrive. Behind it is Paho (paho_transport) or a
// script (tests). It takes no decision: it does what it is told and says what happened.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/guest.hpp"
#include "base/secret.hpp"
#include "policy/event.hpp"
#include "policy/server.hpp"
#include "transport/message.hpp"

namespace mqfail {

/// Most messages that may be unacknowledged on one connection. With more, Paho would sleep inside
/// publish(), in the session's thread.
inline constexpr int kLargestWindow = 60000;

/// The largest subscription identifier (MQTT 5, 3.8.2.1.2).
inline constexpr std::uint32_t kLargestIdentifier = 268'435'455;

struct Subscription {
  std::string filter;
  int qos = 0;
  bool no_local = false;             ///< MQTT 5
  bool retain_as_published = false;  ///< MQTT 5
  int retain_handling = 0;           ///< MQTT 5: 0 send, 1 if new, 2 never
  /// Filters with different ones go out in SUBSCRIBEs of their own, where the server knows
  /// subscription identifiers (MQTT 5, 3.8.2.1.2). 0: none; then none of the others has one.
  std::uint32_t identifier = 0;
  friend bool operator==(const Subscription&, const Subscription&) = default;
};

/// A topic in which the run itself is interested, besides what the user subscribes to. Its messages
/// go to TransportListener::heard().
struct Watched {
  std::string topic;    ///< a topic name, without wildcards
  bool needed = false;  ///< all must be granted, or the attempt fails; else a refusal is a fact
  friend bool operator==(const Watched&, const Watched&) = default;
};

struct Will {
  std::string topic;
  std::string payload;
  int qos = 0;
  bool retain = false;
  MessageProperties properties;
  std::optional<std::uint32_t> delay;  ///< seconds, MQTT 5
  friend bool operator==(const Will&, const Will&) = default;
};

/// MQTT 5 properties of our CONNECT that the user set (-D CONNECT ...), and -x.
struct ConnectProperties {
  std::optional<std::uint32_t> session_expiry;  ///< seconds; 0xffffffff: never
  std::optional<std::uint16_t> receive_maximum;
  std::optional<std::uint32_t> maximum_packet_size;
  std::optional<std::uint16_t> topic_alias_maximum;
  std::optional<bool> request_problem_information;
  std::optional<bool> request_response_information;
  std::optional<std::string> authentication_method;
  std::optional<Secret> authentication_data;
  std::vector<std::pair<std::string, std::string>> user;
  std::vector<std::uint8_t> order;  ///< of what the user set, see property_order.hpp
  friend bool operator==(const ConnectProperties&, const ConnectProperties&) = default;
};

/// MQTT 5 properties of our SUBSCRIBE, UNSUBSCRIBE or DISCONNECT that the user set. Each packet has
/// some of them.
struct PacketProperties {
  std::uint32_t subscription_id = 0;            ///< SUBSCRIBE; 0: none
  std::optional<std::uint32_t> session_expiry;  ///< DISCONNECT, seconds
  std::optional<std::string> reason;            ///< DISCONNECT
  std::vector<std::pair<std::string, std::string>> user;
  std::vector<std::uint8_t> order;  ///< see property_order.hpp
  friend bool operator==(const PacketProperties&, const PacketProperties&) = default;
};

/// What every attempt of a run has in common; standbys and probes differ in the client id.
struct ConnectSettings {
  std::string client_id;  ///< empty: the server makes one
  bool clean_session = true;
  bool standby = false;  ///< stop after CONNACK; the subscriptions wait for take_over()
  /// Not of a standby: the watched topics come first, and Connected is told. If there are
  /// subscriptions, they wait for take_over(), behind which Connected is told again.
  bool watch_first = false;
  Duration keepalive = std::chrono::seconds(10);
  /// Of one attempt. The caller keeps it and abandons the attempt. Each of several addresses of a
  /// name gets its share (failover.md section 2.5); 0: all of it.
  Duration connect_timeout{};
  std::optional<Will> will;
  ConnectProperties properties;
  PacketProperties subscribe, unsubscribe, disconnect;
  std::vector<Subscription> subscriptions;   ///< all must be granted, or the attempt fails
  std::vector<std::string> unsubscriptions;  ///< filters given up behind the SUBSCRIBE
  /// Subscribed to at QoS 1 behind all that. A topic that one of the `subscriptions` brings anyway
  /// needs no subscription of its own, which would bring each message a second time.
  std::vector<Watched> watched;
  /// Whether the session, and so the client id, outlives a connection: -c, or -x above 0.
  bool keeps_session() const {
    return !clean_session || properties.session_expiry.value_or(0) != 0;
  }
  /// Whether there is something to do between CONNACK and Connected.
  bool subscribes() const { return !subscriptions.empty() || !watched.empty(); }
  friend bool operator==(const ConnectSettings&, const ConnectSettings&) = default;
};

/// Facts of a connection, complete when Connected is told.
struct ConnectionFacts {
  Protocol protocol = Protocol::mqtt5;
  bool session_present = false;
  std::uint16_t receive_maximum = 65535;  ///< of the server, for our QoS 1 and 2 messages
  std::uint32_t maximum_packet_size = 0;  ///< 0: no limit
  int maximum_qos = 2;
  bool retain_available = true;
  std::string client_id;           ///< of our CONNECT
  std::string assigned_client_id;  ///< by the server, if ours was empty
  bool standby = false;            ///< it was one before it was live
  std::string tls_version;         ///< "TLSv1.3"; empty: plain
  bool tls_resumed = false;        ///< a session of an earlier connection was resumed
  std::string tls_not_after;       ///< of the server certificate, RFC 3339
  std::string address;             ///< numeric host:port that answered
  /// How long each phase took.
  Duration dns{}, tcp{}, tls{}, ws{}, connack{}, subscribe{};
  TimePoint subscribed_at{};    ///< when SUBSCRIBE was sent, on the session's clock
  std::vector<int> granted;     ///< SUBACK codes in the order of the filters
  std::vector<int> watched;     ///< the same for the watched topics
  std::size_t identifiers = 0;  ///< of subscriptions, that messages bring back; 0: they do not
};

/// An acknowledgement from the server: PUBACK or PUBCOMP, or a refusing PUBREC. `code` < 0x80:
/// stored.
struct Acknowledged {
  std::uint16_t packet_id;
  int code;
};

/// Hears of everything that happens on the transport's own threads. Must return quickly and must
/// not call the transport back.
class TransportListener {
 public:
  virtual ~TransportListener() = default;
  /// Any of Connected (twice if there was a take_over()), Failed, Lost; at most one of Failed and
  /// Lost for an attempt, and the last word.
  virtual void post(Event event) = 0;
  /// Room in the send buffer again, messages or acknowledgements have come: look at them.
  virtual void wake() = 0;
  /// A message on a watched topic (ConnectSettings) has come; it may come before Connected is told.
  /// Views die with the call. It goes to take_messages(), too, if a filter of the user matches the
  /// topic; else it is acknowledged as soon as those before it are (MQTT 5, 4.6.0-2).
  virtual void heard(AttemptId /*attempt*/, const Message& /*message*/) {}
};

/// Thread: all members are called from the session's thread.
class Transport {
 public:
  virtual ~Transport() = default;

  /// Begins an attempt; `attempt` was never used before. Returns at once.
  virtual void connect(AttemptId attempt, const Server& server, const ConnectSettings& settings,
                       Protocol protocol) = 0;
  /// Subscribes on a Connected standby, or behind what was watched first. Returns at once;
  /// Connected or Failed is told again.
  virtual void take_over(AttemptId attempt) = 0;
  /// Forgets the attempt at once, whatever it is doing.
  virtual void abandon(AttemptId attempt) = 0;
  /// Sends DISCONNECT and closes, without waiting if `patience` is 0. Returns whether the server is
  /// known to have read everything that was sent: it closed its side in good order within
  /// `patience`.
  virtual bool disconnect(AttemptId attempt, Duration patience) = 0;

  /// Facts of a Connected attempt, until abandon() or disconnect() ends it; null of any other.
  virtual const ConnectionFacts* facts(AttemptId attempt) const = 0;

  /// Puts one message into the send buffer of the attempt; flush() sends it. Returns the packet id
  /// (0 at QoS 0), or nothing if the connection is gone or will not take it.
  virtual std::optional<std::uint16_t> publish(AttemptId attempt, const Message& message) = 0;
  /// Hands what is buffered to the kernel as far as that goes without waiting. `awaited`: how many
  /// messages of QoS 1 and 2 are under way; 0 if their number does not bound the caller. Answers
  /// may gather for a moment, but not so long that the server runs out of work.
  virtual void flush(AttemptId attempt, std::size_t awaited) = 0;
  /// Lets the guest work on the thread that waits for the connections, and comes back when it goes
  /// home. False, at once: there is no such thread, or no connection to wait for.
  virtual bool take_in(Guest& /*guest*/) { return false; }
  /// Bytes buffered and not yet taken by the kernel.
  virtual std::size_t backlog(AttemptId attempt) const = 0;
  /// Puts a PINGREQ behind what was published; returns its ordinal on this connection, from 1. Once
  /// pongs() has come that far, the server has read everything before it: the only proof at QoS 0.
  virtual std::uint64_t ping(AttemptId attempt) = 0;
  virtual std::uint64_t pongs(AttemptId attempt) const = 0;
  /// Takes what the server has acknowledged since the last call, in the order of arrival.
  virtual void take_acknowledged(AttemptId attempt, std::vector<Acknowledged>& into) = 0;

  /// Calls `visit` for each message that has arrived on the attempt since the last call, in order,
  /// until it returns false; that message and the rest wait. Returns the number visited. Views die
  /// with the call of visit.
  virtual std::size_t take_messages(AttemptId attempt,
                                    const std::function<bool(const Message&)>& visit) = 0;
  /// So much has come that was not taken that nothing more is read from the server.
  virtual bool paused(AttemptId attempt) const = 0;
  /// Lets the acknowledgements of the oldest `count` messages taken (QoS 0 ones count too) go out.
  virtual void acknowledge(AttemptId attempt, std::size_t count) = 0;
};

}  // namespace mqfail
