// SPDX-License-Identifier: Apache-2.0
// An MQTT server that misbehaves on demand. It records what it received and, separately, what it
// acknowledged. It stores nothing and delivers nothing between clients.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <map>
#include <set>
#include <thread>

#include "rig/basics.hpp"
#include "rig/wire.hpp"

namespace rig {

/// What the server does at the Nth PUBLISH that it receives.
enum class Then {
  nothing,
  close,         ///< FIN, without an acknowledgement
  reset,         ///< RST, without an acknowledgement
  refuse,        ///< RST, and nothing listens any more: a death
  stop_reading,  ///< as a process that hangs
  stop_acking,   ///< reads and answers pings, acknowledges nothing from here on
  disconnect,    ///< MQTT 5 DISCONNECT with `disconnect_code`, then FIN
};

struct Script {
  int connack_v5 = 0;
  int connack_v3 = 0;
  std::vector<Property> connack_properties;  ///< MQTT 5
  bool session_present = false;
  bool connack = true;                        ///< false: accepts and never answers
  milliseconds connack_delay{0};              ///< of a CONNACK that accepts
  bool close_v5 = false;                      ///< closes without any CONNACK, as ActiveMQ does
  std::string garbage;                        ///< sent in place of CONNACK
  std::optional<std::string> user, password;  ///< wanted; others get 0x86 or 4
  bool close_after_connack = false;

  std::size_t at_publish = 0;       ///< 1: the first; 0: never
  std::size_t longest_payload = 0;  ///< `then` at each longer one; 0: no bound
  int highest_qos = 2;              ///< `then` at each one above it
  Then then = Then::nothing;
  int disconnect_code = 0x8b;
  std::vector<Property> disconnect_properties;
  milliseconds ack_delay{0};
  std::function<int(const Publish&)> puback;  ///< code; not set: 0
  bool pubcomp = true;
  std::string puback_reason;                                      ///< Reason String of each PUBACK
  std::function<int(const std::string& filter, int qos)> suback;  ///< not set: what was asked for
  bool answer_subscribe = true;
  std::optional<std::string> suback_bytes;   ///< sent in place of SUBACK; "ID": the packet id
  std::optional<std::vector<int>> unsuback;  ///< codes, whatever was asked; not set: all 0
  std::size_t suback_codes = 0;              ///< sends so many codes, whatever was asked; 0: right
  bool answer_ping = true;
  bool read = true;
  std::size_t most_queued = 0;  ///< bytes; publish() drops what comes on top; 0: no bound
  bool slices = false;          ///< sends a byte at a time
};

enum class What {
  connect,
  subscribe,
  unsubscribe,
  publish,
  acknowledged,
  ack,
  ping,
  disconnect,
  closed,
  malformed
};

/// One event of the log. Only the fields that belong to `what` are set.
struct Seen {
  What what{};
  Moment at;
  int connection = 0;
  Connect connect;
  Subscribe subscribe;
  Publish publish;  ///< received, acknowledged by us, or ours that the client acknowledges (ack)
  Type type{};      ///< of an ack that the client sent us
  Acknowledgement ack;
};

class ScriptedServer {
 public:
  /// `port` 0: any that is free.
  explicit ScriptedServer(Script script = {}, std::uint16_t port = 0);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::string uri() const { return "mqtt://127.0.0.1:" + std::to_string(port_); }

  void change(const std::function<void(Script&)>& edit);
  /// Sends a PUBLISH on every connection that has subscribed. It makes a packet identifier where
  /// the QoS needs one.
  void publish(const Publish& publish);
  /// Sends the bytes unchanged on every connection.
  void send_raw(std::string_view bytes);
  void disconnect_all(int code, const std::vector<Property>& properties = {});
  void close_all();  ///< FIN
  /// Sends the bytes on every connection, then FIN.
  void send_and_close(std::string_view bytes);
  void reset_all();  ///< RST
  void refuse();     ///< RST, and nothing listens until accept()
  void accept();

  std::vector<Seen> log();
  std::vector<Seen> log(What what);
  /// Empties the log.
  void forget();
  std::size_t count(What what);
  std::size_t dropped();          ///< by publish(), see most_queued
  std::size_t tcp_connections();  ///< accepted so far, whatever was said on them
  /// True when `pleases` is true for the log.
  bool wait_until(const std::function<bool(const std::vector<Seen>&)>& pleases,
                  milliseconds patience = 10s);
  bool wait_for(What what, std::size_t count = 1, milliseconds patience = 10s);

 private:
  struct Connection {
    int number = 0;
    Fd fd;
    PacketReader reader;
    std::string out;
    int version = 0;
    bool subscribed = false;
    bool close_when_sent = false;
    bool stopped = false;  ///< no longer read
    std::uint16_t next_id = 1;
    std::map<std::uint16_t, Publish> qos2;
    std::map<std::uint16_t, Publish> sent;  ///< by packet identifier, the last one
  };
  struct Due {
    Moment at;
    int connection;
    std::string bytes;
    std::optional<Publish> settles;
  };

  void run();
  void note(Seen seen);
  void accept_waiting();
  void receive(Connection& connection);
  void handle(Connection& connection, const Packet& packet);
  void handle_connect(Connection& connection, const Packet& packet);
  void handle_publish(Connection& connection, const Packet& packet);
  void acknowledge(Connection& connection, const Publish& publish, Type type, int code);
  void send(Connection& connection, std::string_view bytes);
  void flush(Connection& connection);
  void end(Connection& connection, bool reset);
  Connection* find(int number);

  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  Script script_;
  Fd listener_;
  std::list<Connection> connections_;
  std::vector<Seen> log_;
  std::deque<Due> due_;
  std::size_t published_ = 0, accepted_ = 0, dropped_ = 0;
  int last_number_ = 0;
  bool stop_ = false;
  Waker waker_;
  std::thread thread_;
};

}  // namespace rig
