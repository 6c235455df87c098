// SPDX-License-Identifier: Apache-2.0
#include "transport/paho_options.hpp"

#include "transport/paho_seams/wiped_memory.hpp"

namespace mqfail {
namespace {

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

std::string paho_uri(const Server& server) {
  return (is_tls(server.scheme) ? "ssl://" : "tcp://") + endpoint(server);
}

bool has_secret(const Server& server, const ConnectSettings& settings) {
  return server.password || is_tls(server.scheme) || settings.properties.authentication_data;
}

PahoOptions::PahoOptions(const Server& server, const ConnectSettings& settings, Protocol protocol)
    : secret_(has_secret(server, settings)) {
  const bool mqtt5 = protocol == Protocol::mqtt5;
  connect.MQTTVersion = paho_version(protocol);
  connect.keepAliveInterval = static_cast<int>(
      std::chrono::duration_cast<std::chrono::seconds>(settings.keepalive).count());
  connect.cleansession = !mqtt5 && settings.clean_session ? 1 : 0;
  connect.cleanstart = mqtt5 && settings.clean_session ? 1 : 0;
  connect.maxInflightMessages = kLargestWindow;
  connect.connectTimeout = kPahoPatience;
  connect.username = server.username ? server.username->c_str() : nullptr;
  if (server.password) {
    connect.binarypwd.data = server.password->reveal().data();
    connect.binarypwd.len = static_cast<int>(server.password->reveal().size());
  }
  if (settings.will) add_will(*settings.will);
  if (is_tls(server.scheme)) add_tls(server.tls);
  if (mqtt5) add_connect_properties(connect_properties, settings);
}

// Authentication data is a secret, of which Paho's list has a copy.
PahoOptions::~PahoOptions() {
  const WipedMemory wiped(secret_);
  connect_properties.clear();
}

void PahoOptions::add_will(const Will& wanted) {
  will_.topicName = wanted.topic.c_str();
  will_.payload.data = wanted.payload.data();
  will_.payload.len = static_cast<int>(wanted.payload.size());
  will_.qos = wanted.qos;
  will_.retained = wanted.retain ? 1 : 0;
  connect.will = &will_;
  will_properties.add(wanted.properties, wanted.delay);
}

void PahoOptions::add_tls(const TlsSettings& wanted) {
  tls_.trustStore = or_null(wanted.cafile);
  tls_.CApath = or_null(wanted.capath);
  tls_.keyStore = or_null(wanted.cert);
  tls_.privateKey = or_null(wanted.key);
  tls_.enabledCipherSuites = or_null(wanted.ciphers);
  tls_.enableServerCertAuth = wanted.verify_chain ? 1 : 0;
  tls_.verify = 0;  // OpenSSL checks the name during the handshake (certificates/tls_attempt.cpp)
  tls_.disableDefaultTrustStore =
      !wanted.use_os_certs && !(wanted.cafile.empty() && wanted.capath.empty()) ? 1 : 0;
  tls_.ssl_error_cb = collect_tls_error;
  tls_.ssl_error_context = &tls_error;
  connect.ssl = &tls_;
}

}  // namespace mqfail
