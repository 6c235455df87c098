// SPDX-License-Identifier: Apache-2.0
// -W limits the whole run, whatever hangs: exit 27 in time. This test runs alone, since it measures
// time.
#include "end_to_end/tools.hpp"

using namespace rig;

namespace {
void ends_in_one_second(const std::string& server, const Arguments& more = {}) {
  Arguments arguments{"-s", server, "-t", "t", "-W", "1"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  Process reader(sub(arguments));
  const auto exit = reader.wait_exit(5s * kSlower);
  BOOST_REQUIRE_MESSAGE(exit.has_value(), reader.bytes(Stream::err));
  BOOST_TEST(exit->status == 27, exit->status << "; " << reader.bytes(Stream::err));
  const double took = seconds_between(reader.started(), exit->at);
  BOOST_TEST(took >= 0.6);
  BOOST_TEST(took <= at_most(1.4));
  BOOST_TEST(Events(reader).all().back().name() == "exit");
}
}  // namespace

BOOST_AUTO_TEST_CASE(a_refused_connection_does_not_outlast_the_deadline) {
  ends_in_one_second(dead_uri());
}

BOOST_AUTO_TEST_CASE(a_black_hole_does_not_outlast_the_deadline) {
  // A full accept queue: the kernel drops the SYN, as a firewall does.
  const Fd listener = listen_on(0, 0);
  const Fd filler = connect_to(port_of(listener), 0ms);
  BOOST_REQUIRE(!!filler);
  ends_in_one_second(uri(port_of(listener)));
}

BOOST_AUTO_TEST_CASE(a_server_without_connack_does_not_outlast_the_deadline) {
  ScriptedServer server({.connack = false});
  ends_in_one_second(server.uri());
  BOOST_TEST(server.count(What::connect) >= 1U);
}

BOOST_AUTO_TEST_CASE(a_server_without_suback_does_not_outlast_the_deadline) {
  ScriptedServer server({.answer_subscribe = false});
  ends_in_one_second(server.uri());
}

BOOST_AUTO_TEST_CASE(a_quiet_topic_does_not_outlast_the_deadline) {
  Mosquitto server;
  ends_in_one_second(server.uri());
}

BOOST_AUTO_TEST_CASE(a_tls_handshake_that_hangs_does_not_outlast_the_deadline) {
  ScriptedServer server({.read = false});
  ends_in_one_second("mqtts://127.0.0.1:" + std::to_string(server.port()));
}

BOOST_AUTO_TEST_CASE(fractions_of_a_second_are_allowed) {
  Mosquitto server;
  Process reader(sub({"-s", server.uri(), "-t", "t", "-W", "0.3"}));
  const auto exit = reader.wait_exit(3s * kSlower);
  BOOST_REQUIRE(exit.has_value());
  BOOST_TEST(exit->status == 27);
  BOOST_TEST(seconds_between(reader.started(), exit->at) < at_most(0.7));
}

BOOST_AUTO_TEST_CASE(a_server_without_connack_costs_one_connect_timeout) {
  ScriptedServer silent({.connack = false});
  Mosquitto live;
  Process reader(
      sub({"-s", silent.uri(), "-s", live.uri(), "-t", "t", "--connect-timeout", "700ms"}));
  Events events(reader);
  const auto subscribed = events.wait("subscribed", 5s * kSlower);
  BOOST_REQUIRE(subscribed.has_value());
  const double took = seconds_between(reader.started(), subscribed->at);
  BOOST_TEST(took >= 0.6);
  BOOST_TEST(took <= at_most(1.2));
}
