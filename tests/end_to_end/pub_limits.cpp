// SPDX-License-Identifier: Apache-2.0
// mqfail-pub and servers with limits. The limits of a CONNACK are kept to the byte, a message that
// one server refuses goes to the next, and a late acknowledgement settles nothing twice.
#include "end_to_end/tools.hpp"

using namespace rig;
using namespace std::string_literals;

namespace {
struct Publisher : Process {
  explicit Publisher(const Arguments& arguments)
      : Process({.argv = pub(arguments), .stdin_pipe = true}) {}
};
}  // namespace

BOOST_AUTO_TEST_CASE(a_server_that_cannot_keep_what_is_asked_is_passed_over) {
  struct Case {
    int property;
    Arguments options;
  };
  for (const Case& c : {Case{property::maximum_qos, {"-q", "2"}},
                        Case{property::retain_available, {"-q", "1", "-r"}}}) {
    // Maximum QoS has only the values 0 and 1. Retain Available is 0.
    const std::uint32_t value = c.property == property::maximum_qos ? 1 : 0;
    ScriptedServer a({.connack_properties = {{c.property, value, {}, {}}}}), b;
    Arguments arguments{"-s", a.uri(), "-s", b.uri(), "-t", "t", "-l"};
    arguments.insert(arguments.end(), c.options.begin(), c.options.end());
    Publisher publisher(arguments);
    publisher.feed(numbered_lines(1, 50));
    CHECK_STATUS(publisher, 0);
    BOOST_TEST(a.count(What::publish) == 0U);
    BOOST_TEST(complete(numbers(acknowledged(b))));
    BOOST_TEST(acknowledged(b).size() == 50U);

    ScriptedServer alone({.connack_properties = {{c.property, value, {}, {}}}});
    for (const bool once : {true, false}) {
      Arguments only{"-s", alone.uri(), "-t", "t", "-m", "x"};
      if (once) only.push_back("--once");
      only.insert(only.end(), c.options.begin(), c.options.end());
      Publisher left(only);
      BOOST_TEST(status_of(left) == 75);
      BOOST_TEST(alone.count(What::publish) == 0U);
    }
  }
}

BOOST_AUTO_TEST_CASE(if_no_server_can_keep_what_is_asked_the_run_ends_and_says_what_to_do) {
  const Script limited{.connack_properties = {{property::maximum_qos, 1, {}, {}}}};
  ScriptedServer a(limited), b(limited);
  const Scratch scratch;
  const std::string file = (scratch / "undelivered").string();
  Publisher publisher({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "2", "-l", "--undelivered",
                       file});  // the input stays open
  publisher.write("first\nsecond\n");
  Events events(publisher);
  const auto gave_up = events.wait("gave-up");
  BOOST_REQUIRE_MESSAGE(gave_up.has_value(), what_it_said(publisher));
  BOOST_TEST(gave_up->get("reason") == "server cannot keep what was asked");
  BOOST_TEST(gave_up->get("text") == "the server allows QoS 1 at most; publish with -q 1");
  publisher.close_stdin();
  CHECK_STATUS(publisher, 75);
  BOOST_TEST(read_file(file) == "first\nsecond\n");
  BOOST_TEST(a.count(What::connect) + b.count(What::connect) == 2U);
}

BOOST_AUTO_TEST_CASE(the_receive_maximum_counts_qos_2_until_its_end) {
  ScriptedServer server(
      {.connack_properties = {{property::receive_maximum, 4, {}, {}}}, .ack_delay = 3ms});
  Publisher publisher({"-s", server.uri(), "-t", "t", "-q", "2", "-l"});
  publisher.feed(numbered_lines(1, 60));
  CHECK_STATUS(publisher, 0);
  std::size_t open = 0, most = 0;
  for (const Seen& seen : server.log()) {
    if (seen.what == What::publish) most = std::max(most, ++open);
    if (seen.what == What::acknowledged) --open;
  }
  BOOST_TEST(most == 4U);
  BOOST_TEST(acknowledged(server).size() == 60U);
}

BOOST_AUTO_TEST_CASE(the_maximum_packet_size_is_used_to_the_last_byte) {
  constexpr std::uint32_t limit = 400;
  const std::vector<Arguments> ways{{},
                                    {"--sequence"},
                                    {"-D",
                                     "publish",
                                     "user-property",
                                     "key",
                                     "value",
                                     "-D",
                                     "publish",
                                     "content-type",
                                     "text",
                                     "-D",
                                     "publish",
                                     "response-topic",
                                     "answer/here",
                                     "-D",
                                     "publish",
                                     "correlation-data",
                                     "cd",
                                     "-D",
                                     "publish",
                                     "message-expiry-interval",
                                     "60",
                                     "-D",
                                     "publish",
                                     "payload-format-indicator",
                                     "1"}};
  for (const Arguments& way : ways) {
    ScriptedServer server({.connack_properties = {{property::maximum_packet_size, limit, {}, {}}}});
    Arguments arguments{"-s", server.uri(), "-t", "a/topic", "-q", "1", "-l"};
    arguments.insert(arguments.end(), way.begin(), way.end());
    Publisher publisher(arguments);
    std::string input;
    for (std::size_t size = 200; size <= 420; ++size) input += std::string(size, 'x') + "\n";
    publisher.feed(input);
    CHECK_STATUS(publisher, 75);
    std::size_t largest = 0, longest = 0;
    for (const Seen& seen : server.log(What::publish)) {
      largest = std::max(largest, encode(seen.publish, 5).size());
      longest = std::max(longest, seen.publish.payload.size());
    }
    BOOST_TEST(largest == limit);
    // Each of the other lines has failed with its line number.
    Events events(publisher);
    std::size_t failed = 0;
    for (const Said& said : events.all()) {
      if (said.name() != "failed") continue;
      ++failed;
      BOOST_TEST(said.number("line") == said.number("bytes") - 199);
      BOOST_TEST(said.number("bytes") > static_cast<long>(longest));
    }
    BOOST_TEST(failed == 420 - longest);
  }
}

// The bytes of unsettled messages are bounded, whatever the window is. Then the input waits.
BOOST_AUTO_TEST_CASE(max_cache_size_bounds_what_is_unsettled_and_the_input_waits) {
  const Scratch scratch;
  for (const Arguments& how :
       {Arguments{"--max-cache-size", "20000"},
        Arguments{"--max-cache-size", "20000", "--spool", (scratch / "spool").string()},
        Arguments{"--max-cache-size", "20000", "--acks", "2"}, Arguments{}}) {
    ScriptedServer a({.at_publish = 1, .then = Then::stop_acking});
    ScriptedServer b({.at_publish = 1, .then = Then::stop_acking});
    const std::string list = "failover:(" + a.uri() + "," + b.uri() + ")?randomize=false";
    Arguments arguments{"-s",  list + (how.empty() ? "&maxCacheSize=20000" : ""),
                        "-t",  "t",
                        "-q",  "1",
                        "-l",  "--window",
                        "1000"};
    arguments.insert(arguments.end(), how.begin(), how.end());
    Publisher publisher(arguments);
    publisher.feed(numbered_lines(1, 100, 1000));
    BOOST_REQUIRE(a.wait_for(What::publish, 20));
    a.change([](Script& script) { script.then = Then::nothing; });
    b.change([](Script& script) { script.then = Then::nothing; });
    BOOST_TEST(a.count(What::publish) == 20U);
    a.reset_all();
    b.reset_all();
    CHECK_STATUS(publisher, 0);
    ScriptedServer& last = b.count(What::publish) > 0 ? b : a;
    BOOST_TEST(acknowledged(last).size() == 100U);
  }
}

BOOST_AUTO_TEST_CASE(a_refusing_pubrec_is_as_good_as_a_puback) {
  for (const int code : {0x80, 0x83, 0x87, 0x97}) {
    ScriptedServer a(
        {.puback = [=](const Publish&p) { return number_of(p.payload) == 3U ? code : 0; }}),
        b;
    Publisher publisher(
        {"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "2", "-l", "--window", "1"});
    publisher.feed(numbered_lines(1, 6));
    CHECK_STATUS(publisher, 0);
    BOOST_TEST(numbers(acknowledged(a)) == (std::vector<std::uint32_t>{1, 2}), "code " << code);
    BOOST_TEST(numbers(acknowledged(b)) == (std::vector<std::uint32_t>{3, 4, 5, 6}));
  }
  for (const int code : {0x90, 0x99}) {
    ScriptedServer server(
        {.puback = [=](const Publish& p) { return number_of(p.payload) == 3U ? code : 0; }});
    Publisher publisher({"-s", server.uri(), "-t", "t", "-q", "2", "-l"});
    publisher.feed(numbered_lines(1, 5));
    CHECK_STATUS(publisher, 75);
    BOOST_TEST(numbers(acknowledged(server)) == (std::vector<std::uint32_t>{1, 2, 4, 5}));
    Events events(publisher);
    BOOST_TEST(events.last("failed")->number("line") == 3);
    BOOST_TEST(server.count(What::connect) == 1U, "it is the message's fault, not the server's");
  }
}

BOOST_AUTO_TEST_CASE(acknowledgements_out_of_order_and_with_holes_settle_their_own_messages) {
  using Do = RecordingProxy::Do;
  ScriptedServer a, b;
  RecordingProxy proxy(a.port());
  // Of the first thirty acknowledgements, every third is lost and the other two change places.
  // After that none comes.
  proxy.on_acknowledgement([](std::size_t count) {
    if (count > 30 || count % 3 == 0) return Do::drop;
    return count % 3 == 1 ? Do::swap : Do::forward;
  });
  Publisher publisher({"-s", proxy.uri(), "-s", b.uri(), "-t", "t", "-q", "1", "-l"});
  publisher.feed(numbered_lines(1, 200));
  // The twenty acknowledgements have arrived when the last of the next messages is under way: the
  // window is 100, and the lost third stays in it.
  BOOST_REQUIRE(a.wait_for(What::publish, 102));
  proxy.die();
  CHECK_STATUS(publisher, 0);
  Events events(publisher);
  const auto rest = numbers(acknowledged(b));
  BOOST_TEST(rises(rest));
  BOOST_TEST(rest.size() == 180U);
  BOOST_TEST(rest.front() == 3U);
  BOOST_TEST(std::count(rest.begin(), rest.end(), 4U) == 0);
  BOOST_TEST(events.last("exit")->number("acked") == 200);
}

BOOST_AUTO_TEST_CASE(answers_after_a_freeze_settle_at_most_once) {
  Mosquitto a, b;
  RecordingProxy first(a.port()), second(b.port());
  Publisher publisher({"-s", first.uri(), "-s", second.uri(), "-t", "t", "-q", "1", "-l",
                       "--ack-timeout", "300ms"});
  Events events(publisher);
  REQUIRE_EVENT(publisher, events, "connected");
  a.freeze();
  publisher.write(numbered_lines(1, 100));
  REQUIRE_EVENT(publisher, events, "lost");
  a.thaw();  // it reads the window now and answers, to nobody
  publisher.feed(numbered_lines(101, 300));
  CHECK_STATUS(publisher, 0);
  BOOST_TEST(events.last("exit")->number("acked") == 300);
  // The Receive Maximum of the server is 20. What it acknowledges before the connection ends still
  // counts.
  const long resent = events.last("exit")->number("resent");
  BOOST_TEST(resent >= 0);
  BOOST_TEST(resent <= 20);
  std::vector<std::string> arrived;
  for (const Passed& passed : second.passed()) arrived.push_back(passed.payload);
  BOOST_TEST(arrived.size() == 280U + static_cast<std::size_t>(resent));
  BOOST_TEST(complete(numbers(arrived)));
}

// From mqfail-pub through a server to mqfail-sub.
BOOST_AUTO_TEST_CASE(payloads_at_the_edges_arrive_as_they_are) {
  Mosquitto server;
  for (const std::string qos : {"0", "1", "2"}) {
    Process reader(
        sub({"-s", server.uri(), "-i", "r" + qos, "-t", "t", "-q", qos, "-C", "7", "-F", "%l:%p"}));
    BOOST_REQUIRE(server.wait_for_subscriber("r" + qos));
    const auto publish = [&](const Arguments& how, const std::string& input) {
      Arguments arguments{"-s", server.uri(), "-t", "t", "-q", qos};
      arguments.insert(arguments.end(), how.begin(), how.end());
      Publisher publisher(arguments);
      publisher.feed(input);
      CHECK_STATUS(publisher, 0);
    };
    publish({"-n"}, "");
    publish({"-s"}, "a\0b\n\0"s);
    publish({"-l"}, "x\0y\n\nno end"s);
    publish({"-l", "-0"}, "\0r\0"s);
    CHECK_STATUS(reader, 0);
    BOOST_TEST((reader.bytes(Stream::out) == "0:\n5:a\0b\n\0\n3:x\0y\n0:\n6:no end\n0:\n1:r\n"s));
  }
}

// The largest possible packet at QoS 1 and 2 with a topic of one byte, and a packet of one byte
// more.
BOOST_AUTO_TEST_CASE(the_largest_payload_arrives, *full()) {
  Mosquitto server({.lines = {"max_queued_bytes 0"}});
  const Scratch scratch;
  const std::string file = (scratch / "in").string();
  // Remaining Length 268,435,455: two bytes and the topic, a packet identifier, no properties.
  const std::string largest(268'435'455 - 2 - 1 - 2 - 1, 'p');
  write_file(file, largest);
  for (const std::string qos : {"0", "1", "2"}) {
    const std::string out = (scratch / ("out" + qos)).string();
    Process reader(
        {.argv = sub({"-s", server.uri(), "-i", "r" + qos, "-t", "t", "-q", qos, "-C", "1", "-N"}),
         .stdout_file = out});
    BOOST_REQUIRE(server.wait_for_subscriber("r" + qos));
    Process publisher(
        pub({"-s", server.uri(), "-t", "t", "-q", qos, "-f", file, "--drain-timeout", "100s"}));
    BOOST_TEST(status_of(publisher, 120s) == 0);
    BOOST_TEST(status_of(reader, 60s) == 0);
    BOOST_TEST((read_file(out) == largest));
  }
  write_file(file, largest + "p");
  Process publisher(pub({"-s", server.uri(), "-t", "t", "-q", "1", "-f", file}));
  BOOST_TEST(status_of(publisher, 60s) != 0);
  BOOST_TEST(publisher.bytes(Stream::err).find("larger than a message can be") !=
             std::string::npos);
}
