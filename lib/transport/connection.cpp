// SPDX-License-Identifier: Apache-2.0
#include "transport/connection.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "transport/end_reason.hpp"
#include "transport/paho_options.hpp"
#include "transport/paho_seams/receiver.hpp"
#include "transport/paho_seams/run_thread.hpp"
#include "transport/paho_seams/wiped_memory.hpp"
#include "transport/topic_filter.hpp"
#include "transport/wire/clock.hpp"

namespace mqfail {
namespace {

constexpr int kPubrecType = 5;

}  // namespace

Connection::Connection(AttemptId attempt, Server server, ConnectSettings settings,
                       Protocol protocol, CertificateCache& certificates, AddressMemory& addresses,
                       TransportListener& listener)
    : attempt_(attempt),
      server_(std::move(server)),
      settings_(std::move(settings)),
      protocol_(protocol),
      certificates_(certificates),
      addresses_(addresses),
      listener_(listener) {
  // Before there is a thread that could tell it: nothing is looked up for an address.
  if (is_address(server_.host)) listener_.post(event::Reached{attempt_, Phase::tcp});
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    thread_done_ = true;
    fail({Cause::local, Phase::dns, error.code().value(), false, {}});
  }
}

Connection::~Connection() {
  if (thread_.joinable()) thread_.join();
  destroy_handle();
  for (const Arrived& arrived : taking_) free_arrived(arrived);
  for (const Arrived& arrived : inbox_) free_arrived(arrived);
}

// Paho has its own copy of the password.
void Connection::destroy_handle() {
  if (handle_ == nullptr) return;
  const WipedMemory wiped(has_secret(server_, settings_));
  MQTTClient_destroy(&handle_);
}

// ---- Paho's threads

void Connection::ended(Reason reason) {
  // Once the stage is closed and the lock is free, the session's thread may destroy this object.
  TransportListener& listener = listener_;
  {
    const std::lock_guard lock(stage_mutex_);
    const Stage before = std::exchange(stage_, Stage::closed);
    if (!silent_) {
      silent_ = true;
      if (before == Stage::online) {
        const Duration silent = silence_before(reason);
        listener_.post(event::Lost{attempt_, std::move(reason), silent});
      } else {
        reason.phase = Phase::subscribe;
        listener_.post(event::Failed{attempt_, std::move(reason)});
      }
    }
    turned_.notify_all();
  }
  listener.wake();
}

// A close or a reset by the server is a sign of life; silence and a network that gave up are not.
Duration Connection::silence_before(const Reason& reason) const {
  const bool network = reason.code == ETIMEDOUT || reason.code == EHOSTUNREACH ||
                       reason.code == ENETUNREACH || reason.code == ENETDOWN;
  const bool unheard =
      reason.cause == Cause::keepalive || (reason.cause == Cause::reset && network);
  if (!unheard) return {};
  return std::max(wire_now() - wire_->last_life(), Duration::zero());
}

void Connection::on_lost(void* context, char* /*cause: always null*/) {
  auto& self = *static_cast<Connection*>(context);
  self.ended(loss(self.wire_->facts(), self.server_.scheme));
}

void Connection::free_arrived(const Arrived& arrived) {
  MQTTClient_message* message = arrived.message;
  MQTTClient_freeMessage(&message);
  MQTTClient_free(arrived.topic);
}

// A PUBLISH with an alias names its topic once (MQTT 5, 3.3.2.3.4).
void Connection::resolve_alias(Arrived& arrived) {
  const auto alias =
      number_of(&arrived.message->properties, MQTTPROPERTY_CODE_TOPIC_ALIAS).value_or(0);
  if (alias == 0) return;
  auto& known = aliases_[alias];
  if (arrived.topic_size > 0) {
    known = std::make_shared<const std::string>(arrived.topic, arrived.topic_size);
  } else {
    arrived.named = known;
  }
}

// Tells the message if its topic is watched. True if the reader of messages is not to have it.
bool Connection::is_only_watched(const Arrived& arrived) {
  const std::string_view topic = arrived.name();
  const auto& watched = settings_.watched;
  if (std::none_of(watched.begin(), watched.end(),
                   [&](const Watched& one) { return one.topic == topic; })) {
    return false;
  }
  const MQTTClient_message& message = *arrived.message;
  const MessageProperties properties = message_properties(message.properties);
  bool by_watching = true, by_filter = filters_sent_.load();
  if (identified_ && watched_identifier_ != 0) {
    const auto& ids = properties.subscription_ids;
    const auto ours = std::count(ids.begin(), ids.end(), watched_identifier_);
    by_watching = ours != 0;
    by_filter = ours == 0 || ours != std::ssize(ids);
  } else if (by_filter) {
    const auto& wanted = settings_.subscriptions;
    by_filter = std::any_of(wanted.begin(), wanted.end(), [&](const Subscription& one) {
      return matches(without_share(one.filter), topic);
    });
  }
  if (by_watching) {
    Message heard{
        topic,
        {static_cast<const char*>(message.payload), static_cast<std::size_t>(message.payloadlen)},
        message.qos,
        message.retained != 0};
    heard.properties = &properties;
    listener_.heard(attempt_, heard);
  }
  return !by_filter;
}

int Connection::on_message(void* context, char* topic, int topic_size,
                           MQTTClient_message* message) {
  keep_on();  // the message is ours only once it has left Paho's queue
  auto& self = *static_cast<Connection*>(context);
  Arrived arrived{topic, topic_size > 0 ? static_cast<std::size_t>(topic_size) : std::strlen(topic),
                  message};
  if (self.settings_.properties.topic_alias_maximum.value_or(0) != 0) self.resolve_alias(arrived);
  if (!self.settings_.watched.empty() && self.is_only_watched(arrived)) {
    if (message->qos > 0) self.wire_->pass(static_cast<std::uint16_t>(message->msgid));
    free_arrived(arrived);
    return 1;
  }
  if (message->qos > 0) self.wire_->claim(static_cast<std::uint16_t>(message->msgid));
  // An earlier user of the session has subscribed. It is not ours, and stays for him who has a use
  // for it: nobody acknowledges it.
  if (self.settings_.subscriptions.empty()) {
    free_arrived(arrived);
    return 1;
  }
  bool first = false;
  {
    const std::lock_guard lock(self.inbox_mutex_);
    first = self.inbox_.empty();
    self.inbox_.push_back(arrived);
    self.inbox_bytes_ +=
        kMessageCost + arrived.topic_size + static_cast<std::size_t>(message->payloadlen);
    if (self.inbox_bytes_ > (self.is_taken_from_ ? kInboxBytes : kMostBeforeOnline))
      self.wire_->pause(true);
  }
  if (first) self.wire_->note_news();
  return 1;
}

void Connection::note_acknowledged(int token, int code) {
  bool first = false;
  {
    const std::lock_guard lock(inbox_mutex_);
    first = acknowledged_.empty();
    acknowledged_.push_back({static_cast<std::uint16_t>(token), code});
  }
  if (first) wire_->note_news();
}

void Connection::on_delivered(void* context, MQTTClient_deliveryToken token) {
  auto& self = *static_cast<Connection*>(context);
  // On MQTT 5 on_published has told it already, with the reason.
  if (self.protocol_ != Protocol::mqtt5) self.note_acknowledged(token, 0);
}

void Connection::on_published(void* context, int token, int packet_type,
                              MQTTProperties* /*properties*/, MQTTReasonCodes code) {
  // A PUBREC is told only if it refuses; PUBACK and PUBCOMP always.
  if (packet_type == kPubrecType && code < 0x80) return;
  auto& self = *static_cast<Connection*>(context);
  // What a PUBREC said before is told with the next PUBCOMP.
  const bool unheard = code == 0 && self.wire_->take_no_subscriber();
  self.note_acknowledged(token, unheard ? kNoMatchingSubscribers : code);
}

// ---- the session's thread

void Connection::take_over() {
  {
    const std::lock_guard lock(stage_mutex_);
    if (stage_ != Stage::online || silent_) return;  // Lost is on its way
    stage_ = Stage::subscribing;
    was_online_ = false;
    {
      const std::lock_guard inbox(inbox_mutex_);
      is_taken_from_ = false;
    }
    facts_.standby = settings_.standby;
    turned_.notify_all();
  }
  if (!settings_.subscribes()) online();
}

void Connection::abandon() {
  const std::lock_guard lock(stage_mutex_);
  silent_ = true;
  turned_.notify_all();
  addresses_.tried_in_vain(server_, trying_);  // before the next attempt begins
  stop_.stop();
  if (wire_) wire_->shut();
}

bool Connection::disconnect(Duration patience) {
  std::unique_lock lock(stage_mutex_);
  silent_ = true;
  turned_.notify_all();
  if (stage_ != Stage::online) {
    lock.unlock();
    abandon();
    return false;
  }
  const std::string packet =
      disconnect_packet(protocol_ == Protocol::mqtt5 ? settings_.disconnect : PacketProperties());
  wire_->append(packet.data(), packet.size());
  wire_->finish_writing();
  wake_receiver();
  turned_.wait_for(lock, patience, [this] { return stage_ == Stage::closed; });
  const bool clean = stage_ == Stage::closed && wire_->end() == WireEnd::end_of_stream &&
                     wire_->facts().error == 0;
  if (patience > Duration::zero()) wire_->shut();
  return clean;
}

bool Connection::finished() const {
  if (!thread_done_) return false;
  const std::lock_guard lock(stage_mutex_);
  return !paho_holds_ || stage_ == Stage::closed;
}

const ConnectionFacts* Connection::facts() const {
  const std::lock_guard lock(stage_mutex_);
  return was_online_ ? &facts_ : nullptr;
}

std::optional<std::uint16_t> Connection::publish(const Message& message) {
  if (topic_ != message.topic) topic_.assign(message.topic);
  put_properties(message);
  const bool aliased = has_alias(message);
  const bool known = aliased && alias_topic_ == topic_;
  const bool plain = message.properties == nullptr && message.publisher.empty();
  if (!message.publisher.empty()) paho_properties_.set_number(message.number);
  MQTTClient_deliveryToken token = 0;
  const MQTTResponse response = MQTTClient_publish5(
      handle_, known ? "" : topic_.c_str(), static_cast<int>(message.payload.size()),
      message.payload.data(), message.qos, message.retain ? 1 : 0,
      plain ? nullptr : paho_properties_.get(), &token);
  if (code_of(response) != MQTTCLIENT_SUCCESS) return std::nullopt;
  if (aliased) alias_topic_ = topic_;
  return static_cast<std::uint16_t>(message.qos > 0 ? token : 0);
}

// A server that takes no such alias gets the topic each time (MQTT 5, 3.2.2.3.8).
bool Connection::has_alias(const Message& message) const {
  return message.properties != nullptr && message.properties->topic_alias &&
         *message.properties->topic_alias <= alias_maximum_;
}

void Connection::put_properties(const Message& message) {
  const bool any = message.properties != nullptr;
  // By content: with --json each message has its own at the same place.
  const bool same = any == sent_properties_.has_value() &&
                    (!any || *message.properties == *sent_properties_) &&
                    message.publisher == sent_publisher_;
  if (same) return;
  paho_properties_.clear();
  if (message.properties != nullptr)
    paho_properties_.add(*message.properties, std::nullopt, has_alias(message));
  if (!message.publisher.empty()) paho_properties_.add_numbering(message.publisher);
  if (any) {
    sent_properties_ = *message.properties;
  } else {
    sent_properties_.reset();
  }
  sent_publisher_ = message.publisher;
}

void Connection::flush(std::size_t awaited) {
  wire_->set_awaited(awaited);
  wire_->flush();
}

std::size_t Connection::backlog() const {
  return wire_->backlog();
}

std::uint64_t Connection::ping() {
  return wire_->ping();
}

std::uint64_t Connection::pongs() const {
  return wire_->pongs();
}

void Connection::take_acknowledged(std::vector<Acknowledged>& into) {
  const std::lock_guard lock(inbox_mutex_);
  into.insert(into.end(), acknowledged_.begin(), acknowledged_.end());
  acknowledged_.clear();
}

std::size_t Connection::take_messages(const std::function<bool(const Message&)>& visit) {
  if (taking_.empty()) {
    const std::lock_guard lock(inbox_mutex_);
    taking_.swap(inbox_);
    inbox_bytes_ = 0;
  }
  std::size_t visited = 0;
  while (!taking_.empty()) {
    const Arrived& arrived = taking_.front();
    const MQTTClient_message& paho = *arrived.message;
    MessageProperties properties;
    Message message{
        arrived.name(),
        {static_cast<const char*>(paho.payload), static_cast<std::size_t>(paho.payloadlen)},
        paho.qos,
        paho.retained != 0,
        paho.dup != 0,
        static_cast<std::uint16_t>(paho.msgid),
        nullptr,
        {},
        0,
        false};
    if (paho.properties.count > 0) {
      properties = message_properties(paho.properties);
      message.properties = &properties;
      take_numbering(properties, message);
      if (identified_) take_identifiers(properties, message);
    }
    if (!visit(message)) break;
    taken_.push_back(static_cast<std::uint16_t>(paho.qos > 0 ? paho.msgid : 0));
    free_arrived(arrived);
    taking_.pop_front();
    ++visited;
  }
  if (taking_.empty() && wire_->paused()) {
    wire_->pause(false);
    if (!is_receive_thread()) wake_receiver();
  }
  return visited;
}

// Our own identifiers are not for the reader of the message. What is left, if anything, belongs to
// an earlier user of the session.
void Connection::take_identifiers(MessageProperties& properties, Message& message) const {
  std::size_t ours = 0;
  std::erase_if(properties.subscription_ids, [&](std::uint32_t id) {
    if (!std::binary_search(identifiers_.begin(), identifiers_.end(), id)) return false;
    if (id != watched_identifier_) message.subscription = ++ours == 1 ? id : 0;
    return true;
  });
  if (properties.empty()) message.properties = nullptr;
}

void Connection::acknowledge(std::size_t count) {
  std::vector<std::uint16_t> ids;
  for (; count > 0 && !taken_.empty(); --count) {
    if (taken_.front() != 0) ids.push_back(taken_.front());
    taken_.pop_front();
  }
  if (ids.empty()) return;
  wire_->release(ids);
  wire_->flush();
}

}  // namespace mqfail
