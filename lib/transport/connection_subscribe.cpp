// SPDX-License-Identifier: Apache-2.0
// What the attempt's thread subscribes to behind CONNACK: the user's filters, then the topics that
// the run watches.
#include <algorithm>
#include <map>
#include <utility>

#include "transport/connection.hpp"
#include "transport/end_reason.hpp"
#include "transport/paho_seams/handover.hpp"
#include "transport/paho_seams/run_thread.hpp"
#include "transport/topic_filter.hpp"
#include "transport/wire/clock.hpp"

namespace mqfail {

// What is to be subscribed to together: filters with the same identifier, if the server knows
// identifiers.
void Connection::set_apart() {
  filters_sent_ = facts_.session_present;
  const auto& wanted = settings_.subscriptions;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    packets_[subscription_ids_ ? wanted[i].identifier : 0].push_back(i);
  }
  facts_.identifiers = packets_.contains(0) ? 0 : packets_.size();
  tell_watched_apart();
  for (const auto& packet : packets_) {
    if (packet.first != 0) identifiers_.push_back(packet.first);
  }
  std::sort(identifiers_.begin(), identifiers_.end());
  identified_ = !identifiers_.empty();
}

bool Connection::subscribe() {
  const auto& wanted = settings_.subscriptions;
  if (wanted.empty()) return true;
  if (settings_.watch_first && !unsubscribe(brought())) return false;
  filters_sent_ = true;
  reached(Phase::subscribe);
  const TimePoint begin = wire_now();
  facts_.granted.resize(wanted.size());
  for (const auto& [identifier, which] : packets_) {
    std::vector<Subscription> together;
    for (const std::size_t i : which) together.push_back(wanted[i]);
    PacketProperties properties = settings_.subscribe;
    if (identifier != 0) properties.subscription_id = identifier;
    const auto answer = subscribe(together, properties);
    if (!answer) return false;
    for (std::size_t i = 0; i < which.size(); ++i) facts_.granted[which[i]] = answer->codes[i];
    if (!are_granted(together, *answer)) return false;
  }
  facts_.subscribed_at = begin;
  facts_.subscribe = wire_now() - begin;
  return true;
}

// Whether a filter of the user brings every message on this topic.
std::optional<std::size_t> Connection::brings(const std::string& topic) const {
  const auto& wanted = settings_.subscriptions;
  const auto& given_up = settings_.unsubscriptions;
  const auto found = std::find_if(wanted.begin(), wanted.end(), [&](const Subscription& one) {
    return one.retain_handling == 0 && !one.no_local && !one.filter.starts_with("$share/") &&
           matches(one.filter, topic) &&
           std::find(given_up.begin(), given_up.end(), one.filter) == given_up.end();
  });
  if (found == wanted.end()) return std::nullopt;
  return static_cast<std::size_t>(found - wanted.begin());
}

// A filter of the user that brings only some of the messages on a watched topic, such as a shared
// one: what comes through which subscription shows itself by identifiers.
void Connection::tell_watched_apart() {
  const auto& wanted = settings_.subscriptions;
  const auto& watched = settings_.watched;
  const bool is_needed = std::any_of(watched.begin(), watched.end(), [&](const Watched& one) {
    return !brings(one.topic) && std::any_of(wanted.begin(), wanted.end(), [&](const auto& filter) {
      return matches(without_share(filter.filter), one.topic);
    });
  });
  if (!subscription_ids_ || !is_needed) return;
  if (auto none = packets_.extract(0)) {
    none.key() = kLargestIdentifier;
    packets_.insert(std::move(none));
  }
  watched_identifier_ = kLargestIdentifier - static_cast<std::uint32_t>(wanted.size());
  identifiers_.push_back(watched_identifier_);
}

// The watched topics that need no subscription of their own once the user's filters are in force.
std::vector<std::string> Connection::brought() const {
  std::vector<std::string> topics;
  for (const Watched& one : settings_.watched) {
    if (brings(one.topic)) topics.push_back(one.topic);
  }
  return topics;
}

bool Connection::watch() {
  const auto& watched = settings_.watched;
  if (watched.empty()) return true;
  reached(Phase::subscribe);
  facts_.watched.resize(watched.size());
  std::vector<std::size_t> which;
  std::vector<Subscription> own;
  for (std::size_t i = 0; i < watched.size(); ++i) {
    const auto filter = settings_.watch_first ? std::nullopt : brings(watched[i].topic);
    if (filter) {
      facts_.watched[i] = facts_.granted[*filter];
      continue;
    }
    which.push_back(i);
    own.push_back({.filter = watched[i].topic, .qos = 1});
  }
  if (own.empty()) return true;
  const auto answer = subscribe(own, {.subscription_id = watched_identifier_});
  if (!answer) return false;
  for (std::size_t i = 0; i < own.size(); ++i) {
    facts_.watched[which[i]] = answer->codes[i];
    if (!watched[which[i]].needed) continue;
    if (!are_granted({own[i]}, {{answer->codes[i]}, answer->text})) return false;
  }
  return true;
}

// Sends one SUBSCRIBE. Nothing if the connection has ended, which is told.
std::optional<Connection::Answer> Connection::subscribe(const std::vector<Subscription>& together,
                                                        const PacketProperties& wanted) {
  std::vector<char*> filters;
  std::vector<MQTTSubscribe_options> options;
  Answer answer;
  for (const Subscription& one : together) {
    filters.push_back(const_cast<char*>(one.filter.c_str()));
    answer.codes.push_back(one.qos);
    MQTTSubscribe_options option = MQTTSubscribe_options_initializer;
    option.noLocal = one.no_local ? 1 : 0;
    option.retainAsPublished = one.retain_as_published ? 1 : 0;
    option.retainHandling = static_cast<unsigned char>(one.retain_handling);
    options.push_back(option);
  }
  PahoProperties properties;
  properties.add(wanted);
  const Handover handover(wire_, server_);
  const bool mqtt5 = protocol_ == Protocol::mqtt5;
  MQTTResponse response = MQTTResponse_initializer;
  {
    const ParallelCall parallel;
    response = MQTTClient_subscribeMany5(handle_, static_cast<int>(filters.size()), filters.data(),
                                         answer.codes.data(), mqtt5 ? options.data() : nullptr,
                                         mqtt5 ? properties.get() : nullptr);
  }
  answer.text = text_of(response.properties, MQTTPROPERTY_CODE_REASON_STRING);
  const int result = code_of(response);
  if (mqtt5 && result >= 0) {
    if (response.reasonCodeCount > 1 && response.reasonCodes != nullptr) {
      for (std::size_t i = 0; i < answer.codes.size(); ++i) {
        answer.codes[i] = response.reasonCodes[i];
      }
    } else {
      answer.codes[0] = result;
    }
  }
  MQTTResponse_free(response);
  if (result >= 0) return answer;
  Reason reason = loss(wire_->facts(), server_.scheme);
  reason.phase = Phase::subscribe;
  fail(std::move(reason));
  return std::nullopt;
}

bool Connection::are_granted(const std::vector<Subscription>& together, const Answer& answer) {
  for (std::size_t i = 0; i < together.size(); ++i) {
    if (answer.codes[i] < 0x80) continue;
    fail({Cause::suback, Phase::subscribe, answer.codes[i], protocol_ == Protocol::mqtt5,
          answer.text.empty() ? together[i].filter : answer.text});
    return false;
  }
  return true;
}

// After the SUBSCRIBE, as mosquitto_sub does it: this ends subscriptions of a kept session, and
// also one that was granted just now. "No subscription existed" (0x11) is a success.
bool Connection::unsubscribe(const std::vector<std::string>& filters) {
  if (filters.empty()) return true;
  std::vector<char*> names;
  names.reserve(filters.size());
  for (const std::string& filter : filters) names.push_back(const_cast<char*>(filter.c_str()));
  PahoProperties properties;
  properties.add(settings_.unsubscribe);
  const Handover handover(wire_, server_);
  MQTTResponse response = MQTTResponse_initializer;
  {
    const ParallelCall parallel;
    response =
        MQTTClient_unsubscribeMany5(handle_, static_cast<int>(names.size()), names.data(),
                                    protocol_ == Protocol::mqtt5 ? properties.get() : nullptr);
  }
  std::string text = text_of(response.properties, MQTTPROPERTY_CODE_REASON_STRING);
  const int result = code_of(response);
  int refused = result >= 0x80 ? result : 0;
  for (int i = 0; response.reasonCodes != nullptr && i < response.reasonCodeCount; ++i) {
    if (response.reasonCodes[i] >= 0x80) refused = response.reasonCodes[i];
  }
  MQTTResponse_free(response);
  if (result >= 0 && refused == 0) return true;
  Reason reason = result < 0 ? loss(wire_->facts(), server_.scheme)
                             : Reason{Cause::suback, Phase::subscribe, refused, true, {}};
  reason.phase = Phase::subscribe;
  if (result >= 0) reason.text = text.empty() ? "UNSUBSCRIBE" : std::move(text);
  fail(std::move(reason));
  return false;
}

}  // namespace mqfail
