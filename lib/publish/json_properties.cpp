// SPDX-License-Identifier: Apache-2.0
#include "publish/json_properties.hpp"

#include "base/encoding.hpp"
#include "base/number.hpp"
#include "base/text.hpp"
#include "transport/property_order.hpp"
#include "transport/topic_rules.hpp"

namespace mqfail {
namespace {

using Value = JsonLine::Value;

bool read_number(JsonLine& line, std::string_view name, Value& value,
                 MessageProperties& properties) {
  const std::string_view token = value.raw_json_token();
  const auto number = parse_number<std::uint32_t>(JsonLine::word(token));
  if (name == "message-expiry-interval") {
    if (!number) return line.fail(token, std::string(name) + " is no number of seconds");
    properties.message_expiry = *number;
    properties.order.push_back(property_id::message_expiry);
    return true;
  }
  if (!number || *number > 1) return line.fail(token, std::string(name) + " is not 0 or 1");
  properties.payload_format = static_cast<std::uint8_t>(*number);
  properties.order.push_back(property_id::payload_format);
  return true;
}

// MQTT 5, 1.5.4 and 1.5.6: strings and binary data have two bytes for their length.
constexpr std::size_t kMostBytes = 65535;

// MQTT 5, 1.5.4: a string has no U+0000.
bool fits(JsonLine& line, std::string_view token, std::string_view name, std::string_view text) {
  if (text.size() > kMostBytes)
    return line.fail(token, std::string(name) + " is longer than 65535 bytes");
  if (text.find('\0') != std::string_view::npos)
    return line.fail(token, std::string(name) + " has a null character");
  return true;
}

bool read_text(JsonLine& line, std::string_view name, Value& value, MessageProperties& properties) {
  const std::string_view token = value.raw_json_token();
  std::string_view text;
  if (!line.string(name, value, text)) return false;
  if (name == "content-type") {
    if (!fits(line, token, name, text)) return false;
    properties.content_type = text;
    properties.order.push_back(property_id::content_type);
  } else if (name == "response-topic") {
    if (const std::string wrong = wrong_with_topic_name(text); !wrong.empty())
      return line.fail(token, "response-topic " + wrong);
    properties.response_topic = text;
    properties.order.push_back(property_id::response_topic);
  } else {
    std::string bytes(text);
    if (name.ends_with("_base64") && !from_base64(text, bytes))
      return line.fail(token, std::string(name) + " is not base64");
    if (bytes.size() > kMostBytes)
      return line.fail(token, std::string(name) + " is longer than 65535 bytes");
    properties.correlation_data = std::move(bytes);
    properties.order.push_back(property_id::correlation_data);
  }
  return true;
}

bool read_user(JsonLine& line, Value& value, MessageProperties& properties) {
  return line.members(value, "a user property is not an object",
                      [&](std::string_view key, Value& inner) {
                        const std::string_view token = inner.raw_json_token();
                        std::string_view text;
                        if (!line.string("a user property", inner, text)) return false;
                        if (!fits(line, token, "the name of a user property", key) ||
                            !fits(line, token, "a user property", text))
                          return false;
                        properties.user.emplace_back(key, text);
                        properties.order.push_back(property_id::user);
                        return true;
                      });
}

// An array of objects, so that a name may come several times; an object will do, too.
bool read_user_properties(JsonLine& line, Value& value, MessageProperties& properties) {
  const std::string_view token = value.raw_json_token();
  if (token.starts_with('{')) return read_user(line, value, properties);
  if (!token.starts_with('[')) return line.fail(token, "user-properties is not an array");
  simdjson::ondemand::array array;
  if (value.get_array().get(array)) return line.not_json();
  for (auto element : array) {
    Value inner;
    if (element.get(inner)) return line.not_json();
    if (!read_user(line, inner, properties)) return false;
  }
  return true;
}

}  // namespace

bool read_properties(JsonLine& line, Value& value, MessageProperties& properties) {
  return line.members(value, "properties is not an object",
                      [&](std::string_view name, Value& inner) {
                        if (JsonLine::word(inner.raw_json_token()) == "null" ||
                            name == "topic-alias" || name == "subscription-identifier")
                          return true;
                        if (name == "user-properties")
                          return read_user_properties(line, inner, properties);
                        if (name == "payload-format-indicator" || name == "message-expiry-interval")
                          return read_number(line, name, inner, properties);
                        if (name == "content-type" || name == "response-topic" ||
                            name == "correlation-data" || name == "correlation-data_base64")
                          return read_text(line, name, inner, properties);
                        return line.fail("there is no property '" + printable(name, 64) + "'");
                      });
}

}  // namespace mqfail
