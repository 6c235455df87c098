// SPDX-License-Identifier: Apache-2.0
// How a connection comes to be: what the attempt's thread does, from the first address dialled to
// the last filter granted. What the server said meanwhile is in connection_words.cpp, what happens
// on an open connection in connection.cpp.
#include <unistd.h>

#include <array>
#include <map>
#include <utility>

#include "transport/connection.hpp"
#include "transport/paho_seams/handover.hpp"
#include "transport/paho_seams/in_path.hpp"
#include "transport/paho_seams/registry.hpp"
#include "transport/paho_seams/run_thread.hpp"

namespace mqfail {
namespace {

int paho_version(Protocol protocol) {
  switch (protocol) {
    case Protocol::mqtt31:
      return MQTTVERSION_3_1;
    case Protocol::mqtt311:
      return MQTTVERSION_3_1_1;
    case Protocol::mqtt5:
      return MQTTVERSION_5;
  }
  return MQTTVERSION_5;
}

// Paho sees only TCP and TLS, for WebSocket is the wire's; the host is what TLS names the server
// by.
std::string paho_uri(const Server& server) {
  return (is_tls(server.scheme) ? "ssl://" : "tcp://") + endpoint(server);
}

const char* or_null(const std::string& text) {
  return text.empty() ? nullptr : text.c_str();
}

int collect_tls_error(const char* text, size_t size, void* into) {
  auto& line = *static_cast<std::string*>(into);
  if (line.empty()) line.assign(text, size);
  while (!line.empty() && (line.back() == '\n' || line.back() == '\0')) line.pop_back();
  return 1;
}

}  // namespace

void Connection::run() {
  // The certificate first: without it the server need not be bothered.
  if (receiver_can_wake() && find_certificate()) {
    const auto dialled = dial(server_, stop_, addresses_, [this] { reached(Phase::tcp); });
    if (const auto* const reason = std::get_if<Reason>(&dialled)) {
      fail(*reason);
    } else {
      const Dialled& found = std::get<Dialled>(dialled);
      {
        const std::lock_guard lock(stage_mutex_);
        trying_ = found.address;
      }
      if (open(found) && (!settings_.standby || await_take_over()) && subscribe() &&
          unsubscribe()) {
        online();
      }
      const std::lock_guard lock(stage_mutex_);
      addresses_.tried_in_vain(server_, trying_);
    }
  }
  thread_done_ = true;
  listener_.wake();
}

// It waits for an eventfd, too, which all connections share.
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

void Connection::online() {
  const std::lock_guard lock(stage_mutex_);
  // Under the lock, so that Lost cannot overtake Connected.
  if (stage_ == Stage::closed) return;
  stage_ = Stage::online;
  was_online_ = true;
  trying_.clear();
  if (!silent_) listener_.post(event::Connected{attempt_});
}

// A standby is online with its CONNACK. One that has filters to subscribe to keeps its thread: a
// thread that waits is sooner at work than a new one.
bool Connection::await_take_over() {
  online();
  if (settings_.subscriptions.empty()) return false;
  std::unique_lock lock(stage_mutex_);
  turned_.wait(lock, [this] { return stage_ != Stage::online || silent_; });
  return stage_ == Stage::subscribing;
}

void Connection::reached(Phase phase) {
  const std::lock_guard lock(stage_mutex_);
  if (!silent_) listener_.post(event::Reached{attempt_, phase});
}

bool Connection::open(const Dialled& dialled) {
  if (is_tls(server_.scheme)) reached(Phase::tls);  // the wire says the rest
  const bool hold = !settings_.subscriptions.empty();
  auto wire = std::make_shared<Wire>(
      dialled.fd, settings_.keepalive, hold, [this] { listener_.wake(); },
      [this](Phase phase) { reached(phase); },
      is_web_socket(server_.scheme) ? std::make_unique<WebSocket>(server_) : nullptr);
  wire->speak(protocol_);
  {
    const std::lock_guard lock(stage_mutex_);
    wire_ = wire;
    if (silent_) wire->shut();
  }
  MQTTClient_createOptions create = MQTTClient_createOptions_initializer;
  create.MQTTVersion = paho_version(protocol_);
  int code =
      MQTTClient_createWithOptions(&handle_, paho_uri(server_).c_str(), settings_.client_id.c_str(),
                                   MQTTCLIENT_PERSISTENCE_NONE, nullptr, &create);
  if (code != MQTTCLIENT_SUCCESS) {
    handle_ = nullptr;
    wire->detach();
    close(dialled.fd);
    fail({Cause::local, Phase::connack, code, false, "the client id or host cannot be used"});
    return false;
  }
  MQTTClient_setCallbacks(handle_, this, on_lost, on_message, on_delivered);
  const bool mqtt5 = protocol_ == Protocol::mqtt5;
  if (mqtt5) MQTTClient_setPublished(handle_, this, on_published);

  MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer5;
  options.MQTTVersion = paho_version(protocol_);
  options.keepAliveInterval = static_cast<int>(
      std::chrono::duration_cast<std::chrono::seconds>(settings_.keepalive).count());
  options.cleansession = !mqtt5 && settings_.clean_session ? 1 : 0;
  options.cleanstart = mqtt5 && settings_.clean_session ? 1 : 0;
  options.maxInflightMessages = kLargestWindow;
  options.connectTimeout = 3600;  // the policy bounds the attempt and abandons it
  options.username = server_.username ? server_.username->c_str() : nullptr;
  if (server_.password) {
    options.binarypwd.data = server_.password->reveal().data();
    options.binarypwd.len = static_cast<int>(server_.password->reveal().size());
  }

  MQTTClient_willOptions will = MQTTClient_willOptions_initializer;
  PahoProperties will_properties;
  if (settings_.will) {
    will.topicName = settings_.will->topic.c_str();
    will.payload.data = settings_.will->payload.data();
    will.payload.len = static_cast<int>(settings_.will->payload.size());
    will.qos = settings_.will->qos;
    will.retained = settings_.will->retain ? 1 : 0;
    options.will = &will;
    will_properties.add(settings_.will->properties);
    if (settings_.will->delay) {
      will_properties.add(MQTTPROPERTY_CODE_WILL_DELAY_INTERVAL, *settings_.will->delay);
    }
  }

  std::string tls_error;
  MQTTClient_SSLOptions tls = MQTTClient_SSLOptions_initializer;
  if (is_tls(server_.scheme)) {
    const TlsSettings& wanted = server_.tls;
    tls.trustStore = or_null(wanted.cafile);
    tls.CApath = or_null(wanted.capath);
    tls.keyStore = or_null(wanted.cert);
    tls.privateKey = or_null(wanted.key);
    tls.enabledCipherSuites = or_null(wanted.ciphers);
    tls.enableServerCertAuth = wanted.verify_chain ? 1 : 0;
    tls.verify = 0;  // the name is checked by OpenSSL during the handshake (paho_seams/tls.cpp)
    tls.disableDefaultTrustStore =
        !wanted.use_os_certs && !(wanted.cafile.empty() && wanted.capath.empty()) ? 1 : 0;
    tls.ssl_error_cb = collect_tls_error;
    tls.ssl_error_context = &tls_error;
    options.ssl = &tls;
  }

  PahoProperties connect_properties;
  if (mqtt5) add_connect_properties(connect_properties, settings_);

  const Handover handover(wire, server_, certificate_.get());
  MQTTResponse response = MQTTResponse_initializer;
  {
    const ParallelCall parallel;
    if (mqtt5) {
      response =
          MQTTClient_connect5(handle_, &options, connect_properties.get(), will_properties.get());
    } else {
      code = MQTTClient_connect(handle_, &options);
    }
  }
  if (!handover.taken()) {
    wire->detach();
    close(dialled.fd);
  }
  if (mqtt5) code = code_of(response);
  if (code != MQTTCLIENT_SUCCESS) {
    MQTTResponse_free(response);
    const int no_thread = receiver_start_error();
    if (no_thread != 0) {
      fail({Cause::local, Phase::connack, no_thread, false, {}});
    } else {
      fail(connect_failure(code, tls_error));
    }
    return false;
  }
  learn(response, dialled);
  MQTTResponse_free(response);
  if (const std::string holes = seams_not_in_path(is_tls(server_.scheme)); !holes.empty()) {
    fail({Cause::local, Phase::connack, 0, false,
          "this mqfail was linked wrongly, Paho goes past its seams " + holes});
    return false;
  }
  const std::lock_guard lock(stage_mutex_);
  paho_holds_ = true;
  if (stage_ == Stage::connecting) stage_ = Stage::subscribing;
  return true;
}

// One SUBSCRIBE for all filters with the same identifier, if the server knows identifiers.
bool Connection::subscribe() {
  const auto& wanted = settings_.subscriptions;
  if (wanted.empty()) return true;
  reached(Phase::subscribe);
  const TimePoint begin = wire_now();
  std::map<std::uint32_t, std::vector<std::size_t>> packets;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    packets[subscription_ids_ ? wanted[i].identifier : 0].push_back(i);
  }
  facts_.granted.resize(wanted.size());
  facts_.identifiers = packets.contains(0) ? 0 : packets.size();
  if (facts_.identifiers != 0) {
    for (const auto& packet : packets) identifiers_.push_back(packet.first);
    identified_ = true;
  }
  for (const auto& [identifier, which] : packets) {
    if (!subscribe(which, identifier)) return false;
  }
  facts_.subscribed_at = begin;
  facts_.subscribe = wire_now() - begin;
  return true;
}

bool Connection::subscribe(const std::vector<std::size_t>& which, std::uint32_t identifier) {
  std::vector<char*> filters;
  std::vector<int> codes;
  std::vector<MQTTSubscribe_options> options;
  for (const std::size_t i : which) {
    const Subscription& one = settings_.subscriptions[i];
    filters.push_back(const_cast<char*>(one.filter.c_str()));
    codes.push_back(one.qos);
    MQTTSubscribe_options option = MQTTSubscribe_options_initializer;
    option.noLocal = one.no_local ? 1 : 0;
    option.retainAsPublished = one.retain_as_published ? 1 : 0;
    option.retainHandling = static_cast<unsigned char>(one.retain_handling);
    options.push_back(option);
  }
  PahoProperties properties;
  if (identifier != 0) properties.add(MQTTPROPERTY_CODE_SUBSCRIPTION_IDENTIFIER, identifier);
  const Handover handover(wire_, server_);
  const bool mqtt5 = protocol_ == Protocol::mqtt5;
  MQTTResponse response = MQTTResponse_initializer;
  {
    const ParallelCall parallel;
    response = MQTTClient_subscribeMany5(handle_, static_cast<int>(filters.size()), filters.data(),
                                         codes.data(), mqtt5 ? options.data() : nullptr,
                                         mqtt5 ? properties.get() : nullptr);
  }
  std::string text = text_of(response.properties, MQTTPROPERTY_CODE_REASON_STRING);
  const int result = code_of(response);
  if (mqtt5 && result >= 0) {
    if (response.reasonCodeCount > 1 && response.reasonCodes != nullptr) {
      for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = response.reasonCodes[i];
    } else {
      codes[0] = result;
    }
  }
  MQTTResponse_free(response);
  if (result < 0) {
    Reason reason = loss();
    reason.phase = Phase::subscribe;
    fail(std::move(reason));
    return false;
  }
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (codes[i] >= 0x80) {
      if (text.empty()) text = settings_.subscriptions[which[i]].filter;
      fail({Cause::suback, Phase::subscribe, codes[i], mqtt5, std::move(text)});
      return false;
    }
    facts_.granted[which[i]] = codes[i];
  }
  return true;
}

// Behind the SUBSCRIBE, as mosquitto_sub does: what a kept session was subscribed to, or what a
// filter just granted, ends here. "No subscription existed" (0x11) is as good.
bool Connection::unsubscribe() {
  const auto& filters = settings_.unsubscriptions;
  if (filters.empty()) return true;
  std::vector<char*> names;
  names.reserve(filters.size());
  for (const std::string& filter : filters) names.push_back(const_cast<char*>(filter.c_str()));
  const Handover handover(wire_, server_);
  MQTTResponse response = MQTTResponse_initializer;
  {
    const ParallelCall parallel;
    response =
        MQTTClient_unsubscribeMany5(handle_, static_cast<int>(names.size()), names.data(), nullptr);
  }
  std::string text = text_of(response.properties, MQTTPROPERTY_CODE_REASON_STRING);
  const int result = code_of(response);
  int refused = result >= 0x80 ? result : 0;
  for (int i = 0; response.reasonCodes != nullptr && i < response.reasonCodeCount; ++i) {
    if (response.reasonCodes[i] >= 0x80) refused = response.reasonCodes[i];
  }
  MQTTResponse_free(response);
  if (result >= 0 && refused == 0) return true;
  Reason reason = result < 0 ? loss() : Reason{Cause::suback, Phase::subscribe, refused, true, {}};
  reason.phase = Phase::subscribe;
  if (result >= 0) reason.text = text.empty() ? "UNSUBSCRIBE" : std::move(text);
  fail(std::move(reason));
  return false;
}

void Connection::fail(Reason reason) {
  const std::lock_guard lock(stage_mutex_);
  if (wire_) wire_->shut();
  if (silent_) return;
  silent_ = true;
  listener_.post(event::Failed{attempt_, std::move(reason)});
}

}  // namespace mqfail
