// SPDX-License-Identifier: Apache-2.0
// Every sequence of -F, exact to the byte. What mosquitto_sub 2.0.11 prints was measured with it.
#include "tool/format.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <ctime>
#include <string>

#include "tool/json_text.hpp"
#include "transport/property_order.hpp"

using namespace mqfail;
using namespace std::string_literals;

namespace {

// 2020-05-06T20:12:00.012345678Z, shown where clocks are two hours ahead.
constexpr auto kWall =
    std::chrono::system_clock::time_point(std::chrono::nanoseconds(1588795920012345678));
const Origin kOrigin{"MQTT1", 3, kWall};

struct FixedZone {
  FixedZone() {
    ::setenv("TZ", "XXX-2", 1);
    ::tzset();
  }
};
BOOST_GLOBAL_FIXTURE(FixedZone);

MessageProperties all_properties() {
  MessageProperties properties;
  properties.payload_format = 1;
  properties.message_expiry = 60;
  properties.content_type = "text/plain";
  properties.response_topic = "re/sp";
  properties.correlation_data = "c\0d"s;
  properties.user = {{"k", "v"}, {"k", "w x"}};
  properties.subscription_ids = {7, 8};
  properties.topic_alias = 9;
  return properties;
}

const MessageProperties kProperties = all_properties();
const Message kPlain{"plant/1", "hello"};
const Message kFull{"plant/1", "hello", 1, true, false, 42, &kProperties};
const Message kEmpty{"plant/1", ""};

std::string print(std::string_view spec, const Message& message,
                  FormatOptions options = {.end_of_line = false}) {
  std::string out;
  auto format = MessageFormat::compile(spec, options);
  BOOST_REQUIRE(format);
  format->append(message, kOrigin, out);
  return out;
}

std::string error(std::string_view spec) {
  const auto format = MessageFormat::compile(spec, {});
  return format ? "" : format.error().message;
}

}  // namespace

BOOST_AUTO_TEST_CASE(without_v_the_payload_and_a_newline_are_printed) {
  std::string out;
  MessageFormat::payload({}).append(kPlain, kOrigin, out);
  BOOST_TEST(out == "hello\n");
}

BOOST_AUTO_TEST_CASE(without_v_an_empty_payload_prints_nothing_at_all) {
  std::string out;
  MessageFormat::payload({}).append(kEmpty, kOrigin, out);
  BOOST_TEST(out.empty());
}

BOOST_AUTO_TEST_CASE(with_v_topic_and_payload_are_printed_and_an_empty_one_is_null) {
  std::string out;
  MessageFormat::verbose({}).append(kPlain, kOrigin, out);
  MessageFormat::verbose({}).append(kEmpty, kOrigin, out);
  BOOST_TEST(out == "plant/1 hello\nplant/1 (null)\n");
}

BOOST_AUTO_TEST_CASE(with_v_and_N_an_empty_payload_prints_nothing_as_mosquitto_does) {
  std::string out;
  MessageFormat::verbose({.end_of_line = false}).append(kEmpty, kOrigin, out);
  BOOST_TEST(out.empty());
}

BOOST_AUTO_TEST_CASE(binary_payloads_pass_unchanged) {
  const std::string bytes("\0\xff\n\x1b", 4);
  std::string out;
  MessageFormat::payload({.end_of_line = false}).append({"t", bytes}, kOrigin, out);
  BOOST_TEST(out == bytes);
}

BOOST_AUTO_TEST_CASE(a_format_ends_its_line_even_for_an_empty_payload) {
  BOOST_TEST(print("%p", kEmpty, {}) == "\n");
}

BOOST_AUTO_TEST_CASE(message_sequences_print_their_field) {
  BOOST_TEST(print("%t|%p|%q|%r|%l|%m|%%", kFull) == "plant/1|hello|1|1|5|42|%");
  BOOST_TEST(print("%x %X", {"t", "\xab\x01"}) == "ab01 AB01");
  BOOST_TEST(print("%s %g", kPlain) == "MQTT1 3");
}

BOOST_AUTO_TEST_CASE(property_sequences_print_their_property) {
  BOOST_TEST(print("%A|%C|%D|%E|%F|%P|%R|%S", kFull) ==
             "9|text/plain|c\0d|60|1|k:v k:w x|re/sp|7"s);
}

BOOST_AUTO_TEST_CASE(a_property_that_is_absent_prints_its_width_or_nothing) {
  BOOST_TEST(print("%A|%3A|%03A|%C|%3C|%D|%2E|%F|%P|%3R|%S", kPlain) == "|   |000||   ||  ||||");
}

BOOST_AUTO_TEST_CASE(widths_align_texts_and_a_precision_cuts_them) {
  BOOST_TEST(print("[%10t][%-10t][%.3t][%6.3t][%-6.3t][%010t]", kPlain) ==
             "[   plant/1][plant/1   ][pla][   pla][pla   ][   plant/1]");
}

BOOST_AUTO_TEST_CASE(widths_align_numbers_and_zero_pads_them) {
  BOOST_TEST(print("[%4l][%-4l][%04l][%-04l][%1m]", kFull) == "[   5][5   ][0005][5   ][42]");
}

BOOST_AUTO_TEST_CASE(a_width_pads_and_cuts_payloads) {
  BOOST_TEST(print("[%7p][%-7p][%07p][%2p][%-2p]", kPlain) ==
             "[  hello][hello  ][00hello][he][he]");
  BOOST_TEST(print("[%6x][%5x][%-6x][%06X]", {"t", "\xab\xcd"}) ==
             "[  abcd][ abcd][abcd  ][00ABCD]");
  BOOST_TEST(print("[%3x][%-3x]", {"t", "\xab\xcd\xef\x01"}) == "[abcdef][abcdef   ]");
}

BOOST_AUTO_TEST_CASE(hexadecimal_digits_stand_in_groups) {
  const Message message{"t", "\xab\xcd\xef"};
  BOOST_TEST(print("%.2x|%.2:x|%.4-X|%.1 x|%.9:x", message) ==
             "ab cd ef|ab:cd:ef|ABCD-EF|a b c d e f|abcdef");
  BOOST_TEST(print("%8.2:x", message) == "  :ab:cd:ef");
}

BOOST_AUTO_TEST_CASE(f_and_d_print_numbers_of_four_and_eight_bytes) {
  const float single = 0.5F;
  const double twice = -2.25;
  const std::string four(reinterpret_cast<const char*>(&single), sizeof single);
  const std::string eight(reinterpret_cast<const char*>(&twice), sizeof twice);
  BOOST_TEST(print("%f|%.1f|%6.1f|%-6.1f|%06.1f|", {"t", four}) ==
             "0.500000|0.5|   0.5|0.5   |0000.5|");
  BOOST_TEST(print("%d|%.0d", {"t", eight}) == "-2.250000|-2");
}

BOOST_AUTO_TEST_CASE(a_payload_of_another_size_is_no_number) {
  std::string out;
  const auto format = MessageFormat::compile("%f%d", {});
  BOOST_REQUIRE(format);
  BOOST_TEST(!format->append(kPlain, kOrigin, out));
  BOOST_TEST(out == "\n");
  BOOST_TEST(format->misfit() == "not a float of 4 bytes or not a double of 8 bytes");
}

BOOST_AUTO_TEST_CASE(j_keeps_the_order_of_the_wire) {
  MessageProperties properties;
  properties.content_type = "t";
  properties.payload_format = 1;
  properties.user = {{"k", "v"}};
  properties.order = {property_id::user, property_id::content_type, property_id::payload_format};
  const Message message{"t", "x", 0, false, false, 0, &properties};
  BOOST_TEST(
      print("%j", message).find(R"("user-properties":[{"k":"v"}],"content-type":"t","payload-)") !=
      std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_payload_to_the_left_without_a_width_gets_mosquittos_blanks) {
  BOOST_TEST(print("[%-p][%-x]", {"t", "ab"}) == "[ab  ][6162  ]");
}

BOOST_AUTO_TEST_CASE(times_are_those_of_the_arrival_in_the_local_zone) {
  BOOST_TEST(print("%I|%U", kPlain) == "2020-05-06T22:12:00+0200|1588795920.012345678");
  BOOST_TEST(print("@Y-@m-@dT@H:@M:@S.@N@z @@", kPlain) == "2020-05-06T22:12:00.012345678+0200 @");
  BOOST_TEST(print("%30I|%.4I", kPlain) == "      2020-05-06T22:12:00+0200|2020");
}

BOOST_AUTO_TEST_CASE(backslash_sequences_print_their_byte) {
  BOOST_TEST(print("\\\\\\0\\a\\e\\n\\r\\t\\v", kPlain) == "\\\0\a\x1b\n\r\t\v"s);
}

BOOST_AUTO_TEST_CASE(j_is_an_object_with_a_valid_timestamp) {
  BOOST_TEST(print("%j", kPlain) ==
             R"({"tst":"2020-05-06T22:12:00.012345+02:00","topic":"plant/1","qos":0,"retain":0,)"
             R"("payloadlen":5,"payload":"hello"})");
}

BOOST_AUTO_TEST_CASE(j_carries_mid_and_properties) {
  MessageProperties properties = kProperties;
  properties.correlation_data = "id";
  const Message message{"plant/1", "hello", 1, true, false, 42, &properties};
  BOOST_TEST(
      print("%j", message) ==
      R"({"tst":"2020-05-06T22:12:00.012345+02:00","topic":"plant/1","qos":1,"retain":1,"payloadlen":5,"mid":42,)"
      R"("properties":{"subscription-identifier":7,"subscription-identifier":8,"topic-alias":9,)"
      R"("payload-format-indicator":1,"content-type":"text/plain","response-topic":"re/sp",)"
      R"("correlation-data":"id","user-properties":[{"k":"v"},{"k":"w x"}],"message-expiry-interval":60},)"
      R"("payload":"hello"})");
}

BOOST_AUTO_TEST_CASE(j_writes_an_empty_payload_as_null_and_keeps_a_nul) {
  BOOST_TEST(print("%j", kEmpty).ends_with(R"("payloadlen":0,"payload":null})"));
  BOOST_TEST(print("%j", {"t", std::string_view("a\0b", 3)}).ends_with(R"("payload":"a\u0000b"})"));
}

BOOST_AUTO_TEST_CASE(j_gives_a_payload_that_is_not_utf8_in_base64) {
  BOOST_TEST(
      print("%j", {"t", "\xff\xfe"}).ends_with(R"("payload":null,"payload_base64":"//4="})"));
}

BOOST_AUTO_TEST_CASE(j_may_be_pretty_as_cjson_is) {
  BOOST_TEST(print("%j", kPlain, {.end_of_line = false, .pretty = true}) ==
             "{\n\t\"tst\":\t\"2020-05-06T22:12:00.012345+02:00\",\n\t\"topic\":\t\"plant/"
             "1\",\n\t\"qos\":\t0,\n"
             "\t\"retain\":\t0,\n\t\"payloadlen\":\t5,\n\t\"payload\":\t\"hello\"\n}");
}

BOOST_AUTO_TEST_CASE(J_embeds_the_payload_as_cjson_prints_it) {
  const Message message{"t",
                        R"( {"a": 1.50, "b":[1,2,{"c":"\u00e9\/"}], "d":{}, "e":[], "f":1e400} )"};
  BOOST_TEST(print("%J", message)
                 .ends_with(R"("payload":{"a":1.5,"b":[1,2,{"c":"é/"}],"d":{},"e":[],"f":null}})"));
}

BOOST_AUTO_TEST_CASE(J_leaves_out_a_payload_that_is_not_json_and_says_so) {
  const auto format = MessageFormat::compile("<%J>", {});
  BOOST_REQUIRE(format);
  for (const char* bad : {"hello", "{", "[1,]", "{\"a\":1,}", "1 2", "\"\\ud800\"", "nul", "\"a"}) {
    std::string out;
    BOOST_TEST(!format->append({"t", bad}, kOrigin, out), "accepted: " << bad);
    BOOST_TEST(out == "<>\n");
  }
}

BOOST_AUTO_TEST_CASE(a_thousand_brackets_are_not_followed) {
  std::string out;
  BOOST_TEST(!append_json_value(out, std::string(100000, '['), {}, 0));
  BOOST_TEST(out.empty());
}

BOOST_AUTO_TEST_CASE(numbers_keep_fifteen_or_seventeen_digits) {
  std::string out;
  append_json_value(out, "[0.1,1e21,123456789,1.0000000000000002,100000000000000000000,-0.5]", {},
                    0);
  BOOST_TEST(out == "[0.1,1e+21,123456789,1,1e+20,-0.5]");
}

BOOST_AUTO_TEST_CASE(a_terminal_gets_control_characters_escaped_but_those_of_the_format) {
  const FormatOptions terminal{.end_of_line = false, .pretty = false, .escape_for_terminal = true};
  const Message hostile{"a\x1b]0;x\a", "b\x1b[31m\tc\nd\u009b\xff"};
  BOOST_TEST(print("\\e[1m%t\\e[0m %p", hostile, terminal) ==
             "\x1b[1ma\\x1b]0;x\\x07\x1b[0m b\\x1b[31m\tc\nd\\u009b\\xff");
  BOOST_TEST(print("%j", {"t", "\u009b"}, terminal).ends_with(R"("payload":"\u009b"})"));
  std::string out;
  MessageFormat::verbose(terminal).append(hostile, kOrigin, out);
  BOOST_TEST(out == "a\\x1b]0;x\\x07 b\\x1b[31m\tc\nd\\u009b\\xff");
}

BOOST_AUTO_TEST_CASE(a_number_is_printed_where_there_is_one_and_late_ones_say_so) {
  Message message{"t", "p"};
  const auto print = [&](const char* spec) {
    std::string out;
    MessageFormat::compile(spec, {.end_of_line = false})->append(message, kOrigin, out);
    return out;
  };
  BOOST_TEST(print("[%n][%3n]") == "[][   ]");
  BOOST_TEST(print("%j").find("late") == std::string::npos);
  message.number = 42;
  message.late = true;
  BOOST_TEST(print("[%n][%03n]") == "[42][042]");
  BOOST_TEST(print("%j").find("\"late\":1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(sequences_that_do_not_exist_are_named) {
  BOOST_TEST(error("%Z") == "there is no %Z");
  BOOST_TEST(error("\\q") == "there is no \\q");
  BOOST_TEST(error("a%") == "the format ends in a single %");
  BOOST_TEST(error("a@") == "the format ends in a single @");
  BOOST_TEST(error("a\\") == "the format ends in a single \\");
  BOOST_TEST(error("%-010.5") == "the format ends inside a % sequence");
  BOOST_TEST(error("%0-5l") == "there is no %5");
  BOOST_TEST(error("%99999999999t") == "a width above 65535");
}
