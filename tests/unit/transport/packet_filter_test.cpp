// SPDX-License-Identifier: Apache-2.0
// The packet filter: each packet a server can answer with, at its shortest, too short, too long and
// with reserved codes, in both versions of MQTT, before and after it is expected. The bytes are
// written from the standards (MQTT 3.1.1 and 5, section 3).
#include "transport/wire/packet_filter.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "transport/wire/properties.hpp"

using namespace mqfail;

namespace {

/// "90 03" as bytes; what stands between quotes is text: "00 01 't'".
std::string bytes(std::string_view hex) {
  std::string result;
  for (std::size_t at = 0; at < hex.size();) {
    if (hex[at] == ' ') {
      ++at;
    } else if (hex[at] == '\'') {
      const std::size_t end = hex.find('\'', at + 1);
      result += hex.substr(at + 1, end - at - 1);
      at = end + 1;
    } else {
      result += static_cast<char>(std::stoi(std::string(hex.substr(at, 2)), nullptr, 16));
      at += 2;
    }
  }
  return result;
}

enum class Stage { connecting, connected, asked };

/// What the packet filter says against these bytes, given at once and in single bytes; empty:
/// nothing.
std::string flaw(Protocol protocol, Stage stage, const std::string& stream) {
  std::string first;
  for (const std::size_t piece : {stream.size(), std::size_t{1}}) {
    PacketFilter filter;
    filter.speak(protocol);
    if (stage != Stage::connecting) {
      const bool mqtt5 = protocol == Protocol::mqtt5;
      BOOST_REQUIRE(filter.admit(bytes(mqtt5 ? "20 03 00 00 00" : "20 02 00 00")));
      if (stage == Stage::asked) {
        // Two filters with id 1, one filter with id 2.
        filter.expect_answer_to(bytes(mqtt5 ? "82 0b 00 01 00 00 01 'a' 00 00 01 'b' 01"
                                            : "82 0a 00 01 00 01 'a' 00 00 01 'b' 01"));
        filter.expect_answer_to(
            bytes(mqtt5 ? "a2 06 00 02 00 00 01 'a'" : "a2 05 00 02 00 01 'a'"));
        filter.expect_pingresp();
      }
    }
    std::string told;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      if (filter.admit(std::string_view(stream).substr(at, piece))) continue;
      if (told.empty()) told = filter.flaw().empty() ? "not MQTT" : filter.flaw();
      BOOST_TEST((filter.flaw().empty() ? "not MQTT" : filter.flaw()) ==
                 told);  // the first is kept
    }
    if (piece == stream.size()) {
      first = told;
    } else {
      BOOST_TEST(told == first, "in single bytes: '" << told << "', at once: '" << first << "'");
    }
  }
  return first;
}

struct Row {
  std::string_view packet;
  std::string_view flaw;  ///< empty: it is fine
};

void check(Protocol protocol, Stage stage, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT("MQTT version " << static_cast<int>(protocol) << ", " << row.packet) {
      BOOST_TEST(flaw(protocol, stage, bytes(row.packet)) == row.flaw);
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_connack_that_is_not_well_formed_never_reaches_paho) {
  check(Protocol::mqtt311, Stage::connecting,
        {{"20 02 00 00", ""},
         {"20 02 01 00", ""},
         {"20 02 00 05", ""},
         {"20 00", "CONNACK of 0 bytes"},
         {"20 01 00", "CONNACK of 1 byte"},
         {"20 03 00 00 00", "CONNACK of 3 bytes"},
         {"20 02 00 06", "CONNACK with the reserved code 0x06"},
         {"20 02 00 87", "CONNACK with the reserved code 0x87"},
         {"20 02 02 00", "CONNACK with reserved flags"},
         {"21 02 00 00", "CONNACK with reserved flags"},
         {"30 03 00 01 't'", "not MQTT"},
         {"'HTTP/1.1 400'", "not MQTT"}});
  check(Protocol::mqtt31, Stage::connecting,
        {{"20 02 07 00", ""}, {"20 02 00 06", "CONNACK with the reserved code 0x06"}});
  check(Protocol::mqtt5, Stage::connecting,
        {{"20 03 00 00 00", ""},
         {"20 02 00 01", ""},  // MQTT 3's form, from a server that knows no other
         {"20 03 00 87 00", ""},
         {"20 06 00 00 03 21 00 14", ""},
         {"20 00", "CONNACK of 0 bytes"},
         {"20 01 00", "CONNACK of 1 byte"},
         {"20 02 00 87", "CONNACK with the reserved code 0x87"},
         {"20 03 00 01 00", "CONNACK with the reserved code 0x01"},
         {"20 03 00 a3 00", "CONNACK with the reserved code 0xa3"},
         {"20 03 02 00 00", "CONNACK with reserved flags"},
         {"20 04 00 00 00 00", "CONNACK with bytes behind its properties"},
         {"20 03 00 00 01", "CONNACK with malformed properties"},
         {"20 05 00 00 03 21 00", "CONNACK with malformed properties"},
         {"20 05 00 00 02 21 00", "CONNACK with malformed properties"},
         {"20 06 00 00 03 7e 00 00", "CONNACK with malformed properties"},
         {"20 07 00 00 04 1f 00 ff 'x'", "CONNACK with malformed properties"},
         {"20 07 00 00 80 80 80 80 01", "CONNACK with malformed properties"},
         {"20 06 00 00 03 21 00 00", "CONNACK with a limit of 0"},
         {"20 08 00 00 05 27 00 00 00 00", "CONNACK with a limit of 0"},
         {"20 ff ff ff 7f", "CONNACK of 268435455 bytes"},
         {"20 ff ff ff ff", "CONNACK with a length of more than four bytes"}});
}

BOOST_AUTO_TEST_CASE(a_suback_or_unsuback_has_a_code_for_each_filter_that_was_asked_for) {
  check(Protocol::mqtt311, Stage::asked,
        {{"90 04 00 01 00 80", ""},
         {"90 00", "SUBACK of 0 bytes"},
         {"90 01 00", "SUBACK of 1 byte"},
         {"90 02 00 01", "SUBACK of 2 bytes"},
         {"90 03 00 01 00", "SUBACK of 3 bytes"},
         {"90 05 00 01 00 00 00", "SUBACK of 5 bytes"},
         {"90 04 00 01 00 05", "SUBACK with the reserved code 0x05"},
         {"90 04 00 01 00 87", "SUBACK with the reserved code 0x87"},
         {"90 04 00 09 00 00", "unexpected SUBACK"},
         {"92 04 00 01 00 00", "SUBACK with reserved flags"},
         {"90 04 00 01 00 00 90 04 00 01 00 00", "unexpected SUBACK"},
         {"b0 02 00 02", ""},
         {"b0 00", "UNSUBACK of 0 bytes"},
         {"b0 01 00", "UNSUBACK of 1 byte"},
         {"b0 03 00 02 00", "UNSUBACK of 3 bytes"},
         {"b0 02 00 01", "unexpected UNSUBACK"}});
  check(Protocol::mqtt5, Stage::asked,
        {{"90 05 00 01 00 02 87", ""},
         {"90 0b 00 01 06 1f 00 03 'why' 00 00", ""},
         {"90 00", "SUBACK of 0 bytes"},
         {"90 02 00 01", "SUBACK with malformed properties"},
         {"90 03 00 01 00", "SUBACK of 3 bytes"},
         {"90 04 00 01 00 00", "SUBACK of 4 bytes"},
         {"90 06 00 01 00 00 00 00", "SUBACK of 6 bytes"},
         {"90 05 00 01 05 00 00", "SUBACK with malformed properties"},
         {"90 05 00 01 00 00 03", "SUBACK with the reserved code 0x03"},
         {"90 05 00 01 00 00 a3", "SUBACK with the reserved code 0xa3"},
         {"90 05 00 02 00 00 00", "unexpected SUBACK"},
         {"b0 04 00 02 00 11", ""},
         {"b0 02 00 02", "UNSUBACK with malformed properties"},
         {"b0 03 00 02 00", "UNSUBACK of 3 bytes"},
         {"b0 05 00 02 00 00 00", "UNSUBACK of 5 bytes"},
         {"b0 04 00 02 00 01", "UNSUBACK with the reserved code 0x01"}});
}

// An acknowledgement of an id that is not under way does no harm: Paho knows what is.
BOOST_AUTO_TEST_CASE(an_acknowledgement_that_is_not_well_formed_never_reaches_paho) {
  for (const std::string header : {"40", "50", "62", "70"}) {
    const std::string name = header == "40"   ? "PUBACK"
                             : header == "50" ? "PUBREC"
                             : header == "62" ? "PUBREL"
                                              : "PUBCOMP";
    const auto row = [&](Protocol protocol, const std::string& rest, const std::string& flawed) {
      BOOST_TEST_CONTEXT(name << " " << rest << ", version " << static_cast<int>(protocol)) {
        BOOST_TEST(flaw(protocol, Stage::connected, bytes(header + " " + rest)) ==
                   (flawed.empty() ? "" : name + flawed));
      }
    };
    for (const Protocol protocol : {Protocol::mqtt311, Protocol::mqtt5}) {
      row(protocol, "02 12 34", "");
      row(protocol, "00", " of 0 bytes");
      row(protocol, "01 00", " of 1 byte");
      row(protocol, "02 00 00", " with packet id 0");
    }
    row(Protocol::mqtt311, "03 12 34 00", " of 3 bytes");
    row(Protocol::mqtt5, "03 12 34 00", "");
    row(Protocol::mqtt5, "03 12 34 92", "");
    row(Protocol::mqtt5, "04 12 34 00 00", "");
    row(Protocol::mqtt5, "08 12 34 92 04 1f 00 01 'x'", "");
    row(Protocol::mqtt5, "03 12 34 01", " with the reserved code 0x01");
    row(Protocol::mqtt5, "03 12 34 ff", " with the reserved code 0xff");
    row(Protocol::mqtt5, "04 12 34 00 01", " with malformed properties");
    row(Protocol::mqtt5, "05 12 34 00 00 00", " with bytes behind its properties");
    row(Protocol::mqtt5, "05 12 34 00 01 1f", " with malformed properties");
    row(Protocol::mqtt5, "06 12 34 00 02 11 00", " with malformed properties");
  }
  for (const Protocol protocol : {Protocol::mqtt311, Protocol::mqtt5}) {
    check(protocol, Stage::connected,
          {{"41 02 00 01", "PUBACK with reserved flags"},
           {"60 02 00 01", "PUBREL with reserved flags"}});
  }
  check(Protocol::mqtt5, Stage::connected,
        {{"40 03 00 01 10", ""},  // nobody has subscribed
         {"62 03 00 01 10", "PUBREL with the reserved code 0x10"},
         {"70 03 00 01 10", "PUBCOMP with the reserved code 0x10"}});
  check(Protocol::mqtt31, Stage::connected, {{"6a 02 00 01", ""}});
}

BOOST_AUTO_TEST_CASE(a_pingresp_disconnect_or_auth_that_is_not_well_formed_never_reaches_paho) {
  for (const Protocol protocol : {Protocol::mqtt311, Protocol::mqtt5}) {
    check(protocol, Stage::asked,
          {{"d0 00", ""},
           {"d0 01 00", "PINGRESP of 1 byte"},
           {"d1 00", "PINGRESP with reserved flags"},
           {"d0 00 d0 00", "unexpected PINGRESP"},
           {"f0 00", "unexpected AUTH"},
           {"f0 02 18 00", "unexpected AUTH"},
           {"c0 00", "unexpected PINGREQ"},
           {"10 00", "unexpected CONNECT"},
           {"82 00", "unexpected SUBSCRIBE"},
           {"a2 00", "unexpected UNSUBSCRIBE"},
           {"00 00", "unexpected reserved packet"}});
  }
  check(Protocol::mqtt311, Stage::connected,
        {{"e0 00", "unexpected DISCONNECT"}, {"e0 02 8b 00", "unexpected DISCONNECT"}});
  check(Protocol::mqtt5, Stage::connected,
        {{"e0 00", ""},
         {"e0 01 8b", ""},
         {"e0 02 8b 00", ""},
         {"e0 07 8b 05 1f 00 02 'by'", ""},
         {"e1 00", "DISCONNECT with reserved flags"},
         {"e0 01 01", "DISCONNECT with the reserved code 0x01"},
         {"e0 01 04", "DISCONNECT with the reserved code 0x04"},  // only a client may say so
         {"e0 02 8b 01", "DISCONNECT with malformed properties"},
         {"e0 03 8b 00 00", "DISCONNECT with bytes behind its properties"},
         {"e0 06 8b 04 1f 00 05 'x'", "DISCONNECT with malformed properties"},
         {"e0 ff ff ff 7f", "DISCONNECT of 268435455 bytes"}});
}

BOOST_AUTO_TEST_CASE(an_answer_to_what_was_not_asked_never_reaches_paho) {
  for (const Protocol protocol : {Protocol::mqtt311, Protocol::mqtt5}) {
    const bool mqtt5 = protocol == Protocol::mqtt5;
    check(protocol, Stage::connecting,
          {{"90 03 00 01 00", "not MQTT"},
           {"b0 02 00 01", "not MQTT"},
           {"40 02 00 01", "not MQTT"},
           {"50 02 00 01", "not MQTT"},
           {"62 02 00 01", "not MQTT"},
           {"70 02 00 01", "not MQTT"},
           {"d0 00", "not MQTT"},
           {"e0 00", "not MQTT"},
           {"f0 00", "not MQTT"}});
    check(protocol, Stage::connected,
          {{"90 03 00 01 00", "unexpected SUBACK"},
           {"b0 02 00 01", "unexpected UNSUBACK"},
           {"d0 00", "unexpected PINGRESP"},
           {mqtt5 ? "20 03 00 00 00" : "20 02 00 00", "unexpected CONNACK"}});
  }
}

BOOST_AUTO_TEST_CASE(a_publish_whose_lengths_are_wrong_never_reaches_paho) {
  check(Protocol::mqtt311, Stage::connected,
        {{"30 03 00 01 't'", ""},
         {"30 04 00 01 't' 'x'", ""},
         {"32 06 00 01 't' 00 01 'x'", ""},
         {"30 00", "PUBLISH of 0 bytes"},
         {"30 01 00", "PUBLISH of 1 byte"},
         {"30 03 00 02 't'", "PUBLISH of 3 bytes"},
         {"30 05 ff ff 'abc'", "PUBLISH of 5 bytes"},
         {"32 04 00 01 't' 00", "PUBLISH of 4 bytes"},
         {"32 05 00 01 't' 00 00", "PUBLISH with packet id 0"},
         {"36 05 00 01 't' 00 01", "unexpected PUBLISH"}});
  check(Protocol::mqtt5, Stage::connected,
        {{"30 04 00 01 't' 00", ""},
         {"34 07 00 01 't' 00 01 00 'x'", ""},
         {"30 06 00 01 't' 02 01 01", ""},
         {"30 0b 00 01 't' 07 26 00 01 'k' 00 01 'v'", ""},
         {"30 03 00 01 't'", "PUBLISH of 3 bytes"},
         {"30 04 00 01 't' 01", "PUBLISH of 4 bytes"},
         {"30 06 00 01 't' 02 02 00", "PUBLISH with malformed properties"},
         {"30 06 00 01 't' 02 0b 80", "PUBLISH with malformed properties"},
         {"30 08 00 01 't' 04 03 00 05 'x'", "PUBLISH with malformed properties"},
         {"30 06 00 01 't' 02 00 00", "PUBLISH with malformed properties"},
         {"30 09 00 01 't' 80 80 80 80 01", "PUBLISH of 9 bytes"}});
}

BOOST_AUTO_TEST_CASE(a_publish_without_a_topic_or_with_one_that_is_no_text_never_reaches_paho) {
  check(Protocol::mqtt311, Stage::connected,
        {{"30 04 00 02 c3 a9", ""},
         {"30 04 00 02 'a' 1b", ""},  // a control character is allowed
         {"30 04 00 02 '+/'", ""},    // a wildcard harms nobody: RabbitMQ may send one
         {"30 02 00 00", "PUBLISH without a topic"},
         {"30 04 00 02 'a' ff", "PUBLISH with a topic that is not UTF-8"},
         {"30 05 00 03 ed a0 80", "PUBLISH with a topic that is not UTF-8"},
         {"30 05 00 03 'a' 00 'b'", "PUBLISH with a topic that is not UTF-8"}});
  check(Protocol::mqtt5, Stage::connected,
        {{"30 03 00 00 00", "PUBLISH without a topic"},
         {"30 05 00 02 c3 28 00", "PUBLISH with a topic that is not UTF-8"},
         {"30 06 00 00 03 23 00 01", "PUBLISH with an unknown topic alias"},
         {"30 07 00 01 't' 03 23 00 01", "PUBLISH with an unknown topic alias"}});
}

BOOST_AUTO_TEST_CASE(a_topic_alias_means_the_topic_that_it_came_with) {
  const std::string named = bytes("30 07 00 01 't' 03 23 00 02"),
                    again = bytes("30 06 00 00 03 23 00 02");
  const auto admits = [](const std::string& stream) {
    PacketFilter filter;
    filter.speak(Protocol::mqtt5, 2);
    return filter.admit(bytes("20 03 00 00 00") + stream).has_value();
  };
  BOOST_TEST(admits(named + again + again));
  BOOST_TEST(!admits(again));
  BOOST_TEST(!admits(named + bytes("30 06 00 00 03 23 00 01")));
  BOOST_TEST(!admits(bytes("30 07 00 01 't' 03 23 00 03")));
  BOOST_TEST(!admits(bytes("30 07 00 01 't' 03 23 00 00")));
}

BOOST_AUTO_TEST_CASE(well_formed_packets_pass_whatever_pieces_they_come_in) {
  std::string stream = bytes("20 03 00 00 00");
  for (const std::size_t payload : {0, 1, 200, 70000}) {
    const std::string body =
        bytes("00 03 'a/b' 0b 26 00 03 'key' 00 03 'val'").append(payload, 'x');
    stream += '\x30';
    for (std::size_t left = body.size(); true; left >>= 7U) {
      stream += static_cast<char>((left & 0x7FU) | (left > 0x7F ? 0x80U : 0U));
      if (left <= 0x7F) break;
    }
    stream += body + bytes("40 02 00 07");
  }
  for (std::size_t piece = 1; piece < 40; ++piece) {
    PacketFilter filter;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      const auto some = std::string_view(stream).substr(at, piece);
      const auto admitted = filter.admit(some);
      BOOST_REQUIRE(admitted);
      BOOST_REQUIRE(*admitted == some.size());
    }
    BOOST_TEST(filter.disconnect_packet() == nullptr);
  }
}

BOOST_AUTO_TEST_CASE(texts_of_properties_are_found_and_never_read_past_the_list) {
  const std::string list = bytes("0f 21 00 14 1f 00 02 'by' 26 00 01 'k' 00 01 'v'");
  BOOST_TEST(text_property(list, property::reason_string) == "by");
  BOOST_TEST(text_property(list, property::server_reference).empty());
  for (std::size_t size = 0; size < list.size(); ++size) {
    // A copy of exactly this size, so that a sanitizer sees a step past it.
    const std::vector<char> some(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(size));
    BOOST_TEST(text_property({some.data(), some.size()}, property::reason_string).empty());
  }
}

BOOST_AUTO_TEST_CASE(a_server_may_send_only_what_servers_send) {
  const std::string connack("\x20\x03\0\0\0", 5);
  const std::string suback("\x90\x04\0\1\0\0", 6);
  struct Story {
    std::string bytes;
    int subscribes;
    bool fine;
  };
  const std::string publish("\x30\x04\0\1t\0", 6);
  for (const Story& story :
       {Story{connack + publish, 0, true}, Story{publish, 0, false},
        Story{connack + connack, 0, false}, Story{connack + suback, 0, false},
        Story{connack + suback + publish, 1, true}, Story{connack + suback + connack, 1, false},
        Story{connack + suback + suback, 1, false}, Story{connack + "\x10", 0, false},
        Story{connack + "\x36", 0, false},
        Story{connack + std::string("\x30\xff\xff\xff\xff\x01"), 0, false}}) {
    for (const std::size_t piece : {story.bytes.size(), std::size_t{1}}) {
      PacketFilter filter;
      for (int i = 0; i < story.subscribes; ++i) {
        filter.expect_answer_to(std::string_view("\x82\x07\0\1\0\0\1t\1", 9));
      }
      bool fine = true;
      for (std::size_t at = 0; at < story.bytes.size() && fine; at += piece) {
        fine = filter.admit(std::string_view(story.bytes).substr(at, piece)).has_value();
      }
      BOOST_TEST(fine == story.fine, "first byte pieces of " << piece);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_disconnect_is_no_way_to_fill_our_memory) {
  PacketFilter filter;
  BOOST_REQUIRE(filter.admit(std::string_view("\x20\x03\0\0\0", 5)).has_value());
  BOOST_TEST(!filter.admit("\xe0\xff\xff\xff\x7f").has_value());
}

BOOST_AUTO_TEST_CASE(a_pubrec_says_once_that_nobody_is_subscribed) {
  PacketFilter filter;
  BOOST_REQUIRE(filter.admit(bytes("20 03 00 00 00")));
  for (const char* other : {"50 02 00 01", "50 03 00 01 00", "50 03 00 01 80", "40 03 00 01 10"}) {
    BOOST_REQUIRE(filter.admit(bytes(other)));
    BOOST_TEST(!filter.take_no_subscriber(), other);
  }
  for (const char* that : {"50 03 00 01 10", "50 04 00 10 10 00"}) {
    BOOST_REQUIRE(filter.admit(bytes(that)));
    BOOST_TEST(filter.take_no_subscriber(), that);
    BOOST_TEST(!filter.take_no_subscriber(), that);
  }
}
