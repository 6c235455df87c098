// SPDX-License-Identifier: Apache-2.0
#include "transport/paho_properties.hpp"

#include <charconv>
#include <limits>

#include "base/number.hpp"

namespace mqfail {
namespace {

constexpr std::size_t kNumberDigits = std::numeric_limits<std::uint64_t>::digits10 + 1;

MQTTLenString borrowed(const std::string& text) {
  return {static_cast<int>(text.size()), const_cast<char*>(text.data())};
}

std::string owned(const MQTTLenString& text) {
  return {text.data, static_cast<std::size_t>(text.len)};
}

}  // namespace

void PahoProperties::add(MQTTPropertyCodes code, std::uint32_t number) {
  MQTTProperty property{};
  property.identifier = code;
  switch (MQTTProperty_getType(code)) {
    case MQTTPROPERTY_TYPE_BYTE:
      property.value.byte = static_cast<unsigned char>(number);
      break;
    case MQTTPROPERTY_TYPE_TWO_BYTE_INTEGER:
      property.value.integer2 = static_cast<unsigned short>(number);
      break;
    default:
      property.value.integer4 = number;
  }
  MQTTProperties_add(&list_, &property);
}

void PahoProperties::add(MQTTPropertyCodes code, const std::string& text) {
  MQTTProperty property{};
  property.identifier = code;
  property.value.data = borrowed(text);
  MQTTProperties_add(&list_, &property);
}

void PahoProperties::add_user(const std::string& name, const std::string& value) {
  MQTTProperty property{};
  property.identifier = MQTTPROPERTY_CODE_USER_PROPERTY;
  property.value.data = borrowed(name);
  property.value.value = borrowed(value);
  MQTTProperties_add(&list_, &property);
}

void PahoProperties::add(const MessageProperties& properties) {
  if (properties.payload_format) {
    add(MQTTPROPERTY_CODE_PAYLOAD_FORMAT_INDICATOR, *properties.payload_format);
  }
  if (properties.message_expiry) {
    add(MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL, *properties.message_expiry);
  }
  if (properties.topic_alias) add(MQTTPROPERTY_CODE_TOPIC_ALIAS, *properties.topic_alias);
  if (properties.content_type) add(MQTTPROPERTY_CODE_CONTENT_TYPE, *properties.content_type);
  if (properties.response_topic) add(MQTTPROPERTY_CODE_RESPONSE_TOPIC, *properties.response_topic);
  if (properties.correlation_data) {
    add(MQTTPROPERTY_CODE_CORRELATION_DATA, *properties.correlation_data);
  }
  for (const auto& [name, value] : properties.user) add_user(name, value);
}

// Room for the longest number is made once; set_number() writes into it.
void PahoProperties::add_numbering(std::string_view publisher) {
  add_user(std::string(kPublisherProperty), std::string(publisher));
  number_ = list_.count;
  add_user(std::string(kNumberProperty), std::string(kNumberDigits, '0'));
}

void PahoProperties::set_number(std::uint64_t number) {
  MQTTLenString& digits = list_.array[number_].value.value;
  const char* const end = std::to_chars(digits.data, digits.data + kNumberDigits, number).ptr;
  const int size = static_cast<int>(end - digits.data);
  list_.length += size - digits.len;
  digits.len = size;
}

void take_numbering(const MessageProperties& properties, Message& message) {
  for (const auto& [name, value] : properties.user) {
    if (name == kPublisherProperty) {
      message.publisher = value;
    } else if (name == kNumberProperty) {
      // Signed, so that counts of numbers fit as well.
      const std::int64_t number = parse_number<std::int64_t>(value).value_or(0);
      message.number = number > 0 ? static_cast<std::uint64_t>(number) : 0;
    }
  }
  if (message.number == 0) message.publisher = {};
}

void PahoProperties::clear() {
  MQTTProperties_free(&list_);
  list_ = MQTTProperties MQTTProperties_initializer;
}

void add_connect_properties(PahoProperties& into, const ConnectSettings& settings) {
  const ConnectProperties& wanted = settings.properties;
  // mosquitto's rule: no clean session and no -x means a session that does not expire.
  const auto expiry = wanted.session_expiry
                          ? wanted.session_expiry
                          : (settings.clean_session ? std::nullopt : std::optional(0xFFFFFFFFU));
  if (expiry) into.add(MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL, *expiry);
  if (wanted.receive_maximum) into.add(MQTTPROPERTY_CODE_RECEIVE_MAXIMUM, *wanted.receive_maximum);
  if (wanted.maximum_packet_size) {
    into.add(MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE, *wanted.maximum_packet_size);
  }
  if (wanted.topic_alias_maximum) {
    into.add(MQTTPROPERTY_CODE_TOPIC_ALIAS_MAXIMUM, *wanted.topic_alias_maximum);
  }
  if (wanted.request_problem_information) {
    into.add(MQTTPROPERTY_CODE_REQUEST_PROBLEM_INFORMATION,
             *wanted.request_problem_information ? 1U : 0U);
  }
  if (wanted.request_response_information) {
    into.add(MQTTPROPERTY_CODE_REQUEST_RESPONSE_INFORMATION,
             *wanted.request_response_information ? 1U : 0U);
  }
  for (const auto& [name, value] : wanted.user) into.add_user(name, value);
}

MessageProperties message_properties(const MQTTProperties& list) {
  MessageProperties result;
  for (int i = 0; i < list.count; ++i) {
    const MQTTProperty& property = list.array[i];
    switch (property.identifier) {
      case MQTTPROPERTY_CODE_PAYLOAD_FORMAT_INDICATOR:
        result.payload_format = property.value.byte;
        break;
      case MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL:
        result.message_expiry = property.value.integer4;
        break;
      case MQTTPROPERTY_CODE_CONTENT_TYPE:
        result.content_type = owned(property.value.data);
        break;
      case MQTTPROPERTY_CODE_RESPONSE_TOPIC:
        result.response_topic = owned(property.value.data);
        break;
      case MQTTPROPERTY_CODE_CORRELATION_DATA:
        result.correlation_data = owned(property.value.data);
        break;
      case MQTTPROPERTY_CODE_SUBSCRIPTION_IDENTIFIER:
        result.subscription_ids.push_back(property.value.integer4);
        break;
      case MQTTPROPERTY_CODE_TOPIC_ALIAS:
        result.topic_alias = property.value.integer2;
        break;
      case MQTTPROPERTY_CODE_USER_PROPERTY:
        result.user.emplace_back(owned(property.value.data), owned(property.value.value));
        break;
      default:
        break;  // no other property belongs to a PUBLISH
    }
  }
  return result;
}

std::optional<std::uint32_t> number_of(const MQTTProperties* list, MQTTPropertyCodes code) {
  auto* const all = const_cast<MQTTProperties*>(list);  // Paho's readers are not const-correct
  if (all == nullptr || MQTTProperties_hasProperty(all, code) == 0) return std::nullopt;
  return static_cast<std::uint32_t>(MQTTProperties_getNumericValue(all, code));
}

std::string text_of(const MQTTProperties* list, MQTTPropertyCodes code) {
  auto* const all = const_cast<MQTTProperties*>(list);
  const MQTTProperty* const found =
      all == nullptr ? nullptr : MQTTProperties_getProperty(all, code);
  return found == nullptr ? std::string() : owned(found->value.data);
}

}  // namespace mqfail
