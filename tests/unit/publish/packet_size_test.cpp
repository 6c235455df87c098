// SPDX-License-Identifier: Apache-2.0
// The size of a PUBLISH, against packets counted by hand from MQTT 5 section 3.3.
#include "publish/packet_size.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace mqfail;

BOOST_AUTO_TEST_CASE(the_parts_of_a_publish) {
  BOOST_TEST(publish_size({.topic = "t", .payload = "xyz"}, false) == 2U + 3 + 3);
  BOOST_TEST(publish_size({.topic = "t", .payload = "xyz", .qos = 1}, false) == 2U + 3 + 2 + 3);
  BOOST_TEST(publish_size({.topic = "t", .payload = "xyz", .qos = 2}, true) == 2U + 3 + 2 + 1 + 3);
}

BOOST_AUTO_TEST_CASE(the_length_itself_grows) {
  const auto size = [](std::size_t payload) {
    return publish_size({.topic = "t", .payload = std::string(payload, 'x')}, false) - payload;
  };
  BOOST_TEST(size(124) == 2U + 3);
  BOOST_TEST(size(125) == 3U + 3);
  BOOST_TEST(size(16380) == 3U + 3);
  BOOST_TEST(size(16381) == 4U + 3);
  BOOST_TEST(size(2'097'148) == 4U + 3);
  BOOST_TEST(size(2'097'149) == 5U + 3);
}

BOOST_AUTO_TEST_CASE(properties_count_on_mqtt_5_only) {
  MessageProperties properties;
  properties.payload_format = 1;              // 2
  properties.message_expiry = 60;             // 5
  properties.content_type = "text";           // 3 + 4
  properties.response_topic = "r";            // 3 + 1
  properties.correlation_data = "cd";         // 3 + 2
  properties.topic_alias = 1;                 // 3
  properties.user = {{"k", "v"}, {"", "w"}};  // 5 + 2, 5 + 1
  const Message message{.topic = "t", .payload = "x", .qos = 1, .properties = &properties};
  BOOST_TEST(publish_size(message, true) == 2U + 3 + 2 + (1 + 39) + 1);
  BOOST_TEST(publish_size(message, false) == 2U + 3 + 2 + 1);
}

BOOST_AUTO_TEST_CASE(numbers_count_as_long_as_they_are) {
  const std::string id(32, 'a');
  Message message{.topic = "t", .payload = "x", .qos = 1, .publisher = id, .number = 9};
  // mqfail-id 5+9+32, mqfail-seq 5+10+1
  BOOST_TEST(publish_size(message, true) == 2U + 3 + 2 + (1 + 62) + 1);
  message.number = 1'000'000;
  BOOST_TEST(publish_size(message, true) == 2U + 3 + 2 + (1 + 68) + 1);
}

BOOST_AUTO_TEST_CASE(what_no_packet_can_hold_is_larger_than_the_largest) {
  const std::string payload(kLargestRemaining - 3, 'x');
  BOOST_TEST(publish_size({.topic = "t", .payload = payload}, false) == kLargestPacket);
  BOOST_TEST(publish_size({.topic = "tt", .payload = payload}, false) > kLargestPacket);
}
