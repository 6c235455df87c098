// SPDX-License-Identifier: Apache-2.0
#include "tool/message_json.hpp"

#include "base/encoding.hpp"
#include "base/utf8.hpp"
#include "tool/local_time.hpp"

namespace mqfail {
namespace {

// RFC 3339: mosquitto 2.0 writes 2020-05-06T22:12:00.000000Z+0100, which no parser takes.
std::string timestamp(const LocalTime& time) {
  const std::string zone = time.print("%z");
  return time.print("%FT%T.") + digits(time.nanoseconds / 1000, 6) + zone.substr(0, 3) + ":" +
         zone.substr(3);
}

void append_properties(JsonObject& root, std::string& out, const MessageProperties& properties,
                       JsonStyle style) {
  root.key("properties");
  JsonObject object(out, style, 1);
  // mosquitto_sub keeps the order of the wire; this is the order in which a mosquitto server sends.
  for (const std::uint32_t id : properties.subscription_ids) {
    object.number("subscription-identifier", id);
  }
  if (properties.topic_alias) object.number("topic-alias", *properties.topic_alias);
  if (properties.payload_format) {
    object.number("payload-format-indicator", *properties.payload_format);
  }
  if (properties.content_type) object.text("content-type", *properties.content_type);
  if (properties.response_topic) object.text("response-topic", *properties.response_topic);
  if (properties.correlation_data) object.text("correlation-data", *properties.correlation_data);
  if (!properties.user.empty()) {
    object.key("user-properties");
    JsonObject user(out, style, 2);
    for (const auto& [key, value] : properties.user) user.text(key, value);
    user.close();
  }
  if (properties.message_expiry) {
    object.number("message-expiry-interval", *properties.message_expiry);
  }
  object.close();
}

}  // namespace

bool append_message_json(std::string& out, const Message& message,
                         std::chrono::system_clock::time_point wall, bool embedded,
                         JsonStyle style) {
  const std::size_t before = out.size();
  JsonObject root(out, style);
  root.text("tst", timestamp(LocalTime(wall)));
  root.text("topic", message.topic);
  root.number("qos", message.qos);
  root.number("retain", message.retain ? 1 : 0);
  root.number("payloadlen", static_cast<long long>(message.payload.size()));
  if (message.qos > 0) root.number("mid", message.packet_id);
  if (message.late) root.number("late", 1);
  if (message.properties != nullptr && !message.properties->empty()) {
    append_properties(root, out, *message.properties, style);
  }
  if (message.payload.empty()) {
    root.key("payload");
    out += "null";
  } else if (embedded) {
    root.key("payload");
    if (!append_json_value(out, message.payload, style, 1)) {
      out.resize(before);
      return false;
    }
  } else if (is_utf8(message.payload)) {
    root.text("payload", message.payload);
  } else {
    root.key("payload");
    out += "null";
    root.text("payload_base64", base64(message.payload));
  }
  root.close();
  return true;
}

}  // namespace mqfail
