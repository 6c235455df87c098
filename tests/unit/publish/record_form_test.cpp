// SPDX-License-Identifier: Apache-2.0
// Records of the input as messages (product.md section 3): a topic in front, and JSON objects.
#include "publish/record_form.hpp"

#include <boost/test/unit_test.hpp>

#include "publish/json_record.hpp"
#include "tool/message_json.hpp"
#include "transport/property_order.hpp"

using namespace mqfail;
using namespace std::chrono_literals;

namespace {

using Wall = std::chrono::system_clock::time_point;

struct Read {
  std::string topic, payload;
  int qos;
  bool retain;
  MessageProperties properties;
  std::string fault;  // "COLUMN: why"
  bool expired = false;
  std::uint64_t ack = 0;
};

Read read(RecordForm& form, const std::string& record, const std::string& topic = "") {
  Message message{topic, "?", 1, false};
  const auto fault = form.read(record, message);
  Read read{std::string(message.topic),
            std::string(message.payload),
            message.qos,
            message.retain,
            message.properties == nullptr ? MessageProperties{} : *message.properties,
            ""};
  if (fault) read.fault = std::to_string(fault->column) + ": " + fault->why;
  read.expired = fault && fault->expired;
  read.ack = form.ack();
  return read;
}

Read json(const std::string& record, const std::string& topic = "") {
  JsonRecord form;
  return read(form, record, topic);
}

// 2020-05-06T22:12:10Z
Wall ten_past() {
  return Wall(std::chrono::seconds(1588803130));
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_first_separator_divides) {
  TopicRecord form(" = ");
  const Read one = read(form, "a/b = c = d");
  BOOST_TEST(one.topic == "a/b");
  BOOST_TEST(one.payload == "c = d");
  BOOST_TEST(one.qos == 1);
  BOOST_TEST(read(form, "a = ").payload.empty());
  BOOST_TEST(read(form, "a = ").fault.empty());
  BOOST_TEST(read(form, "a=b").fault == "0: there is no separator behind a topic");
  BOOST_TEST(read(form, " = b").fault == "1: the topic is empty");
  BOOST_TEST(read(form, "a/# = b").fault == "1: the topic contains a wildcard");
  BOOST_TEST(read(form, "a\xff = b").fault == "1: the topic is not UTF-8");
}

BOOST_AUTO_TEST_CASE(members_say_what_the_message_is_and_the_run_says_the_rest) {
  const Read all = json(
      R"( {"tst":"x","topic":"a\/b","qos":2,"retain":1,"payloadlen":3,"mid":7,"payload":"\u00e9\n\ud83d\ude00","ack":9,"new":[{}]} )");
  BOOST_TEST(all.fault.empty(), all.fault);
  BOOST_TEST(all.topic == "a/b");
  BOOST_TEST(all.payload == "\xc3\xa9\n\xf0\x9f\x98\x80");
  BOOST_TEST(all.qos == 2);
  BOOST_TEST(all.retain);
  BOOST_TEST(all.ack == 9U);
  const Read least = json("{}", "t");
  BOOST_TEST(least.fault.empty());
  BOOST_TEST(least.topic == "t");
  BOOST_TEST(least.qos == 1);
  BOOST_TEST(least.payload.empty());
  BOOST_TEST(json(R"({"topic":"x"})", "t").topic == "x");
  const Read absent = json(
      R"({"topic":null,"payload":null,"qos":null,"retain":null,"payload_base64":null,"ack":null,"properties":{"content-type":null,"message-expiry-interval":null}})",
      "t");
  BOOST_TEST(absent.fault.empty(), absent.fault);
  BOOST_TEST(absent.topic == "t");
  BOOST_TEST(absent.qos == 1);
  BOOST_TEST(absent.payload.empty());
  BOOST_TEST(absent.properties.empty());
}

BOOST_AUTO_TEST_CASE(a_payload_is_a_string_any_json_or_base64) {
  const std::pair<std::string, std::string> wanted[] = {
      {R"("payload":"a")", "a"},
      {R"("payload":"\u0000")", std::string(1, '\0')},
      {R"("payload":null)", ""},
      {R"("payload":{ "a b" : [ 1 , "\" {" ] })", R"({"a b":[1,"\" {"]})"},
      {R"("payload":[])", "[]"},
      {R"("payload":-1.5e3)", "-1.5e3"},
      {R"("payload":true)", "true"},
      {R"("payload":null,"payload_base64":"AP8=")", std::string("\0\xff", 2)},
      {R"("payload_base64":"AP8=","payload":null)", std::string("\0\xff", 2)},
      {R"("payload_base64":"QQ")", "A"},
      {R"("payload_base64":"")", ""},
  };
  for (const auto& [members, payload] : wanted) {
    const Read one = json("{\"topic\":\"t\"," + members + "}");
    BOOST_TEST(one.fault.empty(), members + " " + one.fault);
    BOOST_TEST(one.payload == payload, members);
  }
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_told_with_its_column) {
  const std::pair<std::string, std::string> wanted[] = {
      {R"([])", "1: is not an object"},
      {R"("a")", "1: is not an object"},
      {R"(7)", "1: is not an object"},
      {R"({"topic":7})", "10: topic is not a string"},
      {R"({"topic":"a/+"})", "10: the topic contains a wildcard"},
      {R"({"topic":""})", "10: the topic is empty"},
      {R"({"topic":"\u0000"})", "10: the topic contains a NUL"},
      {R"({"payload":"x"})", "0: there is no topic"},
      {R"({"topic":"t","qos":3})", "20: qos is not 0, 1 or 2"},
      {R"({"topic":"t","qos":"1"})", "20: qos is not 0, 1 or 2"},
      {R"({"topic":"t","retain":2})", "23: retain is not 0, 1, true or false"},
      {R"({"topic":"t","payload":"x","payload_base64":"eA=="})",
       "14: there is a payload and a payload_base64"},
      {R"({"topic":"t","payload_base64":"e!=="})", "31: payload_base64 is not base64"},
      {R"({"topic":"t","payload_base64":"e"})", "31: payload_base64 is not base64"},
      {R"({"topic":"t","topic":"u"})", "14: there is a second topic"},
      {R"({"topic":"t","ack":-1})", "20: ack is not a whole number"},
      {R"({"topic":"t","properties":[]})", "27: properties is not an object"},
      {R"({"topic":"t","properties":{"nonsense":1}})", "28: there is no property 'nonsense'"},
      {R"({"topic":"t","properties":{"content-type":1}})", "43: content-type is not a string"},
      {R"({"topic":"t","properties":{"response-topic":"#"}})",
       "45: response-topic contains a wildcard"},
      {R"({"topic":"t","properties":{"user-properties":{"a":1}}})",
       "51: a user property is not a string"},
      {R"({"topic":"t","properties":{"payload-format-indicator":2}})",
       "55: payload-format-indicator is not 0 or 1"},
  };
  for (const auto& [record, fault] : wanted) BOOST_TEST(json(record).fault == fault, record);
}

BOOST_AUTO_TEST_CASE(what_is_not_json_is_no_message) {
  const std::string whole =
      R"({"topic":"t","payload":"é\n","properties":{"user-properties":{"a":"b"}},"qos":1})";
  BOOST_TEST(json(whole).fault.empty());
  for (std::size_t size = 0; size < whole.size(); ++size)
    BOOST_TEST(!json(whole.substr(0, size)).fault.empty(), whole.substr(0, size));
  for (const char* record :
       {"{\"topic\":\"\xff\"}", R"({"topic":"t"} x)", R"({"topic":"t"}{"topic":"t"})",
        R"({"topic":"\ud800"})", R"({"topic" "t"})", R"({"topic":"t","payload":tru})",
        R"({"topic":"t","payload":01})", R"({"topic":"t","payload":[{"v":-1 0}]})",
        R"({"topic":"t","payload":[1. 5]})", R"({"topic":"t","payload":[1 2]})",
        R"({"topic":"t","payload":[tr ue]})", R"({"topic":"t","payload":[1,]})",
        R"({"topic":"t","payload":{"a":1,}})", R"({"topic":"t","payload":["\ud800"]})",
        "{\"topic\":\"t\n\"}"})
    BOOST_TEST(!json(record).fault.empty(), record);
  BOOST_TEST(json(R"({"topic":"t","payload":"x)").fault.find("is not JSON") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(properties_keep_their_order_and_repeat) {
  const Read one = json(
      R"({"topic":"t","properties":{"user-properties":[{"b":"1"},{"a":"2"},{"b":"3"}],"content-type":"c","topic-alias":7,"subscription-identifier":1}})");
  BOOST_TEST(one.fault.empty(), one.fault);
  const decltype(one.properties.user) user = {{"b", "1"}, {"a", "2"}, {"b", "3"}};
  BOOST_TEST((one.properties.user == user));
  const std::vector<std::uint8_t> order = {property_id::user, property_id::user, property_id::user,
                                           property_id::content_type};
  BOOST_TEST((one.properties.order == order));
  BOOST_TEST(!one.properties.topic_alias.has_value());
  BOOST_TEST(one.properties.subscription_ids.empty());
}

BOOST_AUTO_TEST_CASE(one_reader_reads_many_records) {
  JsonRecord form;
  BOOST_TEST(read(form, R"({"topic":"t","properties":{"content-type":"x"},"ack":5})").ack == 5U);
  const Read next = read(form, R"({"topic":"u","payload":"\t"})");
  BOOST_TEST(next.properties.empty());
  BOOST_TEST(next.ack == 0U);
  BOOST_TEST(next.payload == "\t");
  BOOST_TEST(!read(form, "{").fault.empty());
  const std::string large(10'000'000, 'x');
  BOOST_TEST(read(form, R"({"topic":"u","payload":")" + large + "\"}").payload == large);
  BOOST_TEST(read(form, R"({"topic":"u","payload":"\"y"})").payload == "\"y");
}

BOOST_AUTO_TEST_CASE(the_time_that_has_passed_is_taken_off_the_expiry_interval) {
  JsonRecord form(ten_past);
  const auto expiry = [&form](const std::string& tst, const std::string& seconds) {
    return read(form, R"({"topic":"t","properties":{"message-expiry-interval":)" + seconds +
                          R"(},"tst":")" + tst + "\"}");
  };
  for (const char* tst : {"2020-05-06T22:12:00.000000Z", "2020-05-06T23:12:00.123456+01:00",
                          "2020-05-06T23:12:00.000000Z+0100", "2020-05-06T20:42:00-0130"}) {
    BOOST_TEST(expiry(tst, "60").properties.message_expiry.value() == 50U, tst);
    BOOST_TEST(expiry(tst, "10").expired, tst);
  }
  BOOST_TEST(expiry("2020-05-06T22:13:00.000000Z", "60").properties.message_expiry.value() == 60U);
  BOOST_TEST(expiry("yesterday", "60").properties.message_expiry.value() == 60U);
}

// What mqfail-sub --json prints is the message again.
BOOST_AUTO_TEST_CASE(a_round_trip_is_the_identity) {
  std::uint64_t dice = 1;
  const auto throw_below = [&dice](std::uint64_t bound) {
    dice = dice * 6364136223846793005U + 1442695040888963407U;
    return (dice >> 33U) % bound;
  };
  const auto text = [&](std::uint64_t most, bool binary) {
    std::string made;
    for (std::uint64_t i = throw_below(most + 1); i > 0; --i) {
      static const char* const pieces[] = {"a", "\"", "\\", "é", "\n", "\t", "😀", "/", "\x7f", " "};
      if (binary && throw_below(4) == 0)
        made += static_cast<char>(throw_below(256));
      else
        made += pieces[throw_below(10)];
    }
    return made;
  };
  JsonRecord form(ten_past);
  for (int i = 0; i < 10'000; ++i) {
    const std::string topic = "t/" + text(10, false);
    const std::string payload = text(40, throw_below(2) == 0);
    MessageProperties properties;
    if (throw_below(3) == 0) properties.content_type = text(5, false);
    if (throw_below(3) == 0) properties.response_topic = "r" + text(5, false);
    if (throw_below(3) == 0) properties.correlation_data = text(8, true);
    if (throw_below(3) == 0) properties.payload_format = static_cast<std::uint8_t>(throw_below(2));
    if (throw_below(3) == 0) properties.message_expiry = 100 + throw_below(1000);
    for (std::uint64_t n = throw_below(4); n > 0; --n)
      properties.user.emplace_back(text(3, false), text(3, false));
    Message message{topic, payload, static_cast<int>(throw_below(3)), throw_below(2) == 0};
    message.properties = properties.empty() ? nullptr : &properties;
    std::string record;
    append_message_json(record, message, ten_past(), false, {});
    Read back = read(form, record);
    back.properties.order.clear();
    BOOST_REQUIRE_MESSAGE(back.fault.empty(), record + " " + back.fault);
    BOOST_REQUIRE(back.topic == topic);
    BOOST_REQUIRE_MESSAGE(back.payload == payload, record);
    BOOST_REQUIRE(back.qos == message.qos);
    BOOST_REQUIRE(back.retain == message.retain);
    BOOST_REQUIRE_MESSAGE(back.properties == properties, record);
  }
}
