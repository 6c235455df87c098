// SPDX-License-Identifier: Apache-2.0
// Servers close the connection because of one message. Only this message fails: it is named and
// kept, and all others arrive. A server that dies for another reason fails no message.
#include <list>

#include "end_to_end/tools.hpp"

using namespace rig;
using namespace std::string_literals;

namespace {

struct Publisher : Process {
  explicit Publisher(const Arguments& arguments)
      : Process({.argv = pub(arguments), .stdin_pipe = true}) {}
};

const std::string kPoison(3000, 'x');
const std::string kInput = "first\n" + kPoison + "\nlast\n";

Arguments with(Arguments arguments, const Arguments& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

/// The second line has failed, and no other.
void check_that_only_the_second_failed(Process& publisher, const std::string& undelivered) {
  CHECK_STATUS(publisher, 75);
  BOOST_TEST((read_file(undelivered) == kPoison + "\n"));
  Events events(publisher);
  std::size_t failed = 0;
  for (const Said& said : events.all()) {
    if (said.name() != "failed" || said.get("phase") != "publish") continue;
    ++failed;
    BOOST_TEST(said.number("line") == 2);
    BOOST_TEST(said.number("bytes") == 3000);
  }
  BOOST_TEST(failed == 1U, publisher.bytes(Stream::err));
  BOOST_TEST(events.last("exit")->number("acked") == 2);
  BOOST_TEST(events.last("exit")->number("unsettled") == 1);
}

/// Closes at each message of more than 2000 bytes, and accepts all others.
Script closing(Then then, int code = 0) {
  return {.longest_payload = 2000, .then = then, .disconnect_code = code};
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_message_over_which_a_real_server_closes_fails_and_the_rest_arrives) {
  struct Run {
    std::string topic, file;
    Recorder recorder;
    Publisher publisher;
    Run(const Mosquitto& server, const std::string& version, const std::string& qos,
        const Scratch& scratch)
        : topic(version + "-" + qos),
          file((scratch / topic).string()),
          recorder(server.port(), topic),
          publisher({"-s", server.uri(), "-V", version, "-t", topic, "-q", qos, "-l",
                     "--undelivered", file, "--max-reconnect-delay", "500ms"}) {
      publisher.feed(kInput);
    }
  };
  Mosquitto server({.lines = {"max_packet_size 2000"}});
  const Scratch scratch;
  std::list<Run> runs;  // beside each other: a judgement takes five seconds
  for (const std::string version : {"311", "5"}) {
    for (const std::string qos : {"1", "2"}) runs.emplace_back(server, version, qos, scratch);
  }
  for (Run& run : runs) {
    check_that_only_the_second_failed(run.publisher, run.file);
    BOOST_REQUIRE(run.recorder.wait_for(2));
    BOOST_TEST(run.recorder.payloads() == (std::vector<std::string>{"first", "last"}));
  }
}

BOOST_AUTO_TEST_CASE(a_message_over_which_each_server_closes_fails_in_whatever_way_they_do_it) {
  const std::vector<std::pair<Script, std::string>> ways{
      {closing(Then::close), "311"},
      {closing(Then::reset), "311"},
      {closing(Then::close), "5"},
      {closing(Then::reset), "5"},
      {closing(Then::disconnect, 0x93), "5"},
      {closing(Then::disconnect, 0x95), "5"},
      {closing(Then::disconnect, 0x97), "5"},
      {closing(Then::disconnect, 0x99), "5"},
  };
  struct Run {
    ScriptedServer a, b;
    std::string file;
    Publisher publisher;
    Run(const Script& script, const std::string& version, bool two, std::string undelivered)
        : a(script),
          b(script),
          file(std::move(undelivered)),
          publisher(with({"-s", a.uri(), "-V", version, "-t", "t", "-q", "1", "-l", "--undelivered",
                          file, "--max-reconnect-delay", "500ms"},
                         two ? Arguments{"-s", b.uri()} : Arguments{})) {
      publisher.feed(kInput);
    }
  };
  const Scratch scratch;
  std::list<Run> runs;  // beside each other: a judgement may take five seconds
  for (const auto& [script, version] : ways) {
    for (const bool two : {false, true})
      runs.emplace_back(script, version, two,
                        (scratch / ("undelivered" + std::to_string(runs.size()))).string());
  }
  for (Run& run : runs) {
    check_that_only_the_second_failed(run.publisher, run.file);
    auto arrived = acknowledged(run.a);
    const auto there = acknowledged(run.b);
    arrived.insert(arrived.end(), there.begin(), there.end());
    BOOST_TEST(arrived.size() == 2U);
  }
}

BOOST_AUTO_TEST_CASE(another_server_that_takes_the_message_gets_it) {
  ScriptedServer a(closing(Then::close)), b;
  Publisher publisher({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "1", "-l"});
  publisher.feed(kInput);
  CHECK_STATUS(publisher, 0);
  BOOST_TEST(acknowledged(b).back() == "last");
}

BOOST_AUTO_TEST_CASE(at_qos_0_what_is_behind_such_a_message_goes_on) {
  for (const int code : {0x95, 0x99}) {
    ScriptedServer a(closing(Then::disconnect, code));
    Publisher publisher({"-s", a.uri(), "-t", "t", "-q", "0", "-l"});
    publisher.write("first\n" + kPoison + "\n");
    Events events(publisher);
    REQUIRE_EVENT(publisher, events, "lost");
    publisher.feed("last\n");
    CHECK_STATUS(publisher, 75);
    BOOST_TEST(received(a).back() == "last");
  }
}

BOOST_AUTO_TEST_CASE(in_a_spool_such_a_message_does_not_hold_up_those_behind_it) {
  const Scratch scratch;
  const std::string file = (scratch / "undelivered").string();
  ScriptedServer a(closing(Then::reset));
  const Arguments arguments{"-s",
                            a.uri(),
                            "-t",
                            "t",
                            "-q",
                            "1",
                            "-l",
                            "--spool",
                            (scratch / "spool").string(),
                            "--undelivered",
                            file,
                            "--max-reconnect-delay",
                            "50ms"};
  Publisher publisher(arguments);
  publisher.feed(kInput);
  check_that_only_the_second_failed(publisher, file);
  BOOST_TEST(acknowledged(a) == (std::vector<std::string>{"first", "last"}));
  Publisher again(arguments);  // it has left the spool
  again.close_stdin();
  CHECK_STATUS(again, 0);
}

BOOST_AUTO_TEST_CASE(with_acks_such_a_message_fails_although_one_server_has_it) {
  const Scratch scratch;
  const std::string file = (scratch / "undelivered").string();
  ScriptedServer a(closing(Then::close)), b;
  Publisher publisher({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "1", "-l", "--acks", "2",
                       "--undelivered", file, "--max-reconnect-delay", "50ms"});
  publisher.feed(kInput);
  check_that_only_the_second_failed(publisher, file);
  BOOST_TEST(acknowledged(a) == (std::vector<std::string>{"first", "last"}));
  BOOST_TEST(acknowledged(b) == (std::vector<std::string>{"first", kPoison, "last"}));
}

// As NATS: it speaks MQTT 3.1.1, which has no word for a QoS that a server does not take.
const Script kNoQos2{.connack_v5 = 0x84, .highest_qos = 1, .then = Then::close};

BOOST_AUTO_TEST_CASE(a_server_that_closes_at_each_message_of_qos_2_is_not_used_for_it) {
  ScriptedServer a(kNoQos2), b;
  Publisher publisher({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "2", "-l",
                       "--max-reconnect-delay", "50ms", "--drain-timeout", "30s"});
  Events events(publisher);
  publisher.write(numbered_lines(1, 50));
  BOOST_REQUIRE(b.wait_for(What::acknowledged, 50));
  b.refuse();
  publisher.feed(numbered_lines(51, 100));
  const auto warning = events.wait("warning");
  BOOST_REQUIRE_MESSAGE(warning.has_value(), what_it_said(publisher));
  BOOST_TEST(warning->get("server") == "127.0.0.1:" + std::to_string(a.port()));
  BOOST_TEST(warning->get("reason").find("QoS 2") != std::string::npos);
  b.accept();
  CHECK_STATUS(publisher, 0);
  BOOST_TEST(complete(numbers(acknowledged(b))));
  BOOST_TEST(acknowledged(b).size() == 100U);
  for (const Said& said : events.all()) {
    BOOST_TEST((said.name() != "failed" || said.get("phase") != "publish"));
  }
}

BOOST_AUTO_TEST_CASE(if_every_server_closes_at_qos_2_the_run_ends_with_an_advice_that_helps) {
  ScriptedServer a(kNoQos2), b(kNoQos2);
  const Scratch scratch;
  const std::string file = (scratch / "undelivered").string();
  const Arguments arguments{"-s",  a.uri(),
                            "-s",  b.uri(),
                            "-t",  "t",
                            "-l",  "--undelivered",
                            file,  "--max-reconnect-delay",
                            "50ms"};
  Publisher publisher(with(arguments, {"-q", "2"}));
  publisher.write("one\ntwo\nthree\n");
  Events events(publisher);
  const auto gave_up = events.wait("gave-up");
  BOOST_REQUIRE_MESSAGE(gave_up.has_value(), what_it_said(publisher));
  BOOST_TEST(gave_up->get("text") ==
             "the server closes the connection at a message of QoS 2; publish with -q 1");
  publisher.close_stdin();
  CHECK_STATUS(publisher, 75);
  BOOST_TEST(read_file(file) == "one\ntwo\nthree\n");
  BOOST_TEST(events.last("exit")->number("unsettled") == 3);
  BOOST_TEST(events.count("warning") == 2U);  // once a server

  Publisher again(with(arguments, {"-q", "1"}));
  again.feed("one\ntwo\nthree\n");
  CHECK_STATUS(again, 0);
}

// A message that is under way when a server is killed does not fail, however often that happens.
BOOST_AUTO_TEST_CASE(a_server_that_is_killed_again_and_again_fails_no_message) {
  Mosquitto server;
  const std::uint32_t lines = 3000;
  Publisher publisher({"-s", server.uri(), "-t", "t", "-q", "1", "-l", "--stable", "10ms",
                       "--max-reconnect-delay", "50ms"});
  Events events(publisher);
  for (int time = 0; time < 6; ++time) {
    REQUIRE_EVENT(publisher, events, "connected");
    publisher.write(numbered_lines(lines / 6 * time + 1, lines / 6 * (time + 1)));
    server.kill9();
    server.restart();
  }
  publisher.close_stdin();
  CHECK_STATUS(publisher, 0);
  BOOST_TEST(events.last("exit")->number("acked") == lines);
}

BOOST_AUTO_TEST_CASE(a_server_that_closes_every_connection_at_once_fails_no_message) {
  ScriptedServer server({.close_after_connack = true});
  Publisher publisher(
      {"-s", server.uri(), "-t", "t", "-q", "1", "-l", "--max-reconnect-delay", "50ms"});
  publisher.feed(numbered_lines(1, 5));
  BOOST_REQUIRE(server.wait_for(What::connect, 12));
  server.change([](Script& script) { script.close_after_connack = false; });
  CHECK_STATUS(publisher, 0);
  BOOST_TEST(acknowledged(server).size() == 5U);
}
