// SPDX-License-Identifier: Apache-2.0
// MQTT 5 properties on the wire, through Paho as it is linked here, with its seams: each form at
// its least, greatest and a middle value, out and in again. The bytes are written from the standard
// (MQTT 5, sections 1.5 and 2.2.2).
#include "transport/wire/properties.hpp"

#include <boost/test/unit_test.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "transport/paho_properties.hpp"

using namespace mqfail;

namespace {

std::string bytes(std::initializer_list<int> values) {
  std::string result;
  for (const int value : values) result += static_cast<char>(value);
  return result;
}

std::string shown(std::string_view raw) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string result;
  for (const char c : raw) {
    const auto byte = static_cast<unsigned char>(c);
    result += {kDigits[byte >> 4U], kDigits[byte & 15U], ' '};
  }
  return result;
}

std::string written(PahoProperties& properties) {
  std::string out(1 << 20, '\0');
  char* at = out.data();
  MQTTProperties_write(&at, properties.get());
  out.resize(static_cast<std::size_t>(at - out.data()));
  return out;
}

/// What Paho reads from these bytes.
void read_back(std::string raw, const std::function<void(const MQTTProperties&)>& look) {
  MQTTProperties list = MQTTProperties_initializer;
  char* at = raw.data();
  BOOST_TEST(MQTTProperties_read(&list, &at, raw.data() + raw.size()) == 1);
  look(list);
  MQTTProperties_free(&list);
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_number_goes_out_and_comes_in_as_the_standard_has_it) {
  struct Row {
    MQTTPropertyCodes code;
    std::uint32_t number;
    std::string wire;
  };
  std::vector<Row> rows;
  for (const MQTTPropertyCodes code :
       {MQTTPROPERTY_CODE_PAYLOAD_FORMAT_INDICATOR, MQTTPROPERTY_CODE_REQUEST_PROBLEM_INFORMATION,
        MQTTPROPERTY_CODE_REQUEST_RESPONSE_INFORMATION, MQTTPROPERTY_CODE_MAXIMUM_QOS,
        MQTTPROPERTY_CODE_RETAIN_AVAILABLE, MQTTPROPERTY_CODE_WILDCARD_SUBSCRIPTION_AVAILABLE,
        MQTTPROPERTY_CODE_SUBSCRIPTION_IDENTIFIERS_AVAILABLE,
        MQTTPROPERTY_CODE_SHARED_SUBSCRIPTION_AVAILABLE}) {
    rows.push_back({code, 0, bytes({2, code, 0})});
    rows.push_back({code, 1, bytes({2, code, 1})});
  }
  for (const MQTTPropertyCodes code :
       {MQTTPROPERTY_CODE_SERVER_KEEP_ALIVE, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM,
        MQTTPROPERTY_CODE_TOPIC_ALIAS_MAXIMUM, MQTTPROPERTY_CODE_TOPIC_ALIAS}) {
    rows.push_back({code, 0, bytes({3, code, 0, 0})});
    rows.push_back({code, 1, bytes({3, code, 0, 1})});
    rows.push_back({code, 0x7FFF, bytes({3, code, 0x7F, 0xFF})});
    rows.push_back({code, 0x8000, bytes({3, code, 0x80, 0})});
    rows.push_back({code, 0xFFFF, bytes({3, code, 0xFF, 0xFF})});
  }
  for (const MQTTPropertyCodes code :
       {MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL, MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL,
        MQTTPROPERTY_CODE_WILL_DELAY_INTERVAL, MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE}) {
    rows.push_back({code, 0, bytes({5, code, 0, 0, 0, 0})});
    rows.push_back({code, 1, bytes({5, code, 0, 0, 0, 1})});
    rows.push_back({code, 0x01020304, bytes({5, code, 1, 2, 3, 4})});
    rows.push_back({code, 0x7FFFFFFF, bytes({5, code, 0x7F, 0xFF, 0xFF, 0xFF})});
    rows.push_back({code, 0x80000000, bytes({5, code, 0x80, 0, 0, 0})});
    rows.push_back({code, 3000000000, bytes({5, code, 0xB2, 0xD0, 0x5E, 0})});
    rows.push_back({code, 0xFFFFFFFE, bytes({5, code, 0xFF, 0xFF, 0xFF, 0xFE})});
    rows.push_back({code, 0xFFFFFFFF, bytes({5, code, 0xFF, 0xFF, 0xFF, 0xFF})});
  }
  const MQTTPropertyCodes variable = MQTTPROPERTY_CODE_SUBSCRIPTION_IDENTIFIER;
  rows.push_back({variable, 1, bytes({2, variable, 1})});
  rows.push_back({variable, 127, bytes({2, variable, 0x7F})});
  rows.push_back({variable, 128, bytes({3, variable, 0x80, 1})});
  rows.push_back({variable, 16383, bytes({3, variable, 0xFF, 0x7F})});
  rows.push_back({variable, 16384, bytes({4, variable, 0x80, 0x80, 1})});
  rows.push_back({variable, 2097151, bytes({4, variable, 0xFF, 0xFF, 0x7F})});
  rows.push_back({variable, 2097152, bytes({5, variable, 0x80, 0x80, 0x80, 1})});
  rows.push_back({variable, 268435455, bytes({5, variable, 0xFF, 0xFF, 0xFF, 0x7F})});

  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(MQTTPropertyName(row.code) << " " << row.number) {
      PahoProperties properties;
      properties.add(row.code, row.number);
      BOOST_TEST(shown(written(properties)) == shown(row.wire));
      read_back(row.wire, [&row](const MQTTProperties& list) {
        BOOST_TEST(number_of(&list, row.code).value_or(77) == row.number);
      });
      PropertyReader reader(row.wire);
      BOOST_TEST(reader.next());
      BOOST_TEST(reader.id() == row.code);
      BOOST_TEST(!reader.next());
      BOOST_TEST(reader.whole());
      BOOST_TEST(reader.size() == row.wire.size());
    }
  }
}

BOOST_AUTO_TEST_CASE(every_text_goes_out_and_comes_in_as_the_standard_has_it) {
  for (const MQTTPropertyCodes code :
       {MQTTPROPERTY_CODE_CONTENT_TYPE, MQTTPROPERTY_CODE_RESPONSE_TOPIC,
        MQTTPROPERTY_CODE_CORRELATION_DATA, MQTTPROPERTY_CODE_ASSIGNED_CLIENT_IDENTIFER,
        MQTTPROPERTY_CODE_AUTHENTICATION_METHOD, MQTTPROPERTY_CODE_AUTHENTICATION_DATA,
        MQTTPROPERTY_CODE_RESPONSE_INFORMATION, MQTTPROPERTY_CODE_SERVER_REFERENCE,
        MQTTPROPERTY_CODE_REASON_STRING}) {
    for (const std::size_t size : {0U, 1U, 255U, 256U, 65535U}) {
      BOOST_TEST_CONTEXT(MQTTPropertyName(code) << " of " << size << " bytes") {
        const std::string text(size, 'x');
        std::string wire =
            bytes({code, static_cast<int>(size >> 8U), static_cast<int>(size & 255U)}) + text;
        std::string length;
        for (std::size_t left = wire.size(); true; left >>= 7U) {
          length += static_cast<char>((left & 0x7FU) | (left > 0x7F ? 0x80U : 0U));
          if (left <= 0x7F) break;
        }
        wire = length + wire;
        PahoProperties properties;
        properties.add(code, text);
        BOOST_TEST((written(properties) == wire));
        read_back(wire,
                  [&](const MQTTProperties& list) { BOOST_TEST((text_of(&list, code) == text)); });
        BOOST_TEST((text_property(wire, static_cast<std::uint8_t>(code)) == text));
      }
    }
  }
  PahoProperties pair;
  pair.add_user("k", "");
  pair.add_user("", "v");
  BOOST_TEST(shown(written(pair)) ==
             shown(bytes({12, 0x26, 0, 1, 'k', 0, 0, 0x26, 0, 0, 0, 1, 'v'})));
}

BOOST_AUTO_TEST_CASE(a_session_without_an_end_is_asked_for_as_one) {
  ConnectSettings settings;
  settings.clean_session = false;
  PahoProperties properties;
  add_connect_properties(properties, settings);
  BOOST_TEST(shown(written(properties)) == shown(bytes({5, 0x11, 0xFF, 0xFF, 0xFF, 0xFF})));
}
