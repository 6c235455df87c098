// SPDX-License-Identifier: Apache-2.0
// What the options do that Debian's mosquitto tools do not have, so that there is nothing to
// compare: those of mosquitto 2.1, and ours beside them.
#include "end_to_end/tools.hpp"
#include "rig/terminal.hpp"

using namespace rig;

namespace {

constexpr int kTopicAlias = 0x23;

Property alias(std::uint32_t number) {
  return {.id = kTopicAlias, .number = number};
}

// A command whose controlling terminal is `terminal`, with nothing on standard input.
Command on(const Terminal& terminal, const Arguments& argv) {
  Arguments all{find_program("setsid"), "--ctty", "/bin/sh", "-c", "exec \"$@\" </dev/null", "sh"};
  all.insert(all.end(), argv.begin(), argv.end());
  return {.argv = all, .stdin_file = terminal.path()};
}

std::vector<std::pair<std::string, std::uint32_t>> topics_and_aliases(ScriptedServer& server) {
  std::vector<std::pair<std::string, std::uint32_t>> all;
  for (const Seen& seen : server.log(What::publish))
    all.emplace_back(seen.publish.topic,
                     number_of(seen.publish.properties, kTopicAlias).value_or(0));
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_topic_alias_takes_the_place_of_the_topic_on_each_connection) {
  using Sent = std::vector<std::pair<std::string, std::uint32_t>>;
  ScriptedServer none;  // a Topic Alias Maximum of 0
  ScriptedServer few({.connack_properties = {{.id = property::topic_alias_maximum, .number = 4}},
                      .at_publish = 3,
                      .then = Then::refuse});
  ScriptedServer many({.connack_properties = {{.id = property::topic_alias_maximum, .number = 9}}});
  const auto publish = [](const std::vector<std::string>& servers, const char* repeat) {
    Arguments arguments{"-t",   "a/topic",  "-m", "x",  "-q",      "1",           "--repeat",
                        repeat, "--window", "1",  "-D", "publish", "topic-alias", "4"};
    for (const std::string& server : servers) arguments.insert(arguments.end(), {"-s", server});
    Process writer(pub(arguments));
    CHECK_STATUS(writer, 0);
  };
  publish({none.uri()}, "2");
  BOOST_TEST((topics_and_aliases(none) == Sent{{"a/topic", 0}, {"a/topic", 0}}));
  publish({few.uri(), many.uri()}, "4");
  BOOST_TEST((topics_and_aliases(few) == Sent{{"a/topic", 4}, {"", 4}, {"", 4}}));
  BOOST_TEST((topics_and_aliases(many) == Sent{{"a/topic", 4}, {"", 4}}));
}

BOOST_AUTO_TEST_CASE(a_message_with_an_alias_alone_has_its_topic) {
  ScriptedServer server;
  Process reader(sub({"-s", server.uri(), "-t", "#", "-v", "-C", "4", "-D", "connect",
                      "topic-alias-maximum", "9"}));
  BOOST_REQUIRE(server.wait_for(What::subscribe));
  server.publish({.topic = "one", .payload = "1", .properties = {alias(1)}});
  server.publish({.topic = "two", .payload = "2", .properties = {alias(2)}});
  server.publish({.topic = "", .payload = "3", .properties = {alias(1)}});
  server.publish({.topic = "", .payload = "4", .properties = {alias(2)}});
  CHECK_STATUS(reader, 0);
  BOOST_TEST(reader.bytes(Stream::out) == "one 1\ntwo 2\none 3\ntwo 4\n");
}

BOOST_AUTO_TEST_CASE(subscription_options_are_on_the_wire) {
  constexpr int kNoLocal = 4;
  for (const auto& [arguments, options] : std::vector<std::pair<Arguments, int>>{
           {{"--no-local"}, kNoLocal},
           {{"--retain-handling", "always"}, 0},
           {{"--retain-handling", "new"}, 0x10},
           {{"--retain-handling", "never"}, 0x20},
           {{"--retain-handling", "2", "--no-local"}, 0x20 | kNoLocal}}) {
    ScriptedServer server;
    Arguments all{"-s", server.uri(), "-t", "t", "-E"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    Process reader(sub(all));
    CHECK_STATUS(reader, 0);
    BOOST_REQUIRE(server.count(What::subscribe) == 1U);
    BOOST_TEST(server.log(What::subscribe).front().subscribe.filters.front().options == options);
  }
}

BOOST_AUTO_TEST_CASE(idle_exit_ends_a_run_that_has_been_silent_for_so_long) {
  ScriptedServer server;
  Process reader(sub({"-s", server.uri(), "-t", "t", "--idle-exit", "600ms"}));
  BOOST_REQUIRE(server.wait_for(What::subscribe));
  // Longer than the bound in all, but never silent for so long.
  for (int i = 0; i < 4; ++i) {
    server.publish({.topic = "t", .payload = std::to_string(i)});
    BOOST_REQUIRE(reader.wait_for_lines(Stream::out, static_cast<std::size_t>(i) + 1, 5s));
    BOOST_TEST(!reader.wait_exit(300ms).has_value());
  }
  const Moment last = Clock::now();
  CHECK_STATUS(reader, 0);
  BOOST_TEST(seconds_between(last, Clock::now()) < at_most(2.0));
  BOOST_TEST(reader.bytes(Stream::out) == "0\n1\n2\n3\n");

  Process in_seconds(sub({"-s", server.uri(), "-t", "t", "--idle-exit", "0.2"}));
  CHECK_STATUS(in_seconds, 0);
}

BOOST_AUTO_TEST_CASE(idle_exit_does_not_count_while_no_server_is_there) {
  ScriptedServer server;
  Process reader(sub({"-s", server.uri(), "-t", "t", "--idle-exit", "500ms"}));
  Events events(reader);
  REQUIRE_EVENT(reader, events, "subscribed");
  server.refuse();
  REQUIRE_EVENT(reader, events, "lost");
  BOOST_TEST(!reader.wait_exit(1s).has_value());
  server.accept();
  reader.signal(SIGUSR1);
  CHECK_STATUS(reader, 0);
  BOOST_TEST(server.count(What::subscribe) == 2U);
}

BOOST_AUTO_TEST_CASE(a_host_may_mean_websocket_or_no_tls) {
  const std::uint16_t plain = free_port();
  Mosquitto server(
      {.lines = {"protocol websockets", "listener " + std::to_string(plain) + " 127.0.0.1"}});
  Process writer(pub({"-h", "127.0.0.1", "-p", std::to_string(server.port()), "--ws", "-t", "t",
                      "-m", "by web", "-q", "1", "-r"}));
  CHECK_STATUS(writer, 0);
  const Certificates certificates;
  Process reader(sub({"-h", "127.0.0.1", "-p", std::to_string(plain), "--cafile",
                      certificates.authority(), "--no-tls", "-t", "t", "-C", "1"}));
  CHECK_STATUS(reader, 0);
  BOOST_TEST(reader.bytes(Stream::out) == "by web\n");
}

BOOST_AUTO_TEST_CASE(a_password_is_asked_for_on_the_terminal_and_not_shown) {
  ScriptedServer server;
  Terminal terminal;
  Process writer(on(terminal, pub({"-s", server.uri(), "-t", "t", "-m", "x", "-u", "me", "-P"})));
  BOOST_REQUIRE(terminal.shows("Password: "));
  terminal.type("wronk\x7fg\n");
  CHECK_STATUS(writer, 0);
  BOOST_REQUIRE(server.count(What::connect) == 1U);
  BOOST_TEST(server.log(What::connect).front().connect.password.value_or("") == "wrong");
  BOOST_TEST(terminal.written().find("wron") == std::string::npos, terminal.written());
}

// As the terminal itself does: a character of two bytes, the last word, the line.
BOOST_AUTO_TEST_CASE(what_is_typed_for_a_password_can_be_erased) {
  ScriptedServer server;
  Terminal terminal;
  Process writer(on(terminal, pub({"-s", server.uri(), "-t", "t", "-m", "x", "-u", "me", "-P"})));
  BOOST_REQUIRE(terminal.shows("Password: "));
  terminal.type(
      "no\x15"
      "two wrong \x17wordsé\x7f\n");
  CHECK_STATUS(writer, 0);
  BOOST_REQUIRE(server.count(What::connect) == 1U);
  BOOST_TEST(server.log(What::connect).front().connect.password.value_or("") == "two words");
}

BOOST_AUTO_TEST_CASE(a_password_that_is_not_typed_is_an_error_and_the_terminal_is_as_before) {
  for (const char* key : {"\x03", "\x04"}) {
    Terminal terminal;
    Process writer(on(terminal, pub({"-s", dead_uri(), "-t", "t", "-m", "x", "-u", "me", "-P"})));
    BOOST_REQUIRE(terminal.shows("Password: "));
    terminal.type(key);
    CHECK_STATUS(writer, 64);
    BOOST_TEST(writer.bytes(Stream::err).find("-P: no password was typed") != std::string::npos,
               writer.bytes(Stream::err));
    terminal.type("seen\n");
    BOOST_TEST(terminal.shows("seen"));
  }
}

BOOST_AUTO_TEST_CASE(a_signal_ends_the_question_and_the_terminal_is_as_before) {
  Terminal terminal;
  Process writer(on(terminal, pub({"-s", dead_uri(), "-t", "t", "-m", "x", "-u", "me", "-P"})));
  BOOST_REQUIRE(terminal.shows("Password: "));
  writer.signal(SIGTERM);
  CHECK_STATUS(writer, 128 + SIGTERM);
  terminal.type("seen\n");
  BOOST_TEST(terminal.shows("seen"));
}

BOOST_AUTO_TEST_CASE(authentication_data_goes_to_the_server_and_is_in_no_list_of_processes) {
  ScriptedServer server;
  Process reader(sub({"-s", server.uri(), "-t", "t", "-D", "connect", "authentication-method",
                      "plain", "-D", "connect", "authentication-data", "s3cret"}));
  BOOST_REQUIRE(server.wait_for(What::subscribe));
  const Connect connect = server.log(What::connect).front().connect;
  std::string sent;
  for (const Property& one : connect.properties)
    sent += std::to_string(one.id) + "=" + one.text + " ";
  BOOST_TEST(sent.find("21=plain 22=s3cret") != std::string::npos, sent);
  const std::string proc = "/proc/" + std::to_string(reader.pid());
  const std::string shown = read_file(proc + "/cmdline");
  BOOST_TEST(shown.find("authentication-data") != std::string::npos);
  BOOST_TEST(shown.find("s3cret") == std::string::npos);
  reader.signal(SIGTERM);
  CHECK_STATUS(reader, 0);
}

BOOST_AUTO_TEST_CASE(without_a_terminal_a_password_cannot_be_asked_for) {
  Arguments argv = pub({"-s", dead_uri(), "-t", "t", "-m", "x", "-u", "me", "-P"});
  argv.insert(argv.begin(), find_program("setsid"));  // it has no controlling terminal then
  const Finished ended = run(argv);
  BOOST_TEST(ended.exit.status == 64);
  BOOST_TEST(ended.err ==
             "mqfail-pub: -P without a value asks for the password, and there is no terminal; give "
             "the password, or name a file with --pw-file\n");
}

BOOST_AUTO_TEST_CASE(options_of_mosquitto_that_are_not_here_are_refused_by_name) {
  for (const Arguments& option : std::vector<Arguments>{{"-w"},
                                                        {"--watch"},
                                                        {"--message-rate"},
                                                        {"--latency"},
                                                        {"--tls-keylog", "file"},
                                                        {"--random-filter", "50"},
                                                        {"--unix", "/s"},
                                                        {"-A", "lo"},
                                                        {"-S"},
                                                        {"--proxy", "socks5h://a"},
                                                        {"--tls-engine", "e"},
                                                        {"--keyform", "pem"}}) {
    Arguments arguments{"-t", "t"};
    arguments.insert(arguments.end(), option.begin(), option.end());
    const Finished ended = run(command("mqfail-sub", arguments));
    const std::string letter_or_name = option.front() == "--watch" ? "-w" : option.front();
    BOOST_TEST(ended.exit.status == 64);
    BOOST_TEST(ended.err.starts_with("mqfail-sub: " + letter_or_name + " is not supported; "),
               ended.err);
    BOOST_TEST(std::count(ended.err.begin(), ended.err.end(), '\n') == 1);
  }
}
