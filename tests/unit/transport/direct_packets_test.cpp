// SPDX-License-Identifier: Apache-2.0
// The packets of a probe, byte by byte, after the tables of MQTT 3.1.1 and 5, section 3.
#include <boost/test/unit_test.hpp>

#include "base/encoding.hpp"
#include "transport/direct/facts.hpp"
#include "transport/direct/packets.hpp"

using namespace mqfail;

namespace {

std::string hex(std::string_view bytes) {
  return hexadecimal({reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()});
}

std::string connect(const Server& server, Protocol protocol, ConnectSettings settings = {}) {
  settings.client_id = "me";
  settings.keepalive = std::chrono::seconds(10);
  return hex(connect_packet(server, settings, protocol).reveal());
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_connect_has_the_version_the_flags_and_the_client_id) {
  BOOST_TEST(connect({}, Protocol::mqtt311) ==
             "100e00044d51545404"
             "02"
             "000a"
             "00026d65");
  BOOST_TEST(connect({}, Protocol::mqtt31) ==
             "101000064d514973647003"
             "02"
             "000a"
             "00026d65");
  BOOST_TEST(connect({}, Protocol::mqtt5) ==
             "100f00044d51545405"
             "02"
             "000a"
             "00"
             "00026d65");
}

BOOST_AUTO_TEST_CASE(a_connect_carries_credentials_and_properties) {
  Server server;
  server.username = "joe";
  server.password = Secret("pw");
  BOOST_TEST(connect(server, Protocol::mqtt311) ==
             "101700044d51545404"
             "c2"
             "000a"
             "00026d65"
             "00036a6f65"
             "00027077");
  ConnectSettings settings;
  settings.properties.receive_maximum = 5;
  settings.properties.user = {{"a", "b"}};
  BOOST_TEST(connect({}, Protocol::mqtt5, settings) ==
             "101900044d51545405"
             "02"
             "000a"
             "0a"
             "210005"
             "26000161000162"
             "00026d65");
}

BOOST_AUTO_TEST_CASE(subscribe_publish_and_puback) {
  BOOST_TEST(hex(subscribe_packet(7, {"a/b"}, 1, Protocol::mqtt5)) ==
             "8209"
             "0007"
             "00"
             "0003612f62"
             "01");
  BOOST_TEST(hex(subscribe_packet(7, {"a", "b"}, 0, Protocol::mqtt311)) ==
             "820a"
             "0007"
             "000161"
             "00"
             "000162"
             "00");
  const Message message{.topic = "t", .payload = "hi", .qos = 1, .retain = true};
  BOOST_TEST(hex(publish_packet(message, 9, Protocol::mqtt5)) ==
             "3308"
             "000174"
             "0009"
             "00"
             "6869");
  BOOST_TEST(hex(publish_packet({.topic = "t", .payload = "hi"}, 9, Protocol::mqtt311)) ==
             "3005"
             "000174"
             "6869");
  BOOST_TEST(hex(puback_packet(0x1234)) == "40021234");
  BOOST_TEST(hex(disconnect_packet()) == "e000");
}

BOOST_AUTO_TEST_CASE(a_packet_is_taken_when_all_of_it_is_here) {
  const std::string two =
      publish_packet({.topic = "t", .payload = std::string(200, 'x')}, 0, Protocol::mqtt5) + "\xd0";
  for (std::size_t size = 0; size < two.size() - 1; ++size)
    BOOST_TEST(!first_packet(std::string_view(two).substr(0, size)), size);
  BOOST_TEST(first_packet_size(std::string_view(two).substr(0, 2)) == 0U);
  BOOST_TEST(first_packet_size(std::string_view(two).substr(0, 3)) == two.size() - 1);
  const auto packet = first_packet(two);
  BOOST_REQUIRE(packet.has_value());
  BOOST_TEST(packet->size == two.size() - 1);
  const Message message = read_publish(*packet, Protocol::mqtt5);
  BOOST_TEST(message.topic == "t");
  BOOST_TEST(message.payload == std::string(200, 'x'));
}

BOOST_AUTO_TEST_CASE(a_publish_is_taken_apart) {
  const std::string bytes =
      publish_packet({.topic = "t", .payload = "p", .qos = 1}, 9, Protocol::mqtt311);
  const Message message = read_publish(*first_packet(bytes), Protocol::mqtt311);
  BOOST_TEST(message.qos == 1);
  BOOST_TEST(message.packet_id == 9);
  BOOST_TEST(message.payload == "p");
}

BOOST_AUTO_TEST_CASE(acknowledgements_have_their_codes) {
  using namespace std::string_literals;
  BOOST_TEST((suback_codes("\0\1\0\1\x87"s, Protocol::mqtt5) == std::vector{1, 0x87}));
  BOOST_TEST((suback_codes("\0\1\0\x80"s, Protocol::mqtt311) == std::vector{0, 0x80}));
  BOOST_TEST(puback_code("\0\1"s) == 0);
  BOOST_TEST(puback_code("\0\1\x97"s) == 0x97);
}

BOOST_AUTO_TEST_CASE(a_connack_tells_what_the_server_can_do) {
  using namespace std::string_literals;
  const ServerFeatures plain = read_features("\0\0\0"s, Protocol::mqtt5);
  BOOST_TEST((plain == ServerFeatures{}));
  const std::string list =
      "\x21\0\x14"s
      "\x24\1"s
      "\x25\0"s
      "\x27\0\1\0\0"s
      "\x22\0\x0a"s
      "\x28\0"s
      "\x29\0"s
      "\x2a\0"s
      "\x13\0\x3c"s
      "\x11\0\0\0\x05"s
      "\x12\0\2id"s
      "\x1f\0\2ok"s
      "\x1c\0\6b:1883"s;
  const std::string connack = "\1\0"s + static_cast<char>(list.size()) + list;
  const ServerFeatures has = read_features(connack, Protocol::mqtt5);
  BOOST_TEST(has.session_present);
  BOOST_TEST(has.receive_maximum == 20);
  BOOST_TEST(has.maximum_qos == 1);
  BOOST_TEST(!has.retain);
  BOOST_TEST(has.maximum_packet_size == 65536U);
  BOOST_TEST(has.topic_alias_maximum == 10);
  BOOST_TEST(!has.wildcards);
  BOOST_TEST(!has.subscription_ids);
  BOOST_TEST(!has.shared);
  BOOST_TEST(has.keepalive.value() == 60);
  BOOST_TEST(has.session_expiry.value() == 5U);
  BOOST_TEST(has.assigned_client_id == "id");
  BOOST_TEST(has.reason == "ok");
  BOOST_TEST(has.server_reference == "b:1883");
}

BOOST_AUTO_TEST_CASE(mqtt_3_tells_the_session_alone) {
  using namespace std::string_literals;
  BOOST_TEST(read_features("\1\0"s, Protocol::mqtt311).session_present);
  BOOST_TEST(!read_features("\1\0"s, Protocol::mqtt31).session_present);
}
