// SPDX-License-Identifier: Apache-2.0
// Lines of mqfail-pub --json. Laws: a fault may be shown and names a place in the line; what
// mqfail-sub --json prints of a message is read as the same message.
#include "publish/json_record.hpp"

#include "fuzz/fuzz.hpp"
#include "tool/json_text.hpp"
#include "tool/message_json.hpp"
#include "transport/topic_rules.hpp"

using namespace mqfail;

namespace {

// It stands still, so that no interval passes between printing and reading.
std::chrono::system_clock::time_point now() {
  return std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000));
}

// The order of properties and what belongs to one connection do not travel.
MessageProperties lasting(const Message& message) {
  if (message.properties == nullptr) return {};
  MessageProperties properties = *message.properties;
  properties.order.clear();
  properties.subscription_ids.clear();
  properties.topic_alias.reset();
  return properties;
}

void print_and_read(const Message& message) {
  for (const JsonStyle style : {JsonStyle{}, JsonStyle{true, true}}) {
    std::string line;
    fuzz::law(append_message_json(line, message, now(), false, style), "a message is printed");
    JsonRecord record(now);
    Message again{};
    const auto fault = record.read(line, again);
    fuzz::law(!fault, "what is printed is read", line);
    fuzz::law(again.topic == message.topic, "the topic is the same", line);
    fuzz::law(again.payload == message.payload, "the payload is the same", line);
    fuzz::law(again.qos == message.qos && again.retain == message.retain, "QoS and retain", line);
    fuzz::law(lasting(again) == lasting(message), "the properties are the same", line);
  }
}

// A message as a server sends it: a topic that is one, texts in UTF-8 without NUL (MQTT
// 5, 1.5.4-2), any payload.
void from_bytes(fuzz::Input input) {
  const unsigned choice = input.byte();
  const std::string topic = input.until('\n'), name = input.until('\n');
  const bool is_text = is_utf8(name) && name.find('\0') == std::string::npos;
  if (!wrong_with_topic_name(topic).empty() || !is_text) return;
  MessageProperties properties;
  properties.content_type = name;
  properties.message_expiry = choice + 1;
  if ((choice & 4U) != 0) properties.correlation_data = input.rest();
  if ((choice & 8U) != 0) properties.response_topic = topic;
  properties.user = {{name, topic}, {topic, name}};
  Message message{topic, input.rest()};
  message.qos = static_cast<int>(choice % 3);
  message.retain = (choice & 16U) != 0;
  message.properties = (choice & 32U) != 0 ? &properties : nullptr;
  print_and_read(message);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  if (!input.rest().starts_with('{') && (input.byte() & 1U) != 0) {
    from_bytes(input);
    return 0;
  }
  JsonRecord record(now);
  Message message{};
  const auto fault = record.read(input.rest(), message);
  if (!fault) {
    // What expires at once has expired when it is read.
    const bool lasts = message.properties == nullptr || message.properties->message_expiry != 0;
    if (lasts) print_and_read(message);
    return 0;
  }
  fuzz::law_shown(fault->why);
  fuzz::law(fault->column <= input.rest().size() + 2, "the column is in the line", fault->why);
  return 0;
}
