// SPDX-License-Identifier: Apache-2.0
// The words that the printer of transcripts and their parser (tests/simulation) share.
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "policy/settings.hpp"

namespace mqfail::transcript {

template <class T, std::size_t N>
using Words = std::array<std::pair<std::string_view, T>, N>;

inline constexpr Words<Jitter, 4> kJitters{{{"full", Jitter::full},
                                            {"equal", Jitter::equal},
                                            {"decorrelated", Jitter::decorrelated},
                                            {"none", Jitter::none}}};
inline constexpr Words<Protocol, 3> kProtocols{
    {{"mqtt31", Protocol::mqtt31}, {"mqtt311", Protocol::mqtt311}, {"mqtt5", Protocol::mqtt5}}};
inline constexpr Words<ListSource, 5> kSources{{{"document", ListSource::document},
                                                {"url", ListSource::url},
                                                {"topic", ListSource::topic},
                                                {"srv", ListSource::srv},
                                                {"multicast", ListSource::multicast}}};
inline constexpr Words<Redirect, 3> kRedirects{
    {{"off", Redirect::off}, {"known", Redirect::known}, {"any", Redirect::any}}};
inline constexpr Words<Move, 3> kMoves{
    {{"", Move::none}, {" failback", Move::failback}, {" rebalance", Move::rebalance}}};

template <class T, std::size_t N>
constexpr std::string_view word(const Words<T, N>& words, T value) {
  for (const auto& [text, each] : words) {
    if (each == value) return text;
  }
  return "";
}

/// Calls `field(name, member)` for every setting; a member is a bool, int64, double, Duration,
/// Jitter, a list of servers or an optional. The names are those of the failover URI where it has
/// one.
template <class Settings, class Field>
void for_each_setting(Settings& s, Field&& field) {
  field("initialReconnectDelay", s.backoff.initial);
  field("maxReconnectDelay", s.backoff.cap);
  field("useExponentialBackOff", s.backoff.exponential);
  field("backOffMultiplier", s.backoff.multiplier);
  field("reconnectJitter", s.backoff.jitter);
  field("randomize", s.randomize);
  field("maxReconnectAttempts", s.max_passes);
  field("startupMaxReconnectAttempts", s.startup_max_passes);
  field("once", s.once);
  field("bounded", s.bounded);
  field("publishes", s.publishes);
  field("startupTimeout", s.startup_timeout);
  field("giveUpAfter", s.give_up_after);
  field("connectTimeout", s.connect_timeout);
  field("connectStagger", s.connect_stagger);
  field("stable", s.stable);
  field("warnAfterReconnectAttempts", s.warn_every);
  field("updateClusterClientsOnRemove", s.forget_learned);
  field("rebalanceUpdateURIs", s.rebalance);
  field("rebalanceSpread", s.rebalance_spread);
  field("redirect", s.redirect);
  field("maxRedirects", s.max_redirects);
  field("redirectCredentials", s.redirect_credentials);
  field("width", s.width);
  field("backupPoolSize", s.standbys);
  field("priorityBackup", s.priority_backup);
  field("priorityURIs", s.priority_servers);
  field("priorityProbeInterval", s.priority_probe_interval);
  field("priorityStable", s.priority_stable);
  field("priorityHold", s.priority_hold);
  field("protocol", s.protocol);
  field("mqtt5Required", s.mqtt5_required);
  field("clientIdGiven", s.client_id_given);
  field("keepsSession", s.keeps_session);
}

}  // namespace mqfail::transcript
