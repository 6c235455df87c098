// SPDX-License-Identifier: Apache-2.0
// How a connection comes to be: what the attempt's thread does, from the first address dialled to
// CONNACK and what the server says in it. connection_subscribe.cpp goes on.
#include <unistd.h>

#include <cstdint>
#include <utility>

#include "transport/connection.hpp"
#include "transport/end_reason.hpp"
#include "transport/paho_options.hpp"
#include "transport/paho_seams/handover.hpp"
#include "transport/paho_seams/in_path.hpp"
#include "transport/paho_seams/receiver.hpp"
#include "transport/paho_seams/run_thread.hpp"
#include "transport/paho_seams/wiped_memory.hpp"
#include "transport/wire/clock.hpp"

namespace mqfail {

void Connection::run() {
  // The certificate first: without it a connection is of no use.
  if (receiver_can_wake() && find_certificate()) {
    const bool first = settings_.watch_first;
    if (connect() && (!first || watch()) && (!(first || settings_.standby) || await_take_over()) &&
        subscribe() && unsubscribe(settings_.unsubscriptions) && (first || watch())) {
      online();
    }
    const std::lock_guard lock(stage_mutex_);
    addresses_.tried_in_vain(server_, trying_);
  }
  thread_done_ = true;
  listener_.wake();
}

// Up to an accepted CONNACK. A server that accepts TCP and then says nothing must not use up the
// time of the other addresses of its name.
bool Connection::connect() {
  const Duration allowed = settings_.connect_timeout;
  const TimePoint end = wire_now() + allowed;
  Dialler dialler(server_, stop_, addresses_);
  while (true) {
    const auto dialled = dialler.next([this] { reached(Phase::tcp); });
    if (const auto* const reason = std::get_if<Reason>(&dialled)) {
      fail(*reason);
      return false;
    }
    const Dialled& found = std::get<Dialled>(dialled);
    {
      const std::lock_guard lock(stage_mutex_);
      trying_ = found.address;
    }
    const TimePoint now = wire_now();
    const auto behind = static_cast<Duration::rep>(dialler.left());
    const bool share = allowed > Duration::zero() && behind > 0 && now < end;
    const TimePoint until = share ? now + (end - now) / (behind + 1) : TimePoint::max();
    const Opened opened = open(found, until);
    if (opened != Opened::not_in_time) return opened == Opened::yes;
    const std::lock_guard lock(stage_mutex_);
    addresses_.tried_in_vain(server_, std::exchange(trying_, {}));
  }
}

// The receive thread also waits for an eventfd, which all connections share.
bool Connection::receiver_can_wake() {
  const int error = wake_error();
  if (error == 0) return true;
  fail({Cause::local, Phase::dns, error, false, {}});
  return false;
}

bool Connection::find_certificate() {
  const TlsSettings& tls = server_.tls;
  if (!is_tls(server_.scheme) || tls.thumbprint.empty()) return true;
  auto found = certificates_.find(tls.thumbprint, tls.certificate_password.value_or(Secret()),
                                  tls.certificate_folders);
  if (!found) {
    fail({Cause::tls, Phase::tls, 0, false, found.error().message});
    return false;
  }
  certificate_ = std::move(*found);
  return true;
}

void Connection::online(bool is_taken_from) {
  const std::lock_guard lock(stage_mutex_);
  // Under the lock, so that Lost cannot overtake Connected.
  if (stage_ == Stage::closed) return;
  {
    const std::lock_guard inbox(inbox_mutex_);
    is_taken_from_ = is_taken_from;
    if (is_taken_from_ && inbox_bytes_ > kInboxBytes) wire_->pause(true);
  }
  stage_ = Stage::online;
  was_online_ = true;
  trying_.clear();
  if (!silent_) listener_.post(event::Connected{attempt_});
}

// A standby is online with its CONNACK, what is watched first with its SUBACK. If there are filters
// to subscribe to, the thread is kept: a waiting thread begins its work sooner than a new one.
bool Connection::await_take_over() {
  const bool subscribed =
      settings_.watch_first ? settings_.subscriptions.empty() : !settings_.subscribes();
  online(subscribed);
  if (subscribed) return false;
  std::unique_lock lock(stage_mutex_);
  turned_.wait(lock, [this] { return stage_ != Stage::online || silent_; });
  return stage_ == Stage::subscribing;
}

void Connection::reached(Phase phase) {
  const std::lock_guard lock(stage_mutex_);
  if (!silent_) listener_.post(event::Reached{attempt_, phase});
}

Connection::Opened Connection::open(const Dialled& dialled, TimePoint until) {
  if (is_tls(server_.scheme)) reached(Phase::tls);  // the wire says the rest
  // A kept session may bring what an earlier user of it has subscribed to, to a publisher as well.
  const bool hold = !settings_.subscriptions.empty() || settings_.keeps_session();
  auto wire = std::make_shared<Wire>(
      dialled.fd, settings_.keepalive, hold,
      WireCallbacks{[this] { listener_.wake(); }, [this](Phase phase) { reached(phase); },
                    [] {
                      if (!is_receive_thread()) wake_receiver();
                    }},
      is_web_socket(server_.scheme) ? std::make_unique<WebSocket>(server_) : nullptr);
  wire->speak(protocol_, settings_.properties.topic_alias_maximum.value_or(0));
  {
    const std::lock_guard lock(stage_mutex_);
    wire_ = wire;
    if (silent_) wire->shut();
  }
  if (!make_handle()) {
    wire->detach();
    close(dialled.fd);
    return Opened::no;
  }
  PahoOptions options(server_, settings_, protocol_);
  Handover handover(wire, server_, certificate_.get(), until);  // the seams write to it
  int code = MQTTCLIENT_SUCCESS;
  MQTTResponse response = MQTTResponse_initializer;
  {
    const ParallelCall parallel;
    const WipedMemory wiped(has_secret(server_, settings_));  // CONNECT has the password in it
    if (protocol_ == Protocol::mqtt5) {
      response = MQTTClient_connect5(handle_, &options.connect, options.connect_properties.get(),
                                     options.will_properties.get());
      code = code_of(response);
    } else {
      code = MQTTClient_connect(handle_, &options.connect);
    }
  }
  if (!handover.taken()) {
    wire->detach();
    close(dialled.fd);
  }
  if (code != MQTTCLIENT_SUCCESS) {
    MQTTResponse_free(response);
    if (handover.expired() && wire->end() == WireEnd::shut) return Opened::not_in_time;
    const int no_thread = receiver_start_error();
    if (no_thread != 0) {
      fail({Cause::local, Phase::connack, no_thread, false, {}});
    } else {
      fail(connect_failure(wire->facts(), server_, protocol_, code, options.tls_error));
    }
    return Opened::no;
  }
  learn(response, dialled);
  MQTTResponse_free(response);
  set_apart();
  if (const std::string holes = seams_not_in_path(is_tls(server_.scheme)); !holes.empty()) {
    fail({Cause::local, Phase::connack, 0, false,
          "this mqfail was linked wrongly, Paho goes past its seams " + holes +
              "; install mqfail again or build it again"});
    return Opened::no;
  }
  const std::lock_guard lock(stage_mutex_);
  paho_holds_ = true;
  if (stage_ == Stage::connecting) stage_ = Stage::subscribing;
  return Opened::yes;
}

// Each address gets a new handle: an answer that is left in an old one must not be taken for its
// own.
bool Connection::make_handle() {
  destroy_handle();
  MQTTClient_createOptions create = MQTTClient_createOptions_initializer;
  create.MQTTVersion = paho_version(protocol_);
  const int code =
      MQTTClient_createWithOptions(&handle_, paho_uri(server_).c_str(), settings_.client_id.c_str(),
                                   MQTTCLIENT_PERSISTENCE_NONE, nullptr, &create);
  if (code != MQTTCLIENT_SUCCESS) {
    handle_ = nullptr;
    fail({Cause::local, Phase::connack, code, false, "the client id or host cannot be used"});
    return false;
  }
  // How long SUBACK and UNSUBACK may take is the attempt's affair, as it is for CONNACK.
  MQTTClient_setCommandTimeout(handle_, kPahoPatience * 1000UL);
  MQTTClient_setCallbacks(handle_, this, on_lost, on_message, on_delivered);
  if (protocol_ == Protocol::mqtt5) MQTTClient_setPublished(handle_, this, on_published);
  return true;
}

void Connection::learn(const MQTTResponse& response, const Dialled& dialled) {
  const WireFacts seen = wire_->facts();
  facts_.protocol = protocol_;
  facts_.session_present = !seen.connack.empty() &&
                           (static_cast<std::uint8_t>(seen.connack[0]) & 1U) != 0 &&
                           protocol_ != Protocol::mqtt31;
  facts_.client_id = settings_.client_id;
  facts_.address = dialled.address;
  facts_.dns = dialled.dns;
  facts_.tcp = dialled.tcp;
  facts_.tls_version = seen.tls.version;
  facts_.tls_not_after = seen.tls.not_after;
  facts_.tls_resumed = seen.tls.resumed;
  TimePoint spoke = seen.spoke;
  if (is_tls(server_.scheme)) facts_.tls = spoke - seen.made;
  if (is_web_socket(server_.scheme)) {
    facts_.ws = seen.web - spoke;
    spoke = seen.web;
  }
  facts_.connack = wire_now() - spoke;
  const MQTTProperties* const list = response.properties;
  facts_.receive_maximum = static_cast<std::uint16_t>(
      number_of(list, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM).value_or(65535));
  facts_.maximum_packet_size = number_of(list, MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE).value_or(0);
  facts_.maximum_qos = static_cast<int>(number_of(list, MQTTPROPERTY_CODE_MAXIMUM_QOS).value_or(2));
  alias_maximum_ = static_cast<std::uint16_t>(
      number_of(list, MQTTPROPERTY_CODE_TOPIC_ALIAS_MAXIMUM).value_or(0));
  facts_.retain_available = number_of(list, MQTTPROPERTY_CODE_RETAIN_AVAILABLE).value_or(1) != 0;
  subscription_ids_ =
      protocol_ == Protocol::mqtt5 &&
      number_of(list, MQTTPROPERTY_CODE_SUBSCRIPTION_IDENTIFIERS_AVAILABLE).value_or(1) != 0;
  facts_.assigned_client_id = text_of(list, MQTTPROPERTY_CODE_ASSIGNED_CLIENT_IDENTIFER);
  // Paho 1.3.12 ignores the server's keepalive (upstream issue 1421); the server does not.
  if (const auto keepalive = number_of(list, MQTTPROPERTY_CODE_SERVER_KEEP_ALIVE)) {
    wire_->promise_keepalive(std::chrono::seconds(*keepalive));
    wake_receiver();  // it may wait for longer than that
  }
}

void Connection::fail(Reason reason) {
  const std::lock_guard lock(stage_mutex_);
  if (wire_) wire_->shut();
  if (silent_) return;
  silent_ = true;
  listener_.post(event::Failed{attempt_, std::move(reason)});
}

}  // namespace mqfail
