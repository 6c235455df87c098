// SPDX-License-Identifier: Apache-2.0
// A server says that another one should be used: MQTT 5 Server Reference (failover.md section 6).
#include <algorithm>

#include "end_to_end/tools.hpp"

using namespace rig;

namespace {

constexpr int kUseAnother = 0x9c, kMoved = 0x9d;

std::string place(std::uint16_t port) {
  return "127.0.0.1:" + std::to_string(port);
}

Script redirecting(int code, const std::string& reference) {
  return {.connack_v5 = code,
          .connack_properties = {{property::server_reference, 0, reference, {}}}};
}

Arguments with(Arguments arguments, const Arguments& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

/// A subscriber with a login.
Arguments subscriber(const std::vector<std::string>& uris, const Arguments& more = {}) {
  Arguments arguments{"-t", "t", "-u", "user", "-P", "secret", "-V", "5"};
  for (const std::string& uri : uris) arguments.insert(arguments.end(), {"-s", uri});
  return sub(with(std::move(arguments), more));
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_connack_that_names_a_server_of_the_list_leads_there) {
  for (const int code : {kUseAnother, kMoved}) {
    ScriptedServer b, c;
    ScriptedServer a(redirecting(code, place(c.port())));
    Process reader(subscriber({a.uri(), b.uri(), c.uri()}));
    Events events(reader);
    REQUIRE_EVENT(reader, events, "subscribed");
    const auto redirected = events.last("redirected");
    BOOST_REQUIRE(redirected.has_value());
    BOOST_TEST(redirected->get("server") == place(a.port()));
    BOOST_TEST(redirected->get("to") == "[\"" + place(c.port()) + "\"]");
    BOOST_TEST(redirected->get("moved") == (code == kMoved ? "true" : "false"));
    BOOST_TEST((redirected->get("reason").find("change the list") != std::string::npos) ==
               (code == kMoved));
    BOOST_TEST(b.count(What::connect) == 0U);
    BOOST_TEST(c.count(What::connect) == 1U);
    // Of the two only 0x9d changes the order of this run.
    c.refuse();
    REQUIRE_EVENT(reader, events, "failover");
    BOOST_TEST(b.count(What::subscribe) == 1U);
    c.accept();
    connect_to(c.port(), 10s);
    b.refuse();
    BOOST_TEST(c.wait_for(What::subscribe, 2));
    BOOST_TEST(a.count(What::connect) == (code == kMoved ? 1U : 2U));
  }
}

BOOST_AUTO_TEST_CASE(a_disconnect_leads_to_the_server_that_it_names) {
  ScriptedServer a, b, c;
  Process reader(subscriber({a.uri(), b.uri(), c.uri()}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  a.disconnect_all(kUseAnother, {{property::server_reference, 0, "  " + place(c.port()), {}},
                                 {property::reason_string, 0, "node drains", {}}});
  REQUIRE_EVENT(reader, events, "failover");
  BOOST_TEST(events.last("failover")->get("to") == place(c.port()));
  BOOST_TEST(events.last("lost")->get("text") == "node drains");
  BOOST_TEST(b.count(What::connect) == 0U);
}

BOOST_AUTO_TEST_CASE(a_server_outside_of_the_list_sees_nothing_unless_any_is_allowed) {
  ScriptedServer b, stranger;
  ScriptedServer a(redirecting(kUseAnother, place(stranger.port())));
  Process reader(subscriber({a.uri(), b.uri()}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  const auto redirected = events.last("redirected");
  BOOST_REQUIRE(redirected.has_value());
  BOOST_TEST(redirected->get("to") == "[]");
  BOOST_TEST(redirected->get("refused") == "[\"" + place(stranger.port()) + "\"]");
  BOOST_TEST(stranger.tcp_connections() == 0U);

  Process off(subscriber({a.uri(), b.uri()}, {"--redirect", "off"}));
  Events told(off);
  REQUIRE_EVENT(off, told, "subscribed");
  BOOST_TEST(told.count("redirected") == 0U);
  Process not_supported(
      subscriber({a.uri(), b.uri()}, {"--redirect", "any", "--no-reconnect-supported"}));
  Events silent(not_supported);
  REQUIRE_EVENT(not_supported, silent, "subscribed");
  BOOST_TEST(silent.count("redirected") == 0U);
  BOOST_TEST(stranger.tcp_connections() == 0U);
}

BOOST_AUTO_TEST_CASE(a_stranger_gets_the_credentials_only_if_it_is_said) {
  for (const bool said : {false, true}) {
    ScriptedServer stranger;
    ScriptedServer a(redirecting(kUseAnother, place(stranger.port())));
    Process reader(subscriber(
        {a.uri()},
        with({"--redirect", "any"}, said ? Arguments{"--redirect-credentials"} : Arguments{})));
    Events events(reader);
    REQUIRE_EVENT(reader, events, "subscribed");
    const std::vector<Seen> connects = stranger.log(What::connect);
    BOOST_REQUIRE(connects.size() == 1U);
    BOOST_TEST(connects[0].connect.user.has_value() == said);
    BOOST_TEST(connects[0].connect.password.value_or("") == (said ? "secret" : ""));
  }
}

BOOST_AUTO_TEST_CASE(a_stranger_gets_no_authentication_data) {
  ScriptedServer stranger;
  ScriptedServer a(redirecting(kUseAnother, place(stranger.port())));
  Process reader(
      subscriber({a.uri()}, {"--redirect", "any", "-D", "connect", "authentication-method", "M",
                             "-D", "connect", "authentication-data", "D"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  const auto has = [](ScriptedServer& server, int id) {
    const auto properties = server.log(What::connect).at(0).connect.properties;
    return std::any_of(properties.begin(), properties.end(),
                       [&](const Property& one) { return one.id == id; });
  };
  BOOST_TEST(has(a, 0x16));
  BOOST_TEST(!has(stranger, 0x15));
  BOOST_TEST(!has(stranger, 0x16));
}

BOOST_AUTO_TEST_CASE(a_standby_does_not_overrule_a_redirection) {
  ScriptedServer a, b, c;
  Process reader(subscriber({a.uri(), b.uri(), c.uri()}, {"--standby", "warm"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "standby-ready");
  a.disconnect_all(kMoved, {{property::server_reference, 0, place(c.port()), {}}});
  REQUIRE_EVENT(reader, events, "failover");
  BOOST_TEST(events.last("failover")->get("to") == place(c.port()));
  BOOST_TEST(b.count(What::subscribe) == 0U);
}

BOOST_AUTO_TEST_CASE(a_redirection_is_followed_although_another_server_is_live) {
  ScriptedServer b, c;
  ScriptedServer a;
  Process writer(Command{.argv = pub({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "1", "-l",
                                      "--acks", "2", "--redirect", "any"}),
                         .stdin_pipe = true});
  Events events(writer);
  BOOST_REQUIRE(a.wait_for(What::connect) && b.wait_for(What::connect));
  writer.write("one\n");
  BOOST_REQUIRE(a.wait_for(What::acknowledged) && b.wait_for(What::acknowledged));
  a.change([&](Script& script) { script = redirecting(kMoved, place(c.port())); });
  a.disconnect_all(kMoved, {{property::server_reference, 0, place(c.port()), {}}});
  REQUIRE_EVENT(writer, events, "redirected");
  writer.feed("two\n");
  CHECK_STATUS(writer, 0);
  BOOST_TEST(acknowledged(c) == std::vector<std::string>{"two"});
}

BOOST_AUTO_TEST_CASE(redirections_in_a_circle_end_at_the_next_server) {
  ScriptedServer last;
  ScriptedServer a, b;
  a.change([&](Script& script) { script = redirecting(kUseAnother, place(b.port())); });
  b.change([&](Script& script) { script = redirecting(kUseAnother, place(a.port())); });
  Process reader(subscriber({a.uri(), b.uri(), last.uri()}, {"--max-redirects", "4"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  BOOST_TEST(a.count(What::connect) + b.count(What::connect) == 5U);
  BOOST_TEST(last.count(What::connect) == 1U);
  BOOST_TEST(events.last("redirected")->get("reason").find("maxRedirects") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(references_that_mean_nothing_are_told_and_the_next_server_is_used) {
  ScriptedServer b;
  ScriptedServer a;
  const std::vector<std::string> bad{"",
                                     " ",
                                     place(a.port()),
                                     "127.0.0.1:0",
                                     "127.0.0.1:70000",
                                     "file:///etc/passwd",
                                     "mqtt://127.0.0.1:" + std::to_string(b.port()),
                                     "\x1b[31mred",
                                     std::string(2000, 'x')};
  for (const std::string& reference : bad) {
    a.change([&](Script& script) { script = redirecting(kUseAnother, reference); });
    Process reader(subscriber({a.uri(), b.uri()}, {"--redirect", "any", "-E"}));
    CHECK_STATUS(reader, 0);
    BOOST_TEST(reader.bytes(Stream::err).find('\x1b') == std::string::npos);
    const auto connected = Events(reader).last("connected");
    BOOST_TEST((connected && connected->get("server") == place(b.port())), reference);
  }
}

BOOST_AUTO_TEST_CASE(two_hundred_references_are_sixteen_at_most) {
  ScriptedServer b;
  std::string many;
  for (int i = 0; i < 200; ++i) many += "127.0.0.1:" + std::to_string(1 + i) + " ";
  ScriptedServer a(redirecting(kUseAnother, many));
  Process reader(subscriber({a.uri(), b.uri()}, {"--redirect", "any", "-E"}));
  CHECK_STATUS(reader, 0);
  // Ports 1 to 16 refuse, then comes the next of the list.
  BOOST_TEST(Events(reader).count("failed") <= 1U + 16U);
  BOOST_TEST(b.count(What::connect) == 1U);
}

BOOST_AUTO_TEST_CASE(a_reference_without_a_port_means_the_server_of_that_name) {
  ScriptedServer b, c;
  ScriptedServer a(redirecting(kUseAnother, "localhost"));
  Process reader(subscriber({a.uri(), b.uri(), "mqtt://localhost:" + std::to_string(c.port())}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  BOOST_TEST(c.count(What::connect) == 1U);
  BOOST_TEST(b.count(What::connect) == 0U);
}

BOOST_AUTO_TEST_CASE(a_publisher_takes_what_is_unsettled_along) {
  ScriptedServer b;
  ScriptedServer a(
      {.at_publish = 3,
       .then = Then::disconnect,
       .disconnect_code = kUseAnother,
       .disconnect_properties = {{property::server_reference, 0, place(b.port()), {}}}});
  Process writer(
      {.argv = pub({"-s", a.uri(), "-s", dead_uri(), "-s", b.uri(), "-t", "t", "-l", "-q", "1"}),
       .stdin_pipe = true});
  writer.feed(numbered_lines(1, 10));
  CHECK_STATUS(writer, 0);
  BOOST_TEST(received(b).back() == numbered_line(10));
  BOOST_TEST(Events(writer).count("failed") == 0U);  // the dead one is passed over
}
