// SPDX-License-Identifier: Apache-2.0
// What Paho is told for one CONNECT: the server's entry and the run's settings in Paho's
// structures.
#pragma once

#include <MQTTClient.h>

#include <string>

#include "policy/event.hpp"
#include "policy/server.hpp"
#include "transport/paho_properties.hpp"
#include "transport/transport.hpp"

namespace mqfail {

/// Paho's longest wait for an answer (seconds). The policy bounds the attempt and abandons it.
inline constexpr int kPahoPatience = 3600;

int paho_version(Protocol protocol);

/// Paho sees only tcp:// and ssl://, for WebSocket is the wire's. The host is the name that TLS
/// asks the server for.
std::string paho_uri(const Server& server);

/// Whether Paho is given something that must not stay in memory. Under TLS that may be a key.
bool has_secret(const Server& server, const ConnectSettings& settings);

/// Points into `server` and `settings`, which outlive it.
struct PahoOptions {
  PahoOptions(const Server& server, const ConnectSettings& settings, Protocol protocol);
  ~PahoOptions();
  PahoOptions(const PahoOptions&) = delete;
  PahoOptions& operator=(const PahoOptions&) = delete;

  MQTTClient_connectOptions connect = MQTTClient_connectOptions_initializer5;
  PahoProperties connect_properties, will_properties;
  std::string tls_error;  ///< the first thing that OpenSSL had to say

 private:
  const bool secret_;
  void add_will(const Will& wanted);
  void add_tls(const TlsSettings& wanted);

  MQTTClient_willOptions will_ = MQTTClient_willOptions_initializer;
  MQTTClient_SSLOptions tls_ = MQTTClient_SSLOptions_initializer;
};

}  // namespace mqfail
