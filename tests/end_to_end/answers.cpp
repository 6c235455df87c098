// SPDX-License-Identifier: Apache-2.0
// Servers whose answers are malformed, against the whole command with Paho. mqfail uses the next
// server, reports what was wrong, and never crashes. tests/unit/transport has the table of all
// forms; this file has the forms that Paho reads wrongly, and one of each packet.
#include <algorithm>

#include "end_to_end/tools.hpp"

using namespace rig;
using namespace std::chrono_literals;

namespace {

struct Bad {
  std::string version;
  std::string bytes;
  std::string flaw;
};

std::string hex(std::string_view digits) {
  std::string result;
  for (std::size_t at = 0; at + 1 < digits.size(); at += 3)
    result += static_cast<char>(std::stoi(std::string(digits.substr(at, 2)), nullptr, 16));
  return result;
}

/// The command left for the other server with this text as the reason, and ended in good order.
void expect_left(const Bad& bad, Process& reader, Events& events, ScriptedServer& other,
                 const std::string& event) {
  BOOST_TEST_CONTEXT("-V " << bad.version << ", " << bad.flaw) {
    BOOST_TEST(other.wait_for(What::subscribe, 1, 10s), reader.bytes(Stream::err));
    reader.signal(SIGTERM);
    CHECK_STATUS(reader, 0);
    const auto told = events.last(event);
    BOOST_REQUIRE(told.has_value());
    BOOST_TEST(
        told->get("text").find("the server broke the protocol: " + bad.flaw) != std::string::npos,
        told->get("text"));
  }
}

// Memory that is not initialised must not be zero by chance.
const std::map<std::string, std::string> kPerturbed{{"MALLOC_PERTURB_", "90"}};

}  // namespace

BOOST_AUTO_TEST_CASE(a_server_whose_suback_is_not_well_formed_is_left_for_the_next) {
  for (const Bad& bad : {
           Bad{"311", hex("90 02 ") + "ID", "SUBACK of 2 bytes"},
           Bad{"311", hex("90 03 ") + "ID" + hex("01"), "SUBACK of 3 bytes"},
           Bad{"311", hex("90 04 ") + "ID" + hex("01 05"), "SUBACK with the reserved code 0x05"},
           Bad{"311", hex("90 05 ") + "ID" + hex("01 01 01"), "SUBACK of 5 bytes"},
           Bad{"5", hex("90 02 ") + "ID", "SUBACK with malformed properties"},
           Bad{"5", hex("90 03 ") + "ID" + hex("00"), "SUBACK of 3 bytes"},
           Bad{"5", hex("90 04 ") + "ID" + hex("00 01"), "SUBACK of 4 bytes"},
           Bad{"5", hex("90 05 ") + "ID" + hex("7f 01 01"), "SUBACK with malformed properties"},
           Bad{"5", hex("90 05 ") + "ID" + hex("00 01 33"), "SUBACK with the reserved code 0x33"},
           Bad{"5", hex("90 05 00 00 00 01 01"), "unexpected SUBACK"},
       }) {
    ScriptedServer a({.suback_bytes = bad.bytes}), b;
    Process reader({.argv = sub({"-s", a.uri(), "-s", b.uri(), "-V", bad.version, "-t", "t", "-t",
                                 "u", "-q", "1"}),
                    .environment = kPerturbed});
    Events events(reader);
    expect_left(bad, reader, events, b, "failed");
  }
}

BOOST_AUTO_TEST_CASE(a_server_that_breaks_the_protocol_later_is_left_for_the_next) {
  for (const std::string version : {"311", "5"}) {
    const bool mqtt5 = version == "5";
    for (const Bad& bad : {
             Bad{version, hex("90 02 00 01"), "unexpected SUBACK"},
             Bad{version, hex("b0 02 00 01"), "unexpected UNSUBACK"},
             Bad{version, hex("d0 01 00"), "unexpected PINGRESP"},
             Bad{version, hex("40 01 00"), "PUBACK of 1 byte"},
             Bad{version, hex("50 01 00"), "PUBREC of 1 byte"},
             Bad{version, hex("62 01 00"), "PUBREL of 1 byte"},
             Bad{version, hex("70 01 00"), "PUBCOMP of 1 byte"},
             Bad{version, hex("f0 00"), "unexpected AUTH"},
             mqtt5 ? Bad{version, hex("e0 02 8b 09"), "DISCONNECT with malformed properties"}
                   : Bad{version, hex("e0 00"), "unexpected DISCONNECT"},
             mqtt5 ? Bad{version, hex("30 06 00 01 74 02 02 00"), "PUBLISH with malformed"}
                   : Bad{version, hex("30 03 00 09 74"), "PUBLISH of 3 bytes"},
             mqtt5 ? Bad{version, hex("62 05 00 01 00 01 1f"), "PUBREL with malformed properties"}
                   : Bad{version, hex("62 03 00 01 00"), "PUBREL of 3 bytes"},
         }) {
      ScriptedServer a, b;
      Process reader({.argv = sub({"-s", a.uri(), "-s", b.uri(), "-V", version, "-t", "t"}),
                      .environment = kPerturbed});
      Events events(reader);
      REQUIRE_EVENT(reader, events, "subscribed", 10s);
      a.send_raw(bad.bytes);
      expect_left(bad, reader, events, b, "lost");
    }
  }
}

// The id of a message is free again after its PUBREL.
BOOST_AUTO_TEST_CASE(a_message_of_qos_2_that_comes_again_before_its_pubrel_is_printed_once) {
  for (const std::string version : {"311", "5"}) {
    const std::string properties = version == "5" ? std::string(1, '\0') : "";
    const auto publish = [&](char first, const std::string& payload) {
      const std::string rest = hex("00 01 74 00 07") + properties + payload;
      return first + std::string(1, static_cast<char>(rest.size())) + rest;
    };
    ScriptedServer server;
    Process reader(sub({"-s", server.uri(), "-V", version, "-t", "t", "-q", "2", "-C", "2"}));
    Events events(reader);
    REQUIRE_EVENT(reader, events, "subscribed", 10s);
    server.send_raw(publish('\x34', "one") + publish('\x3c', "one"));
    // The first PUBREC waits until the message is written, so there is no second one. The server
    // answers it with PUBREL.
    const auto completed = [](const std::vector<Seen>& log) {
      return std::count_if(log.begin(), log.end(), [](const Seen& one) {
               return one.what == What::ack && one.type == Type::pubcomp;
             }) == 1;
    };
    BOOST_TEST(server.wait_until(completed), version);
    server.send_raw(publish('\x34', "two"));
    CHECK_STATUS(reader, 0);
    BOOST_TEST(reader.bytes(Stream::out) == "one\ntwo\n", version);
  }
}

BOOST_AUTO_TEST_CASE(a_message_whose_acknowledgement_is_not_well_formed_goes_to_the_next) {
  for (const Bad& bad : {Bad{"311", hex("40 01 00"), "PUBACK of 1 byte"},
                         Bad{"311", hex("40 03 00 01 00"), "PUBACK of 3 bytes"},
                         Bad{"5", hex("40 03 00 01 77"), "PUBACK with the reserved code 0x77"},
                         Bad{"5", hex("40 05 00 01 00 02 1f"), "PUBACK with malformed"}}) {
    ScriptedServer a({.at_publish = 1, .then = Then::stop_acking}), b;
    Process writer({.argv = pub({"-s", a.uri(), "-s", b.uri(), "-V", bad.version, "-t", "t", "-q",
                                 "1", "-m", "x"}),
                    .environment = kPerturbed});
    Events events(writer);
    BOOST_REQUIRE(a.wait_for(What::publish));
    a.send_raw(bad.bytes);
    CHECK_STATUS(writer, 0);
    BOOST_TEST(acknowledged(b) == std::vector<std::string>{"x"});
    const auto told = events.last("lost");
    BOOST_REQUIRE(told.has_value());
    BOOST_TEST(told->get("text").find(bad.flaw) != std::string::npos, told->get("text"));
  }
}
