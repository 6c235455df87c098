// SPDX-License-Identifier: Apache-2.0
// -D COMMAND NAME VALUE.
#include "command_lines.hpp"
#include "tool/draft.hpp"
#include "transport/property_order.hpp"

using namespace mqfail;
using namespace mqfail::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(properties_are_checked_by_command_name_and_value) {
  BOOST_TEST(sub_refuses({"-t", "a", "-D", "connect", "nonsense", "1"}) ==
             "-D connect nonsense is no property of connect");
  BOOST_TEST(sub_refuses({"-t", "a", "-D", "connect", "receive-maximum", "0"}) ==
             "-D connect receive-maximum takes a number from 1 to 65535, not '0'");
  BOOST_TEST(sub_refuses({"-t", "a", "-D", "connect", "will-delay-interval", "1"}) ==
             "-D connect will-delay-interval is no property of connect");
  BOOST_TEST(sub_refuses({"-t", "a", "-D", "subscribe", "topic-alias", "1"}) ==
             "-D subscribe topic-alias is no property of subscribe");
  BOOST_TEST(sub_refuses({"-t", "a", "-D", "subscribe", "subscription-identifier", "0"}) ==
             "-D subscribe subscription-identifier takes a number from 1 to 268435455, not '0'");
  BOOST_TEST(sub_refuses({"-t", "a", "-D", "publish", "content-type", "x"}) ==
             "-D publish is not for mqfail-sub, which publishes nothing");
  BOOST_TEST(pub_refuses({"-t", "a", "-n", "-D", "subscribe", "user-property", "k", "v"}) ==
             "-D subscribe is not for mqfail-pub, which subscribes to nothing");
  BOOST_TEST(sub_refuses({"-t", "a", "-D", "auth", "authentication-method", "x"}) ==
             "-D auth is not supported: there is no exchange of AUTH packets");
  BOOST_TEST(sub_refuses({"-t", "a", "-D", "puback", "reason-string", "x"}) ==
             "-D takes connect, subscribe, unsubscribe, disconnect, will, not 'puback'");
  BOOST_TEST(pub_refuses({"-t", "a", "-n", "-D", "publish", "user-property", "k"}) ==
             "-D publish user-property needs a name and a value");
}

BOOST_AUTO_TEST_CASE(a_property_is_named_in_any_case_and_given_once) {
  const PubOptions options =
      pub({"-t", "a", "-n", "-D", "PUBLISH", "Content-Type", "text", "-D", "publish",
           "USER-property", "k", "v", "-D", "publish", "user-property", "k", "v"});
  BOOST_TEST(options.properties.content_type.value() == "text");
  BOOST_TEST(options.properties.user.size() == 2U);
  BOOST_TEST(pub_refuses({"-t", "a", "-n", "-D", "publish", "content-type", "a", "-D", "publish",
                          "Content-Type", "b"}) == "-D publish content-type is given twice");
  BOOST_TEST(sub_refuses({"-t", "a", "-D", "connect", "receive-maximum", "5", "-D", "connect",
                          "receive-maximum", "5"}) == "-D connect receive-maximum is given twice");
  BOOST_TEST(sub_refuses({"-t", "a", "-i", "me", "-x", "5", "-D", "connect",
                          "session-expiry-interval", "5"}) ==
             "-x and -D connect session-expiry-interval say the same");
}

BOOST_AUTO_TEST_CASE(each_property_of_connect_goes_to_its_member) {
  const ConnectProperties connect = sub({"-t",
                                         "a",
                                         "-D",
                                         "connect",
                                         "maximum-packet-size",
                                         "7",
                                         "-D",
                                         "connect",
                                         "topic-alias-maximum",
                                         "8",
                                         "-D",
                                         "connect",
                                         "request-problem-information",
                                         "0",
                                         "-D",
                                         "connect",
                                         "request-response-information",
                                         "1",
                                         "-D",
                                         "connect",
                                         "session-expiry-interval",
                                         "9",
                                         "-D",
                                         "connect",
                                         "receive-maximum",
                                         "6"})
                                        .common.connect.properties;
  BOOST_TEST(connect.maximum_packet_size.value() == 7U);
  BOOST_TEST(connect.topic_alias_maximum.value() == 8U);
  BOOST_TEST(!connect.request_problem_information.value());
  BOOST_TEST(connect.request_response_information.value());
  BOOST_TEST(connect.session_expiry.value() == 9U);
  BOOST_TEST(connect.receive_maximum.value() == 6U);
}

BOOST_AUTO_TEST_CASE(each_property_of_a_message_goes_to_its_member) {
  const PubOptions options = pub({"-t", "a",  "-n",      "--will-topic",
                                  "w",  "-D", "publish", "message-expiry-interval",
                                  "5",  "-D", "publish", "response-topic",
                                  "r",  "-D", "publish", "correlation-data",
                                  "c",  "-D", "will",    "payload-format-indicator",
                                  "1"});
  BOOST_TEST(options.properties.message_expiry.value() == 5U);
  BOOST_TEST(options.properties.response_topic.value() == "r");
  BOOST_TEST(options.properties.correlation_data.value() == "c");
  BOOST_TEST(!options.properties.payload_format);
  BOOST_TEST(options.common.connect.will.value().properties.payload_format.value() == 1U);
  BOOST_TEST(pub_refuses({"-t", "a", "-n", "-D", "publish", "response-topic", "r/#"}) ==
             "-D publish response-topic 'r/#' contains a wildcard");
}

BOOST_AUTO_TEST_CASE(properties_keep_the_order_in_which_they_are_given) {
  const PubOptions options =
      pub({"-t", "a", "-n", "-D", "publish", "user-property", "k", "v", "-D", "publish",
           "content-type", "t", "-D", "publish", "user-property", "l", "w"});
  BOOST_TEST(options.properties.order ==
                 (std::vector<std::uint8_t>{property_id::user, property_id::content_type,
                                            property_id::user}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(properties_of_other_packets_go_to_their_packet) {
  const ConnectSettings connect = sub({"-t",
                                       "a",
                                       "-i",
                                       "me",
                                       "-c",
                                       "-D",
                                       "subscribe",
                                       "subscription-identifier",
                                       "56",
                                       "-D",
                                       "subscribe",
                                       "user-property",
                                       "s",
                                       "1",
                                       "-D",
                                       "unsubscribe",
                                       "user-property",
                                       "u",
                                       "2",
                                       "-D",
                                       "disconnect",
                                       "session-expiry-interval",
                                       "9",
                                       "-D",
                                       "disconnect",
                                       "reason-string",
                                       "why",
                                       "-D",
                                       "connect",
                                       "authentication-method",
                                       "m",
                                       "-D",
                                       "connect",
                                       "authentication-data",
                                       "d"})
                                      .common.connect;
  BOOST_TEST(connect.subscribe.subscription_id == 56U);
  BOOST_TEST(connect.subscribe.user.front().first == "s");
  BOOST_TEST(connect.unsubscribe.user.front().first == "u");
  BOOST_TEST(connect.disconnect.session_expiry.value() == 9U);
  BOOST_TEST(connect.disconnect.reason.value() == "why");
  BOOST_TEST(connect.properties.authentication_method.value() == "m");
  BOOST_TEST(connect.properties.authentication_data.value().reveal() == "d");
}

BOOST_AUTO_TEST_CASE(properties_that_contradict_each_other_are_refused) {
  BOOST_TEST(sub_refuses({"-t", "a", "-D", "connect", "authentication-data", "d"}) ==
             "-D connect authentication-data without authentication-method");
  BOOST_TEST(sub_refuses({"-t", "a", "-D", "disconnect", "session-expiry-interval", "5"}) ==
             "-D disconnect session-expiry-interval of a session that ends at once");
}
