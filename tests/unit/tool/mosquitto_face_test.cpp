// SPDX-License-Identifier: Apache-2.0
// What is different under mosquitto's names. tests/compatibility compares the whole with mosquitto.
#include "tool/mosquitto_face.hpp"

#include "command_lines.hpp"
#include "tool/exit_status.hpp"

using namespace mqfail;
using namespace mqfail::test;
using namespace std::chrono_literals;

namespace {

Environment as_mosquitto() {
  Environment environment = kNowhere;
  environment.as_mosquitto = true;
  return environment;
}

SubOptions called(const Words& words) {
  return sub(words, as_mosquitto());
}

Notice gave_up(const std::string& phase, int code) {
  Notice notice{.name = NoticeName::gave_up, .level = Level::error};
  notice.phase = phase;
  notice.code = code;
  notice.reason = "a reason of ours";
  return notice;
}

}  // namespace

BOOST_AUTO_TEST_CASE(only_the_two_names_are_mosquittos) {
  BOOST_TEST(mosquitto_name("/usr/lib/mqfail/mosquitto/mosquitto_sub") == "mosquitto_sub");
  BOOST_TEST(mosquitto_name("mosquitto_pub") == "mosquitto_pub");
  BOOST_TEST(mosquitto_name("/usr/bin/mqfail-sub").empty());
  BOOST_TEST(mosquitto_name("my_mosquitto_sub").empty());
  BOOST_TEST(mosquitto_name("").empty());
}

BOOST_AUTO_TEST_CASE(the_defaults_are_mosquittos) {
  const SubOptions plain = called({"-t", "a"});
  BOOST_TEST((plain.common.protocol == Protocol::mqtt311));
  BOOST_TEST((plain.common.connect.keepalive == 60s));
  BOOST_TEST(plain.common.connect.client_id == "");
  BOOST_TEST((plain.common.events.on_stderr == EventFormat::none));
  BOOST_TEST((called({"-t", "a", "-V", "5"}).common.protocol == Protocol::mqtt5));
  BOOST_TEST((called({"-t", "a", "-k", "7"}).common.connect.keepalive == 7s));
  BOOST_TEST((called({"-t", "a", "-d"}).common.events.on_stderr == EventFormat::human));
  BOOST_TEST(called({"-t", "a", "-V", "31"}).common.connect.client_id.starts_with("mqfail-"));
}

BOOST_AUTO_TEST_CASE(an_option_that_needs_mqtt_5_chooses_it) {
  BOOST_TEST((called({"-t", "a", "-x", "5", "-i", "me"}).common.protocol == Protocol::mqtt5));
  BOOST_TEST((called({"-t", "a", "-D", "connect", "receive-maximum", "5"}).common.protocol ==
              Protocol::mqtt5));
}

BOOST_AUTO_TEST_CASE(the_last_host_and_the_last_port_count) {
  const NamingRequest naming =
      called({"-t", "a", "-h", "one", "-p", "1", "-h", "two", "-p", "2"}).common.naming;
  BOOST_REQUIRE(naming.namings.size() == 1U);
  BOOST_TEST(std::get<NamedHost>(naming.namings.front()).host == "two");
  BOOST_TEST(naming.ports == std::vector<int>{2}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_start_is_one_try_for_each_server) {
  BOOST_TEST(with_options({}, called({"-t", "a"}).common).startup_max_passes == 1);
  BOOST_TEST(with_options({}, sub({"-t", "a"}).common).startup_max_passes == -1);
  FailoverSettings bounded;  // by an option of the URI
  bounded.bounded = true;
  BOOST_TEST(with_options(bounded, called({"-t", "a"}).common).startup_max_passes == -1);
}

BOOST_AUTO_TEST_CASE(errors_are_in_mosquittos_words) {
  BOOST_TEST(mosquitto_line(gave_up("connack", 5)) ==
             "Connection error: Connection Refused: not authorised.");
  BOOST_TEST(mosquitto_line(gave_up("connack", 0x87)) == "Connection error: Not authorized");
  BOOST_TEST(mosquitto_line(gave_up("tcp", ECONNREFUSED)) == "Error: Connection refused");
  BOOST_TEST(mosquitto_line(gave_up("dns", 2)) == "Unable to connect (Lookup error.).");
  BOOST_TEST(mosquitto_line(gave_up("tls", 0)) == "Error: a reason of ours");
  Notice timed_out{.name = NoticeName::exit, .level = Level::error};
  timed_out.reason = "Timed out";
  BOOST_TEST(mosquitto_line(timed_out) == "Timed out");
  BOOST_TEST(mosquitto_line({.name = NoticeName::connected}).empty());
  BOOST_TEST(error_lines("mosquitto_sub", {ErrorKind::usage, "what", "hint"}) ==
             "Error: what; hint\n");
  BOOST_TEST(error_lines("mosquitto_sub", {ErrorKind::usage, "-k needs a value", "write -k N"}) ==
             "Error: -k argument given but no keepalive specified. (write -k N)\n");
  BOOST_TEST(mosquitto_line(Error{ErrorKind::usage, "-V needs a value", ""}) ==
             "Error: --protocol-version argument given but no version specified.");
  BOOST_TEST(mosquitto_line(Error{ErrorKind::usage, "unknown option --x", ""}) ==
             "Error: Unknown option '--x'.");
  BOOST_TEST(mosquitto_line(Error{ErrorKind::usage, "--window needs a value", ""}) ==
             "Error: --window needs a value");
}

BOOST_AUTO_TEST_CASE(the_exit_status_is_mosquittos) {
  BOOST_TEST(mosquitto_status(0, {}) == 0);
  BOOST_TEST(mosquitto_status(27, {}) == 27);
  BOOST_TEST(mosquitto_status(64, {}) == 1);
  BOOST_TEST(mosquitto_status(69, {}) == 1);
  BOOST_TEST(mosquitto_status(77, 5) == 5);
  BOOST_TEST(mosquitto_status(69, 0x88) == 0x88);
  BOOST_TEST(mosquitto_status(130, {}) == 130);
  BOOST_TEST(refusal_of(gave_up("connack", 5)).value() == 5);
  BOOST_TEST(!refusal_of(gave_up("tcp", ECONNREFUSED)));
}
