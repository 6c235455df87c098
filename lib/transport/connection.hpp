// SPDX-License-Identifier: Apache-2.0
// One attempt and, if it succeeds, one connection: a thread that dials and connects, a Paho handle
// with one server, a Wire, an inbox. Made once, never reused.
#pragma once

#include <MQTTClient.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "certificates/cache.hpp"
#include "transport/dial.hpp"
#include "transport/paho_properties.hpp"
#include "transport/transport.hpp"
#include "transport/wire/wire.hpp"

namespace mqfail {

/// Thread: public members belong to the session's thread. The attempt's thread and Paho's receive
/// thread work inside; they tell the listener what happened and decide nothing.
class Connection {
 public:
  /// Above this much memory in messages that were not taken the socket is not read any more
  /// (bytes).
  static constexpr std::size_t kInboxBytes = 4U << 20U;
  /// The same before the messages are taken: the SUBACK, or the STATE of a primary host, may stand
  /// behind all that a session has kept or that an earlier filter brings.
  static constexpr std::size_t kMostBeforeOnline = 256U << 20U;

  /// Begins at once; a thread that cannot be started is a Failed. All arguments are copied but the
  /// last three, which outlive the connection.
  Connection(AttemptId attempt, Server server, ConnectSettings settings, Protocol protocol,
             CertificateCache& certificates, AddressMemory& addresses, TransportListener& listener);
  /// Only when finished(): Paho's threads have let go.
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Of a standby, once, after Connected.
  void take_over();
  void abandon();
  bool disconnect(Duration patience);
  /// The thread has ended and Paho has made its last call for the handle.
  bool finished() const;

  const ConnectionFacts* facts() const;
  std::optional<std::uint16_t> publish(const Message& message);
  void flush(std::size_t awaited);
  std::size_t backlog() const;
  std::uint64_t ping();
  std::uint64_t pongs() const;
  void take_acknowledged(std::vector<Acknowledged>& into);
  std::size_t take_messages(const std::function<bool(const Message&)>& visit);
  bool paused() const { return wire_->paused(); }
  void acknowledge(std::size_t count);

 private:
  /// What a message costs besides its topic and payload: Paho's structures and our place (bytes).
  static constexpr std::size_t kMessageCost = 256;

  enum class Stage { connecting, subscribing, online, closed };  // a standby is online, too

  struct Arrived {
    char* topic;
    std::size_t topic_size;
    MQTTClient_message* message;
    std::shared_ptr<const std::string> named = nullptr;  ///< by a topic alias, in place of `topic`
    std::string_view name() const {
      return named ? std::string_view(*named) : std::string_view(topic, topic_size);
    }
  };

  void run();
  void reached(Phase phase);
  bool receiver_can_wake();
  bool find_certificate();
  enum class Opened { yes, no, not_in_time };
  bool connect();
  Opened open(const Dialled& dialled, TimePoint until);
  bool make_handle();
  void destroy_handle();
  void online(bool is_taken_from = true);
  bool await_take_over();
  /// The SUBACK of one SUBSCRIBE.
  struct Answer {
    std::vector<int> codes;
    std::string text;
  };
  bool subscribe();
  std::optional<std::size_t> brings(const std::string& topic) const;
  void tell_watched_apart();
  bool watch();
  std::optional<Answer> subscribe(const std::vector<Subscription>& together,
                                  const PacketProperties& wanted);
  bool are_granted(const std::vector<Subscription>& together, const Answer& answer);
  void set_apart();
  std::vector<std::string> brought() const;
  bool unsubscribe(const std::vector<std::string>& filters);
  void fail(Reason reason);
  void ended(Reason reason);
  Duration silence_before(const Reason& reason) const;
  void learn(const MQTTResponse& response, const Dialled& dialled);
  void take_identifiers(MessageProperties& properties, Message& message) const;
  static void free_arrived(const Arrived& arrived);
  bool is_only_watched(const Arrived& arrived);
  void resolve_alias(Arrived& arrived);
  bool has_alias(const Message& message) const;
  void put_properties(const Message& message);

  static void on_lost(void* context, char* cause);
  static int on_message(void* context, char* topic, int topic_size, MQTTClient_message* message);
  static void on_delivered(void* context, MQTTClient_deliveryToken token);
  static void on_published(void* context, int token, int packet_type, MQTTProperties* properties,
                           MQTTReasonCodes code);
  void note_acknowledged(int token, int code);

  const AttemptId attempt_;
  const Server server_;
  const ConnectSettings settings_;
  const Protocol protocol_;
  CertificateCache& certificates_;
  AddressMemory& addresses_;
  TransportListener& listener_;

  StopSwitch stop_;
  std::shared_ptr<const ClientCertificate> certificate_;  // the attempt's thread's
  std::shared_ptr<Wire> wire_;  // set by the attempt's thread under stage_mutex_
  MQTTClient handle_ = nullptr;
  ConnectionFacts facts_;

  mutable std::mutex stage_mutex_;  // stage_, silent_, wire_, trying_
  std::condition_variable turned_;  // stage_ left online, or silent_ was set
  Stage stage_ = Stage::connecting;
  std::string trying_;                      // the address, until something comes of it
  bool silent_ = false;                     // abandoned or told its end: nothing more is said
  bool was_online_ = false;                 // facts_ is complete
  bool subscription_ids_ = false;           // the server knows them; the attempt's thread's
  std::vector<std::uint32_t> identifiers_;  // of our SUBSCRIBEs, rising
  std::map<std::uint32_t, std::vector<std::size_t>>
      packets_;                            // of subscriptions; the attempt's thread's
  std::uint32_t watched_identifier_ = 0;   // of the SUBSCRIBE of watched topics; 0: it has none
  std::atomic<bool> identified_{false};    // identifiers_ and watched_identifier_ are complete
  std::atomic<bool> filters_sent_{false};  // also those of a session that was kept
  std::map<std::uint32_t, std::shared_ptr<const std::string>>
      aliases_;              // of the server; the receive thread's
  bool paho_holds_ = false;  // connected: Paho will call on_lost once
  std::atomic<bool> thread_done_{false};

  std::mutex inbox_mutex_;  // inbox_, inbox_bytes_, is_taken_from_, acknowledged_
  std::deque<Arrived> inbox_;
  std::size_t inbox_bytes_ = 0;
  bool is_taken_from_ = false;  // the session takes what is in inbox_
  std::vector<Acknowledged> acknowledged_;

  // Session's thread only.
  std::deque<Arrived> taking_;
  std::deque<std::uint16_t> taken_;
  std::string topic_;
  std::uint16_t alias_maximum_ = 0;  // for our topic aliases; set before Connected
  std::string alias_topic_;          // what our alias means on this connection; empty: nothing
  std::optional<MessageProperties> sent_properties_;  // those in paho_properties_
  std::string sent_publisher_;
  PahoProperties paho_properties_;

  std::thread thread_;
};

}  // namespace mqfail
