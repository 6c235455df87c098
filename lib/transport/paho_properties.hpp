// SPDX-License-Identifier: Apache-2.0
// MQTT 5 properties and codes between our words and Paho's; the only place that knows both.
#pragma once

#include <MQTTClient.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

#include "transport/message.hpp"
#include "transport/transport.hpp"

namespace mqfail {

/// Paho's list, freed when it dies.
class PahoProperties {
 public:
  PahoProperties() = default;
  ~PahoProperties() { MQTTProperties_free(&list_); }
  PahoProperties(const PahoProperties&) = delete;
  PahoProperties& operator=(const PahoProperties&) = delete;

  void add(MQTTPropertyCodes code, std::uint32_t number);
  void add(MQTTPropertyCodes code, const std::string& text);
  void add_user(const std::string& name, const std::string& value);
  /// Of a PUBLISH or a will, which may have a delay (seconds). `alias`: also the topic alias.
  void add(const MessageProperties& properties, std::optional<std::uint32_t> delay = {},
           bool alias = true);
  void add(const PacketProperties& properties);
  /// mqfail-id, and mqfail-seq with a number that may change from message to message.
  void add_numbering(std::string_view publisher);
  void set_number(std::uint64_t number);
  void clear();

  MQTTProperties* get() { return &list_; }
  bool empty() const { return list_.count == 0; }

 private:
  MQTTProperties list_ = MQTTProperties_initializer;
  int number_ = -1;  // where mqfail-seq stands
};

void add_connect_properties(PahoProperties& into, const ConnectSettings& settings);

/// A DISCONNECT of MQTT 5 as bytes (section 3.14). Paho's own has no properties.
std::string disconnect_packet(const PacketProperties& properties);

/// The numbering that the user properties carry, into `message`, which keeps views of them.
void take_numbering(const MessageProperties& properties, Message& message);

MessageProperties message_properties(const MQTTProperties& list);
std::optional<std::uint32_t> number_of(const MQTTProperties* list, MQTTPropertyCodes code);
std::string text_of(const MQTTProperties* list, MQTTPropertyCodes code);

/// The reason code of a response. Paho puts its own negative codes into the field as well, which an
/// enumeration of 0 to 255 cannot hold.
inline int code_of(const MQTTResponse& response) {
  int code = 0;
  static_assert(sizeof code == sizeof response.reasonCode);
  std::memcpy(&code, &response.reasonCode, sizeof code);
  return code;
}

}  // namespace mqfail
