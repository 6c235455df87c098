// SPDX-License-Identifier: Apache-2.0
#include "transport/paho_properties.hpp"

#include <array>
#include <charconv>
#include <limits>

#include "base/number.hpp"
#include "transport/property_order.hpp"

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

void PahoProperties::add(const MessageProperties& properties, std::optional<std::uint32_t> delay,
                         bool alias) {
  constexpr std::array kFixed{property_id::payload_format, property_id::message_expiry,
                              property_id::topic_alias,    property_id::content_type,
                              property_id::response_topic, property_id::correlation_data,
                              property_id::user,           property_id::will_delay};
  in_order(properties.order, kFixed, properties.user.size(), [&](std::uint8_t id, std::size_t at) {
    const auto number = [&](const auto& value) {
      if (value && at == 0) add(static_cast<MQTTPropertyCodes>(id), std::uint32_t{*value});
    };
    const auto text = [&](const std::optional<std::string>& value) {
      if (value && at == 0) add(static_cast<MQTTPropertyCodes>(id), *value);
    };
    switch (id) {
      case property_id::payload_format:
        return number(properties.payload_format);
      case property_id::message_expiry:
        return number(properties.message_expiry);
      case property_id::topic_alias:
        return alias ? number(properties.topic_alias) : void();
      case property_id::content_type:
        return text(properties.content_type);
      case property_id::response_topic:
        return text(properties.response_topic);
      case property_id::correlation_data:
        return text(properties.correlation_data);
      case property_id::will_delay:
        return number(delay);
      case property_id::user:
        if (at < properties.user.size())
          add_user(properties.user[at].first, properties.user[at].second);
        return;
      default:
        return;
    }
  });
}

void PahoProperties::add(const PacketProperties& properties) {
  constexpr std::array kFixed{property_id::subscription_id, property_id::session_expiry,
                              property_id::reason_string, property_id::user};
  in_order(properties.order, kFixed, properties.user.size(), [&](std::uint8_t id, std::size_t at) {
    if (id == property_id::user) {
      if (at < properties.user.size())
        add_user(properties.user[at].first, properties.user[at].second);
    } else if (at > 0) {
      return;
    } else if (id == property_id::subscription_id && properties.subscription_id != 0) {
      add(MQTTPROPERTY_CODE_SUBSCRIPTION_IDENTIFIER, properties.subscription_id);
    } else if (id == property_id::session_expiry && properties.session_expiry) {
      add(MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL, *properties.session_expiry);
    } else if (id == property_id::reason_string && properties.reason) {
      add(MQTTPROPERTY_CODE_REASON_STRING, *properties.reason);
    }
  });
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
  constexpr std::array kFixed{property_id::session_expiry,
                              property_id::receive_maximum,
                              property_id::maximum_packet_size,
                              property_id::topic_alias_maximum,
                              property_id::request_problem_information,
                              property_id::request_response_information,
                              property_id::authentication_method,
                              property_id::authentication_data,
                              property_id::user};
  in_order(wanted.order, kFixed, wanted.user.size(), [&](std::uint8_t id, std::size_t at) {
    const auto number = [&](const auto& value) {
      if (value && at == 0) into.add(static_cast<MQTTPropertyCodes>(id), std::uint32_t{*value});
    };
    switch (id) {
      case property_id::session_expiry:
        return number(expiry);
      case property_id::receive_maximum:
        return number(wanted.receive_maximum);
      case property_id::maximum_packet_size:
        return number(wanted.maximum_packet_size);
      case property_id::topic_alias_maximum:
        return number(wanted.topic_alias_maximum);
      case property_id::request_problem_information:
        return number(wanted.request_problem_information);
      case property_id::request_response_information:
        return number(wanted.request_response_information);
      case property_id::authentication_method:
        if (wanted.authentication_method && at == 0)
          into.add(MQTTPROPERTY_CODE_AUTHENTICATION_METHOD, *wanted.authentication_method);
        return;
      case property_id::authentication_data:
        if (wanted.authentication_data && at == 0)
          into.add(MQTTPROPERTY_CODE_AUTHENTICATION_DATA, wanted.authentication_data->reveal());
        return;
      case property_id::user:
        if (at < wanted.user.size()) into.add_user(wanted.user[at].first, wanted.user[at].second);
        return;
      default:
        return;
    }
  });
}

std::string disconnect_packet(const PacketProperties& properties) {
  constexpr char kDisconnect = '\xE0';
  PahoProperties list;
  list.add(properties);
  if (list.empty()) return {kDisconnect, '\0'};
  std::string rest(1 + static_cast<std::size_t>(MQTTProperties_len(list.get())), '\0');
  char* at = rest.data() + 1;  // the reason code is 0: a normal disconnection
  MQTTProperties_write(&at, list.get());
  std::string packet{kDisconnect};
  for (std::size_t left = rest.size(); left > 0; left /= 128) {
    packet += static_cast<char>(left % 128 + (left >= 128 ? 128 : 0));
  }
  return packet + rest;
}

MessageProperties message_properties(const MQTTProperties& list) {
  MessageProperties result;
  for (int i = 0; i < list.count; ++i) {
    const MQTTProperty& property = list.array[i];
    result.order.push_back(static_cast<std::uint8_t>(property.identifier));
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
