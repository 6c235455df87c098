// SPDX-License-Identifier: Apache-2.0
// How mqfail-pub ends after a failure: the exit status, the count on standard error, and every
// unsettled payload, byte for byte.
#include <ctime>

#include "end_to_end/tools.hpp"
#include "rig/full_pipe.hpp"

using namespace rig;

namespace {
struct Publisher : Process {
  explicit Publisher(const Arguments& arguments)
      : Process({.argv = pub(arguments), .stdin_pipe = true}) {}
};
}  // namespace

BOOST_AUTO_TEST_CASE(a_wildcard_topic_is_64_and_nothing_is_sent) {
  ScriptedServer server;
  for (const char* topic : {"a/#", "a/+/b", ""}) {
    Publisher publisher({"-s", server.uri(), "-t", topic, "-m", "x"});
    CHECK_STATUS(publisher, 64);
  }
  BOOST_TEST(server.tcp_connections() == 0U);
}

BOOST_AUTO_TEST_CASE(usage_mistakes_are_64) {
  const std::vector<Arguments> mistakes{
      {"-m", "x"},                   // no topic
      {"-t", "t"},                   // no message
      {"-t", "t", "-m", "x", "-n"},  // two messages
      {"-t", "t", "-m", "x", "-q", "3"},
      {"-t", "t", "-m", "x", "--windw", "3"},
      {"-t", "t", "-l", "--sequence", "-V", "311"},
      {"-t", "t", "-m", "x", "stray"},
      {"-t", "t", "-m", "x", "-A", "127.0.0.1"},
  };
  for (const Arguments& mistake : mistakes) {
    Process publisher(command("mqfail-pub", mistake));
    std::string all;
    for (const std::string& argument : mistake) all += " " + argument;
    const int status = status_of(publisher);
    BOOST_TEST(status == 64, "mqfail-pub" << all << ": " << status);
  }
}

BOOST_AUTO_TEST_CASE(a_payload_file_that_is_missing_is_66) {
  Scratch scratch;
  Publisher publisher({"-s", dead_uri(), "-t", "t", "-f", (scratch / "none").string()});
  CHECK_STATUS(publisher, 66);
}

// An empty message would delete the retained message.
BOOST_AUTO_TEST_CASE(no_input_at_all_is_66_and_publishes_nothing) {
  Mosquitto server;
  Process keeper(command("mqfail-pub", {"-s", server.uri(), "-t", "t", "-r", "-m", "kept"}));
  BOOST_TEST(status_of(keeper) == 0);
  for (const Arguments& how :
       {Arguments{"-s"}, Arguments{"-f", "-"}, Arguments{"-f", "/dev/stdin"}}) {
    Arguments arguments{"-s", server.uri(), "-t", "t", "-r", "-q", "1"};
    arguments.insert(arguments.end(), how.begin(), how.end());
    Publisher publisher(arguments);
    publisher.close_stdin();
    CHECK_STATUS(publisher, 66);
    BOOST_TEST(publisher.bytes(Stream::err).find("empty") != std::string::npos);
  }
  const Scratch scratch;
  const std::string file = (scratch / "empty").string();
  write_file(file, "");
  Publisher from_file({"-s", server.uri(), "-t", "other", "-q", "1", "-f", file});
  CHECK_STATUS(from_file, 0);  // an empty file is a message, as in mosquitto_pub
  Publisher no_lines({"-s", server.uri(), "-t", "t", "-r", "-q", "1", "-l"});
  no_lines.close_stdin();
  CHECK_STATUS(no_lines, 0);
  Process reader(command("mqfail-sub", {"-s", server.uri(), "-t", "t", "-C", "1", "-W", "5"}));
  BOOST_TEST(status_of(reader) == 0);
  BOOST_TEST(reader.bytes(Stream::out) == "kept\n");
}

BOOST_AUTO_TEST_CASE(what_undelivered_holds_can_be_fed_back) {
  using namespace std::string_literals;
  struct Case {
    Arguments how;
    std::string input, undelivered;
    Arguments back;  // the option that publishes it again
    std::vector<std::string> messages;
  };
  const Scratch scratch;
  const std::string file = (scratch / "undelivered").string();
  const std::vector<Case> cases{
      {{"-m", "two\nlines"}, "", "two\nlines", {"-f", file}, {"two\nlines"}},
      {{"-m", "x\n", "--repeat", "3"}, "", "x\n", {"-f", file}, {"x\n"}},
      {{"-s"}, "a\0b\n\n"s, "a\0b\n\n"s, {"-f", file}, {"a\0b\n\n"s}},
      {{"-n"}, "", "", {"-f", file}, {""}},
      {{"-l"}, "a\n\nb\n", "a\n\nb\n", {"-l"}, {"a", "", "b"}},
      {{"-l", "-0"}, "a\nb\0\0c\0"s, "a\nb\0\0c\0"s, {"-l", "-0"}, {"a\nb", "", "c"}},
  };
  for (const Case& c : cases) {
    Arguments arguments{"-s", dead_uri(), "-t", "t", "-q", "1", "--once", "--undelivered", file};
    arguments.insert(arguments.end(), c.how.begin(), c.how.end());
    Publisher publisher(arguments);
    publisher.feed(c.input);
    CHECK_STATUS(publisher, 69);
    BOOST_TEST((read_file(file) == c.undelivered), c.how[0] << " " << read_file(file));
    ScriptedServer server;
    Arguments again{"-s", server.uri(), "-t", "t", "-q", "1"};
    again.insert(again.end(), c.back.begin(), c.back.end());
    Publisher second(again);
    second.feed(c.back[0] == "-l" ? read_file(file) : "");
    CHECK_STATUS(second, 0);
    BOOST_TEST(acknowledged(server) == c.messages, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(no_server_was_ever_reached_is_69) {
  Scratch scratch;
  const std::string file = (scratch / "undelivered").string();
  Publisher publisher({"-s", dead_uri(), "-s", dead_uri(), "-t", "t", "-q", "1", "-l",
                       "--undelivered", file, "--startup-max-reconnect-attempts", "3"});
  publisher.feed(numbered_lines(1, 50));
  CHECK_STATUS(publisher, 69);
  BOOST_TEST(read_file(file) == numbered_lines(1, 50));
}

BOOST_AUTO_TEST_CASE(the_wrong_password_everywhere_is_77) {
  Mosquitto a({.user = "joe", .password = "right"});
  Publisher publisher({"-s", a.uri(), "-t", "t", "-m", "x", "-q", "1", "-u", "joe", "-P", "wrong"});
  CHECK_STATUS(publisher, 77);
}

BOOST_AUTO_TEST_CASE(the_end_of_input_while_all_are_down_is_75_within_the_drain_timeout) {
  ScriptedServer a, b;
  Scratch scratch;
  const std::string file = (scratch / "undelivered").string();
  Publisher publisher({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "1", "-l", "--drain-timeout",
                       "2s", "--undelivered", file});
  publisher.write(numbered_lines(1, 10));
  BOOST_REQUIRE(a.wait_for(What::acknowledged, 10));
  b.refuse();
  a.refuse();
  Events events(publisher);
  REQUIRE_EVENT(publisher, events, "lost");
  const Moment end_of_input = Clock::now();
  publisher.feed(numbered_lines(11, 40));
  CHECK_STATUS(publisher, 75);
  BOOST_TEST(seconds_between(end_of_input, Clock::now()) < at_most(3.5));
  BOOST_TEST(seconds_between(end_of_input, Clock::now()) > 1.5);
  BOOST_TEST(read_file(file) == numbered_lines(11, 40));
  const auto exit = events.last("exit");
  BOOST_REQUIRE(exit.has_value());
  BOOST_TEST(status_told(events) == 75);
  BOOST_TEST(exit->number("unsettled") == 30);
  BOOST_TEST(exit->number("acked") == 10);
}

// The ack timeout is as long as the drain timeout, unless another is given.
BOOST_AUTO_TEST_CASE(a_server_that_does_not_acknowledge_is_left_although_the_input_is_over) {
  ScriptedServer a({.at_publish = 1, .then = Then::stop_acking}), b;
  Publisher publisher({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "1", "-m", "x",
                       "--drain-timeout", "500ms", "--ack-timeout", "500ms"});
  CHECK_STATUS(publisher, 0);
  BOOST_TEST(acknowledged(b) == std::vector<std::string>{"x"});
  // Once for each server: the run ends.
  b.change([](Script& script) {
    script.at_publish = 1;
    script.then = Then::stop_acking;
  });
  const Moment start = Clock::now();
  Publisher in_vain({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "1", "-m", "x",
                     "--drain-timeout", "500ms", "--ack-timeout", "500ms"});
  CHECK_STATUS(in_vain, 75);
  BOOST_TEST(seconds_between(start, Clock::now()) < at_most(4.0));
  Publisher alone({"-s", a.uri(), "-t", "t", "-q", "1", "-m", "x", "--drain-timeout", "500ms"});
  const Moment begin = Clock::now();
  CHECK_STATUS(alone, 75);
  BOOST_TEST(seconds_between(begin, Clock::now()) < at_most(1.5));
}

// It is left only if it acknowledges nothing, and if the ack timeout is not far behind.
BOOST_AUTO_TEST_CASE(another_server_does_not_lengthen_the_drain_timeout_without_need) {
  ScriptedServer other;
  ScriptedServer slow(
      {.connack_properties = {{property::receive_maximum, 1, {}, {}}}, .ack_delay = 400ms});
  Publisher acknowledges(
      {"-s", slow.uri(), "-s", other.uri(), "-t", "t", "-q", "1", "-l", "--drain-timeout", "1s"});
  acknowledges.feed(numbered_lines(1, 20));
  const Moment start = Clock::now();
  CHECK_STATUS(acknowledges, 75);
  BOOST_TEST(seconds_between(start, Clock::now()) < at_most(2.5));
  ScriptedServer silent({.at_publish = 1, .then = Then::stop_acking});
  Publisher short_one({"-s", silent.uri(), "-s", other.uri(), "-t", "t", "-q", "1", "-m", "x",
                       "--drain-timeout", "500ms"});
  const Moment begin = Clock::now();
  CHECK_STATUS(short_one, 75);
  BOOST_TEST(seconds_between(begin, Clock::now()) < at_most(2.0));
}

// Also if it was lost once before, long ago.
BOOST_AUTO_TEST_CASE(a_server_that_was_lost_before_is_left_at_the_end_too) {
  ScriptedServer a, b;
  Publisher publisher({"-s",
                       a.uri(),
                       "-s",
                       b.uri(),
                       "-t",
                       "t",
                       "-q",
                       "1",
                       "-l",
                       "--drain-timeout",
                       "1s",
                       "--ack-timeout",
                       "1s",
                       "--priority-backup",
                       "--priority-hold",
                       "0ms",
                       "--priority-stable",
                       "1",
                       "--priority-probe-interval",
                       "100ms"});
  Events events(publisher);
  a.change([](Script& script) {
    script.at_publish = 1;
    script.then = Then::reset;
  });
  publisher.write("one\n");
  BOOST_REQUIRE(b.wait_for(What::acknowledged));
  a.change([](Script& script) { script = {.at_publish = 1, .then = Then::stop_acking}; });
  REQUIRE_EVENT(publisher, events, "failback");
  publisher.feed("two\n");
  CHECK_STATUS(publisher, 0);
  BOOST_TEST(acknowledged(b).back() == "two");
}

BOOST_AUTO_TEST_CASE(repetitions_that_a_signal_leaves_out_are_no_success) {
  ScriptedServer server;
  Publisher publisher({"-s", server.uri(), "-t", "t", "-q", "1", "-m", "x", "--repeat", "1000",
                       "--repeat-delay", "0.05"});
  BOOST_REQUIRE(server.wait_for(What::acknowledged, 3));
  publisher.signal(SIGTERM);
  CHECK_STATUS(publisher, 75);
}

BOOST_AUTO_TEST_CASE(a_publisher_leaves_the_messages_of_a_kept_session_to_its_subscriber) {
  for (const std::string version : {"311", "5"}) {
    Mosquitto server;
    const Arguments session{"-s", server.uri(), "-V", version, "-c", "-i", "x", "-q", "1"};
    const auto with = [&](const Arguments& more) {
      Arguments all = session;
      all.insert(all.end(), more.begin(), more.end());
      return all;
    };
    BOOST_REQUIRE(run(sub(with({"-t", "t/#", "-E"}))).exit.status == 0);
    {
      Client other(server.port());
      for (int i = 1; i <= 5; ++i)
        other.publish({.topic = "t/1", .payload = std::to_string(i), .qos = 1});
    }
    Publisher publisher(with({"-t", "z", "-l"}));
    Events events(publisher);
    REQUIRE_EVENT(publisher, events, "connected");
    publisher.feed("hi\n");
    CHECK_STATUS(publisher, 0);
    const Finished back = run(sub(with({"-t", "t/#", "-C", "5", "-W", "5"})));
    BOOST_TEST(back.exit.status == 0, back.err);
    BOOST_TEST(back.out == "1\n2\n3\n4\n5\n");
  }
}

// Its messages have no reader here; they stay for whoever subscribed.
BOOST_AUTO_TEST_CASE(a_kept_session_with_subscriptions_does_not_hold_up_a_publisher) {
  Mosquitto server({.lines = {"max_queued_messages 0"}});
  const std::string port = std::to_string(server.port());
  BOOST_REQUIRE(run({find_program("mosquitto_sub"), "-p", port, "-c", "-i", "x", "-t", "t", "-q",
                     "0", "-E", "-V", "311"})
                    .exit.status == 0);
  Publisher publisher(
      {"-s", server.uri(), "-V", "311", "-c", "-i", "x", "-t", "t", "-q", "1", "-l"});
  publisher.feed(numbered_lines(1, 12'000, 1000));
  CHECK_STATUS(publisher, 0);
  BOOST_TEST(Events(publisher).count("lost") == 0U);
}

BOOST_AUTO_TEST_CASE(an_input_without_a_line_ends_at_once_at_qos_0_too) {
  for (const std::string qos : {"0", "1"}) {
    const Moment start = Clock::now();
    Publisher publisher({"-s", dead_uri(), "-t", "t", "-q", qos, "-l"});
    publisher.close_stdin();
    CHECK_STATUS(publisher, 0);
    BOOST_TEST(seconds_between(start, Clock::now()) < at_most(2.0));
  }
}

// Alone in the window, as each record of a slow stream is.
BOOST_AUTO_TEST_CASE(a_record_whose_time_is_over_in_an_outage_is_not_sent) {
  const auto line = [](const std::string& seconds) {
    char now[32];
    const std::time_t clock = std::time(nullptr);
    std::strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&clock));
    return R"({"topic":"t","payload":"x","tst":")" + std::string(now) +
           R"(","properties":{"message-expiry-interval":)" + seconds + "}}\n";
  };
  for (const std::string seconds : {"1", "600"}) {
    ScriptedServer server;
    server.refuse();
    Publisher publisher({"-s", server.uri(), "-q", "1", "--json", "--startup-timeout", "60s",
                         "--max-reconnect-delay", "100ms"});
    publisher.write(line(seconds));
    Events events(publisher);
    REQUIRE_EVENT(publisher, events, "backoff");
    BOOST_TEST(!publisher.wait_exit(2100ms).has_value());
    server.accept();
    BOOST_REQUIRE(server.wait_for(What::connect));
    publisher.close_stdin();
    BOOST_REQUIRE(publisher.wait_exit(10s).has_value());
    const auto published = server.log(What::publish);
    BOOST_TEST(published.size() == (seconds == "1" ? 0U : 1U));
    if (!published.empty())
      BOOST_TEST(number_of(published[0].publish.properties, property::message_expiry).value_or(0) <
                 600U);
  }
}

BOOST_AUTO_TEST_CASE(a_signal_ends_the_copying_of_what_is_unread) {
  const Scratch scratch;
  Publisher publisher({"-s", dead_uri(), "-t", "t", "-q", "1", "-l", "--once", "--drain-timeout",
                       "60s", "--undelivered", (scratch / "undelivered").string()});
  publisher.write("one\n");
  Events events(publisher);
  REQUIRE_EVENT(publisher, events, "gave-up");
  BOOST_TEST(!publisher.wait_exit(500ms).has_value(), "it must wait for the input");
  publisher.signal(SIGTERM);
  CHECK_STATUS(publisher, 69);
  BOOST_TEST(read_file(scratch / "undelivered") == "one\n");
}

BOOST_AUTO_TEST_CASE(a_path_that_is_empty_is_refused) {
  for (const Arguments& one :
       {Arguments{"--spool", ""}, {"--undelivered", ""}, {"--ack-to", ""}, {"--trace", ""}}) {
    Arguments all{"-s", dead_uri(), "-t", "t", "-q", "1", "-l"};
    all.insert(all.end(), one.begin(), one.end());
    BOOST_TEST(run(pub(all)).exit.status == 64, one[0]);
  }
  for (const Arguments& one : {Arguments{"--output", ""}, {"--json", "--ack-from", ""}}) {
    Arguments all{"-s", dead_uri(), "-t", "t"};
    all.insert(all.end(), one.begin(), one.end());
    BOOST_TEST(run(sub(all)).exit.status == 64, one[0]);
  }
}

BOOST_AUTO_TEST_CASE(a_server_that_comes_back_within_the_drain_timeout_saves_the_run) {
  ScriptedServer server;
  Publisher publisher({"-s", server.uri(), "-t", "t", "-q", "1", "-l", "--drain-timeout", "10s"});
  publisher.write(numbered_lines(1, 10));
  BOOST_REQUIRE(server.wait_for(What::acknowledged, 10));
  server.refuse();
  Events events(publisher);
  REQUIRE_EVENT(publisher, events, "lost");
  publisher.feed(numbered_lines(11, 40));
  REQUIRE_EVENT(publisher, events, "backoff");
  server.accept();
  CHECK_STATUS(publisher, 0);
  BOOST_TEST(complete(numbers(acknowledged(server))));
  BOOST_TEST(acknowledged(server).size() == 40U);
}

BOOST_AUTO_TEST_CASE(the_undelivered_rest_is_fed_back_byte_for_byte) {
  ScriptedServer a({.at_publish = 500, .then = Then::refuse}), b;
  Scratch scratch;
  const std::string file = (scratch / "undelivered").string();
  const std::string input = numbered_lines(1, 3000, 100);
  Publisher publisher(
      {"-s", a.uri(), "-t", "t", "-q", "1", "-l", "--drain-timeout", "1s", "--undelivered", file});
  publisher.feed(input);
  Events events(publisher);
  REQUIRE_EVENT(publisher, events, "lost");
  publisher.signal(SIGTERM);  // nobody will come back: drain and say what is left
  CHECK_STATUS(publisher, 75);
  Publisher second({"-s", b.uri(), "-t", "t", "-q", "1", "-l"});
  second.feed(read_file(file));
  CHECK_STATUS(second, 0);
  std::set<std::uint32_t> settled;
  for (const std::uint32_t number : numbers(acknowledged(a))) settled.insert(number);
  BOOST_TEST(settled.count(0) == 0U);
  const auto rest = numbers(acknowledged(b));
  BOOST_TEST(complete(rest));
  for (const std::uint32_t number : rest) settled.insert(number);
  BOOST_TEST(settled.size() == 3000U);
}

BOOST_AUTO_TEST_CASE(qos_0_to_a_dying_server_is_reported_and_75) {
  for (const bool allowed : {false, true}) {
    ScriptedServer a({.at_publish = 10, .then = Then::refuse}), b;
    Arguments arguments{"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "0", "-l"};
    if (allowed) arguments.push_back("--allow-loss");
    Publisher publisher(arguments);
    publisher.write(numbered_lines(1, 10));
    Events events(publisher);
    REQUIRE_EVENT(publisher, events, "lost");
    BOOST_REQUIRE(b.wait_for(What::connect));
    publisher.write(numbered_lines(11, 20));
    publisher.close_stdin();
    CHECK_STATUS(publisher, allowed ? 0 : 75);
    const auto dropped = events.last("dropped");
    BOOST_REQUIRE_MESSAGE(dropped.has_value(), publisher.bytes(Stream::err));
    // The count is an upper bound: a line that is in neither log must be within it.
    std::set<std::uint32_t> seen;
    for (ScriptedServer* server : {&a, &b})
      for (const std::uint32_t number : numbers(received(*server))) seen.insert(number);
    BOOST_TEST(static_cast<long>(20 - seen.size()) <= dropped->number("count"));
    BOOST_TEST(dropped->number("count") <= 10);
  }
}

BOOST_AUTO_TEST_CASE(qos_0_to_a_living_server_is_0_and_complete) {
  Mosquitto server({.lines = {"max_queued_messages 0"}});
  Recorder recorder(server.port(), "t");
  Publisher publisher({"-s", server.uri(), "-t", "t", "-q", "0", "-l"});
  publisher.feed(numbered_lines(1, 20000));
  CHECK_STATUS(publisher, 0);
  BOOST_REQUIRE(recorder.wait_for(20000));
  BOOST_TEST(complete(numbers(recorder.payloads())));
}

BOOST_AUTO_TEST_CASE(a_signal_drains_and_a_second_one_does_not_wait) {
  ScriptedServer server({.at_publish = 1, .then = Then::stop_acking});
  Scratch scratch;
  const std::string file = (scratch / "undelivered").string();
  Publisher publisher({"-s", server.uri(), "-t", "t", "-q", "1", "-l", "--drain-timeout", "30s",
                       "--undelivered", file});
  publisher.write(numbered_lines(1, 5));
  BOOST_REQUIRE(server.wait_for(What::publish, 5));
  publisher.signal(SIGTERM);
  BOOST_TEST(!publisher.wait_exit(700ms).has_value(), "it must wait for acknowledgements");
  publisher.signal(SIGTERM);
  const auto exit = publisher.wait_exit(1s * kSlower);
  BOOST_REQUIRE(exit.has_value());
  BOOST_TEST((exit->status == 75 || exit->status == 128 + SIGTERM), exit->status);
}

BOOST_AUTO_TEST_CASE(a_second_signal_does_not_wait_for_the_reader_of_the_undelivered) {
  ScriptedServer server({.at_publish = 1, .then = Then::stop_acking});
  const Scratch scratch;
  const FullPipe full((scratch / "full").string());
  Publisher publisher({"-s", server.uri(), "-t", "t", "-q", "1", "-l", "--drain-timeout", "100ms",
                       "--undelivered", full.path()});
  publisher.write(numbered_lines(1, 5));
  BOOST_REQUIRE(server.wait_for(What::publish, 5));
  publisher.signal(SIGTERM);
  BOOST_TEST(!publisher.wait_exit(700ms).has_value(), "it must wait for the reader");
  publisher.signal(SIGTERM);
  CHECK_STATUS(publisher, 74);
}

BOOST_AUTO_TEST_CASE(a_signal_with_everything_settled_is_0) {
  ScriptedServer server;
  Publisher publisher({"-s", server.uri(), "-t", "t", "-q", "1", "-l"});
  publisher.write(numbered_lines(1, 5));
  BOOST_REQUIRE(server.wait_for(What::acknowledged, 5));
  publisher.signal(SIGTERM);
  CHECK_STATUS(publisher, 0);
  BOOST_TEST(server.wait_for(What::disconnect, 1, 2s));
}

BOOST_AUTO_TEST_CASE(a_message_has_a_time_limit_if_one_is_given) {
  ScriptedServer server({.at_publish = 1, .then = Then::stop_acking});
  Publisher publisher({"-s", server.uri(), "-t", "t", "-q", "1", "-m", "x", "--timeout", "500ms"});
  const Moment start = Clock::now();
  CHECK_STATUS(publisher, 75);
  BOOST_TEST(seconds_between(start, Clock::now()) < at_most(3.0));
}

BOOST_AUTO_TEST_CASE(an_undelivered_file_that_cannot_be_made_is_73_before_anything_is_sent) {
  ScriptedServer server;
  Publisher publisher({"-s", server.uri(), "-t", "t", "-m", "x", "-q", "1", "--undelivered",
                       "/nonexistent/folder/file"});
  CHECK_STATUS(publisher, 73);
  BOOST_TEST(server.count(What::publish) == 0U);
}

// The command that seems to be meant by "can be used as input".
BOOST_AUTO_TEST_CASE(undelivered_is_not_emptied_before_it_is_read_or_the_run_can_begin) {
  const Scratch scratch;
  Mosquitto server;
  const std::string rest = (scratch / "rest").string();
  write_file(rest, "precious\n");
  BOOST_TEST(run(pub({"-s", server.uri(), "-t", "t", "-q", "1", "-f", rest, "--undelivered", rest}))
                 .exit.status == 64);
  BOOST_TEST(read_file(rest) == "precious\n");
  // A run that cannot begin.
  BOOST_TEST(run(pub({"-s", server.uri(), "-t", "t", "-q", "1", "-m", "x", "--undelivered", rest,
                      "--trace", "/no/where"}))
                 .exit.status == 73);
  BOOST_TEST(read_file(rest) == "precious\n");
  // The spool is in use.
  const std::string spool = (scratch / "spool").string();
  Process first({.argv = pub({"-s", server.uri(), "-t", "t", "-q", "1", "-l", "--spool", spool}),
                 .stdin_pipe = true});
  Events events(first);
  BOOST_REQUIRE(events.wait("connected"));
  BOOST_TEST(run(pub({"-s", server.uri(), "-t", "t", "-q", "1", "-l", "--spool", spool,
                      "--undelivered", rest}))
                 .exit.status == 75);
  BOOST_TEST(read_file(rest) == "precious\n");
}

BOOST_AUTO_TEST_CASE(a_message_of_qos_0_that_was_never_sent_is_no_success) {
  const std::string nobody = "mqtt://127.0.0.1:" + std::to_string(free_port());
  Process process(pub({"-s", nobody, "-t", "t", "-m", "x", "--drain-timeout", "100ms"}));
  Events events(process);
  BOOST_REQUIRE(events.wait("backoff"));
  process.signal(SIGTERM);
  CHECK_STATUS(process, 69);
}

BOOST_AUTO_TEST_CASE(a_line_whose_properties_do_not_fit_fails_and_the_others_are_delivered) {
  Mosquitto server;
  const std::string big(70'000, 'x');
  const auto with = [](const std::string& properties) {
    return R"({"topic":"t","qos":1,"payload":"x","properties":{)" + properties + "}}\n";
  };
  Process process({.argv = pub({"-s", server.uri(), "--json"}), .stdin_pipe = true});
  process.write(with("") + with(R"("content-type":")" + big + "\"") +
                with(R"("correlation-data":")" + big + "\"") +
                with(R"("user-properties":[{"a":")" + big + "\"}]") +
                with(R"("user-properties":[{")" + big + "\":\"b\"}]") +
                with(R"("content-type":"a\u0000b")") + with(""));
  process.close_stdin();
  Events events(process);
  CHECK_STATUS(process, 75);
  BOOST_TEST(events.count("failed") == 5U);
  BOOST_TEST(events.last("exit")->number("acked") == 2);
}

// mosquitto refuses a topic by its access list. The other server of the list is down.
BOOST_AUTO_TEST_CASE(a_refused_message_does_not_hold_up_the_others_while_a_server_is_down) {
  const Scratch scratch;
  const std::string acl = (scratch / "acl").string();
  write_file(acl, "topic readwrite good\n");
  Mosquitto server({.lines = {"acl_file " + acl}});
  const std::string nobody = "mqtt://127.0.0.1:" + std::to_string(free_port());
  Process process(
      {.argv = pub({"-s", server.uri(), "-s", nobody, "--json", "--max-reconnect-delay", "500ms"}),
       .stdin_pipe = true});
  std::string lines;
  for (int i = 1; i <= 200; ++i)
    lines += std::string(R"({"topic":")") + (i == 51 ? "bad" : "good") +
             R"(","qos":1,"payload":"x"})" + "\n";
  process.write(lines);
  process.close_stdin();
  Events events(process);
  CHECK_STATUS(process, 75);
  BOOST_TEST(events.last("exit")->number("unsettled") == 1);
  BOOST_TEST(events.last("exit")->number("acked") == 199);
}

// giveUpAfter and its like take the place of the default bound, and the end of the input does not
// cut them short.
BOOST_AUTO_TEST_CASE(before_a_server_was_reached_the_bounds_on_reconnecting_hold) {
  const std::uint16_t port = free_port();
  Process process(pub({"-s", "mqtt://127.0.0.1:" + std::to_string(port), "-t", "t", "-q", "1", "-m",
                       "x", "--drain-timeout", "100ms", "--give-up-after", "1s"}));
  Events events(process);
  CHECK_STATUS(process, 69);
  BOOST_REQUIRE(events.last("gave-up").has_value());
  BOOST_TEST(events.last("gave-up")->get("bound") == "giveUpAfter");
}

// mosquitto calls a control character malformed, and says so by DISCONNECT.
BOOST_AUTO_TEST_CASE(a_topic_that_is_malformed_to_the_server_does_not_end_the_run) {
  Mosquitto server;
  Process process({.argv = pub({"-s", server.uri(), "-l", "--topic-separator", "=", "-q", "1",
                                "--max-reconnect-delay", "100ms"}),
                   .stdin_pipe = true});
  process.write("p=1\np\tq=2\np=3\n");
  process.close_stdin();
  Events events(process);
  CHECK_STATUS(process, 75);
  BOOST_TEST(events.last("exit")->number("acked") == 2);
  BOOST_TEST(events.last("exit")->number("unsettled") == 1);
}
