// SPDX-License-Identifier: Apache-2.0
// Servers that grant less than mqfail-sub asks for: a warning, once a server, and with --strict
// another server.
#include "end_to_end/tools.hpp"

using namespace rig;

namespace {

const Script kQos1{.suback = [](const std::string&, int qos) { return std::min(qos, 1); }};
const Script kMqtt3{.connack_v5 = 0x84};  // grants $share as any other filter

Arguments reads(const std::vector<std::string>& servers, const Arguments& more) {
  Arguments arguments;
  for (const std::string& server : servers) arguments.insert(arguments.end(), {"-s", server});
  arguments.insert(arguments.end(), more.begin(), more.end());
  return sub(arguments);
}

struct Case {
  Script script;
  Arguments asks;
  std::string told;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {kQos1, {"-t", "a/#", "-q", "2"}, "the server grants QoS 1 instead of 2 for a/#"},
      {kMqtt3,
       {"-t", "$share/g/t"},
       "with MQTT 3.1.1 a server may grant $share/g/t and deliver nothing"}};
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_server_that_grants_less_is_used_and_told_once) {
  for (const Case& c : cases()) {
    ScriptedServer server(c.script);
    Process reader(reads({server.uri()}, c.asks));
    Events events(reader);
    const auto warning = events.wait("warning");
    BOOST_REQUIRE_MESSAGE(warning.has_value(), what_it_said(reader));
    BOOST_TEST(warning->get("server") == "127.0.0.1:" + std::to_string(server.port()));
    BOOST_TEST(warning->get("reason") == c.told + "; with --strict another server is used");
    server.reset_all();
    BOOST_REQUIRE(server.wait_for(What::subscribe, 2));
    server.publish({.topic = "a/b", .payload = "used", .qos = 1});
    BOOST_REQUIRE(reader.wait_for_lines(Stream::out, 1, 10s));
    reader.signal(SIGTERM);
    CHECK_STATUS(reader, 0);
    BOOST_TEST(events.count("warning") == 1U);
  }
}

BOOST_AUTO_TEST_CASE(with_strict_the_next_server_is_used) {
  for (const Case& c : cases()) {
    ScriptedServer less(c.script), good;
    Arguments asks = c.asks;
    asks.insert(asks.end(), {"--strict", "-E"});
    Process reader(reads({less.uri(), good.uri()}, asks));
    CHECK_STATUS(reader, 0);
    Events events(reader);
    BOOST_TEST(events.last("lost").value_or(Said{}).get("text").starts_with(c.told));
    BOOST_TEST(events.count("warning") == 0U);
    BOOST_TEST(good.count(What::subscribe) == 1U);
  }
}

BOOST_AUTO_TEST_CASE(with_strict_and_no_other_server_the_run_ends_and_says_what_to_do) {
  for (const Case& c : cases()) {
    ScriptedServer a(c.script), b(c.script);
    Arguments asks = c.asks;
    asks.push_back("--strict");
    Process reader(reads({a.uri(), b.uri()}, asks));
    CHECK_STATUS(reader, 69);
    Events events(reader);
    const Said gave_up = events.last("gave-up").value_or(Said{});
    BOOST_TEST(gave_up.get("reason") == "server cannot keep what was asked");
    BOOST_TEST(gave_up.get("text").starts_with(c.told));
    BOOST_TEST(gave_up.get("text").ends_with("or without --strict"));
  }
}

// mosquitto knows shared subscriptions with MQTT 3.1.1, too, so this is no more than a warning.
BOOST_AUTO_TEST_CASE(a_shared_subscription_of_a_server_that_knows_it_delivers) {
  Mosquitto server;
  Process reader(reads({server.uri()}, {"-V", "311", "-t", "$share/g/t", "-C", "1"}));
  Events events(reader);
  BOOST_REQUIRE(events.wait("warning").has_value());
  Client(server.port()).publish({.topic = "t", .payload = "x", .qos = 1});
  CHECK_STATUS(reader, 0);
  BOOST_TEST(reader.bytes(Stream::out) == "x\n");
}
