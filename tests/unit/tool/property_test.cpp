// SPDX-License-Identifier: Apache-2.0
// -D COMMAND NAME VALUE.
#include "command_lines.hpp"
#include "tool/draft.hpp"

using namespace mqfail;
using namespace mqfail::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(properties_are_checked_by_command_name_and_value) {
  BOOST_TEST(sub_refuses({"-t", "a", "-D", "connect", "nonsense", "1"}) ==
             "-D connect nonsense is no property of connect");
  BOOST_TEST(sub_refuses({"-t", "a", "-D", "connect", "receive-maximum", "0"}) ==
             "-D connect receive-maximum takes a number from 1 to 65535, not '0'");
  BOOST_TEST(sub_refuses({"-t", "a", "-D", "subscribe", "user-property", "k", "v"}) ==
             "-D subscribe is not yet supported");
  BOOST_TEST(sub_refuses({"-t", "a", "-D", "publish", "content-type", "x"}) ==
             "-D publish is not yet supported");
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
