// SPDX-License-Identifier: Apache-2.0
#include "tool/message_json.hpp"

#include <array>
#include <optional>

#include "base/encoding.hpp"
#include "base/utf8.hpp"
#include "tool/local_time.hpp"
#include "transport/property_order.hpp"

namespace mqfail {
namespace {

// RFC 3339: mosquitto 2.0 writes 2020-05-06T22:12:00.000000Z+0100, which no parser takes.
std::string timestamp(const LocalTime& time) {
  const std::string zone = time.print("%z");
  return time.print("%FT%T.") + digits(time.nanoseconds / 1000, 6) + zone.substr(0, 3) + ":" +
         zone.substr(3);
}

// An array of objects, as mosquitto_sub 2.1: a name may come several times.
void append_user_properties(JsonObject& properties, std::string& out,
                            const MessageProperties& given, JsonStyle style) {
  properties.key("user-properties");
  out += '[';
  for (const auto& pair : given.user) {
    if (&pair != &given.user.front()) out += style.pretty ? ", " : ",";
    JsonObject user(out, style, 3);
    user.text(pair.first, pair.second);
    user.close();
  }
  out += ']';
}

// In the order of the wire, as mosquitto_sub. The fixed order is that in which a mosquitto server
// sends.
void append_properties(JsonObject& root, std::string& out, const MessageProperties& given,
                       JsonStyle style) {
  constexpr std::array kFixed{property_id::subscription_id,
                              property_id::topic_alias,
                              property_id::payload_format,
                              property_id::content_type,
                              property_id::response_topic,
                              property_id::correlation_data,
                              property_id::user,
                              property_id::message_expiry};
  root.key("properties");
  JsonObject object(out, style, 1);
  in_order(
      given.order, kFixed, given.user.size(),
      [&](std::uint8_t id, std::size_t at) {
        const auto number = [&](std::string_view name, const auto& value) {
          if (value && at == 0) object.number(name, static_cast<long long>(*value));
        };
        const auto text = [&](std::string_view name, const std::optional<std::string>& value) {
          if (value && at == 0) object.text(name, *value);
        };
        switch (id) {
          case property_id::subscription_id:
            if (at < given.subscription_ids.size())
              object.number("subscription-identifier", given.subscription_ids[at]);
            return;
          case property_id::topic_alias:
            return number("topic-alias", given.topic_alias);
          case property_id::payload_format:
            return number("payload-format-indicator", given.payload_format);
          case property_id::content_type:
            return text("content-type", given.content_type);
          case property_id::response_topic:
            return text("response-topic", given.response_topic);
          case property_id::correlation_data:
            if (!given.correlation_data || is_utf8(*given.correlation_data))
              return text("correlation-data", given.correlation_data);
            if (at == 0) object.text("correlation-data_base64", base64(*given.correlation_data));
            return;
          case property_id::message_expiry:
            return number("message-expiry-interval", given.message_expiry);
          case property_id::user:
            if (at == 0 && !given.user.empty()) append_user_properties(object, out, given, style);
            return;
          default:
            return;
        }
      },
      given.subscription_ids.size());
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
  if (message.ack != 0) {
    root.number("ack", static_cast<long long>(message.ack));
    if (message.duplicate) root.number("dup", 1);
  }
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
