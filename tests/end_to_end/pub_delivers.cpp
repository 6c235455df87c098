// SPDX-License-Identifier: Apache-2.0
// mqfail-pub: exit 0 means delivered. Scripted servers record what they received and what they
// acknowledged; the test trusts nothing else.
#include "end_to_end/tools.hpp"

using namespace rig;

namespace {
struct Publisher : Process {
  explicit Publisher(const Arguments& arguments)
      : Process({.argv = pub(arguments), .stdin_pipe = true}) {}
};
std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0, end; (end = text.find('\n', at)) != std::string::npos; at = end + 1)
    lines.push_back(text.substr(at, end - at));
  return lines;
}
}  // namespace

BOOST_AUTO_TEST_CASE(each_way_to_give_a_message_works) {
  Scratch scratch;
  const std::string file = (scratch / "payload").string();
  write_file(file, std::string("file\0content\n", 13));
  struct Case {
    Arguments options;
    std::string input;
    std::vector<std::string> expected;
  };
  const std::vector<Case> cases{
      {{"-m", "word"}, "", {"word"}},
      {{"-n"}, "", {""}},
      {{"-f", file}, "", {std::string("file\0content\n", 13)}},
      {{"-s"}, "all of\nstdin\n", {"all of\nstdin\n"}},
      {{"--stdin-file"}, "again", {"again"}},
      {{"-l"}, "one\ntwo\n\nfour", {"one", "two", "", "four"}},
      {{"-l", "-0"}, std::string("a\nb\0c\0", 6), {"a\nb", "c"}},
      {{"-m", "x", "--repeat", "3"}, "", {"x", "x", "x"}},
      {{"-m", "x", "--repeat", "2", "--repeat-delay", "0.1"}, "", {"x", "x"}},
  };
  for (const int qos : {0, 1, 2}) {
    for (const Case& c : cases) {
      ScriptedServer server;
      Arguments arguments{"-s", server.uri(), "-t", "t", "-q", std::to_string(qos)};
      arguments.insert(arguments.end(), c.options.begin(), c.options.end());
      Publisher publisher(arguments);
      publisher.feed(c.input);
      CHECK_STATUS(publisher, 0);
      BOOST_TEST(server.wait_for(What::publish, c.expected.size(), 2s));
      BOOST_TEST(received(server) == c.expected, c.options[0] << " at QoS " << qos);
      if (qos > 0) BOOST_TEST(acknowledged(server) == c.expected);
      for (const Seen& seen : server.log(What::publish)) BOOST_TEST(seen.publish.qos == qos);
      BOOST_TEST(server.count(What::malformed) == 0U);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_retained_message_is_retained) {
  Mosquitto server;
  Publisher publisher({"-s", server.uri(), "-t", "state", "-m", "on", "-r", "-q", "1"});
  CHECK_STATUS(publisher, 0);
  Recorder late(server.port(), "state");
  BOOST_REQUIRE(late.wait_for(1));
  BOOST_TEST(late.all()[0].publish.retain);
  BOOST_TEST(late.all()[0].publish.payload == "on");
}

BOOST_AUTO_TEST_CASE(an_empty_input_is_done) {
  ScriptedServer server;
  for (const char* mode : {"-l"}) {
    Publisher publisher({"-s", server.uri(), "-t", "t", mode});
    publisher.close_stdin();
    CHECK_STATUS(publisher, 0);
  }
  BOOST_TEST(server.count(What::publish) == 0U);
}

BOOST_AUTO_TEST_CASE(a_server_that_dies_mid_stream_costs_nothing) {
  for (const Then then : {Then::close, Then::reset, Then::refuse, Then::disconnect}) {
    ScriptedServer a({.at_publish = 150, .then = then}), b;
    Publisher publisher({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "1", "-l"});
    publisher.feed(numbered_lines(1, 1000));
    CHECK_STATUS(publisher, 0);
    std::set<std::uint32_t> settled;
    for (ScriptedServer* server : {&a, &b}) {
      for (const std::uint32_t number : numbers(acknowledged(*server))) settled.insert(number);
      // Order: the numbers rise on each connection.
      std::map<int, std::uint32_t> last;
      for (const Seen& seen : server->log(What::publish)) {
        const std::uint32_t number = number_of(seen.publish.payload).value_or(0);
        BOOST_TEST(number > last[seen.connection]);
        last[seen.connection] = number;
      }
    }
    BOOST_TEST(settled.size() == 1000U);
    const std::size_t sent = a.count(What::publish) + b.count(What::publish);
    BOOST_TEST(sent <= 1000U + 100U, sent - 1000 << " duplicates, and the window is 100");
  }
}

// Paho's receive thread alone would notice it after 100 ms.
BOOST_AUTO_TEST_CASE(a_disconnect_with_messages_under_way_is_told_at_once) {
  const Script mute{.at_publish = 1, .then = Then::stop_acking};
  double least = 1;
  for (int i = 0; i < 5; ++i) {
    ScriptedServer a(mute), b;
    Publisher publisher({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "1", "-l"});
    publisher.feed(numbered_lines(1, 50));
    BOOST_REQUIRE(a.wait_for(What::publish, 50));
    const Moment told = Clock::now();
    a.disconnect_all(0x8b);
    BOOST_REQUIRE(b.wait_for(What::connect));
    least = std::min(least, seconds_between(told, b.log(What::connect).front().at));
    CHECK_STATUS(publisher, 0);
  }
  BOOST_TEST(least < 0.05);
}

BOOST_AUTO_TEST_CASE(a_server_that_acknowledges_nothing_is_left) {
  ScriptedServer a({.at_publish = 5, .then = Then::stop_acking}), b;
  Publisher publisher({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "1", "-l", "--ack-timeout",
                       "500ms", "-k", "1"});
  Events events(publisher);
  const Moment start = Clock::now();
  publisher.feed(numbered_lines(1, 50));
  CHECK_STATUS(publisher, 0);
  const Said lost = events.last("lost").value_or(Said{});
  BOOST_TEST(lost.number("code") >= 500);
  BOOST_TEST(lost.get("reason") == "no acknowledgement for " + in_seconds(lost.number("code")));
  BOOST_TEST(seconds_between(start, Clock::now()) < 3.0);
  std::vector<std::string> all = acknowledged(a);
  const auto rest = acknowledged(b);
  all.insert(all.end(), rest.begin(), rest.end());
  std::set<std::string> distinct(all.begin(), all.end());
  BOOST_TEST(distinct.size() == 50U);
  BOOST_TEST(rises(numbers(rest)));
}

BOOST_AUTO_TEST_CASE(a_frozen_server_is_left_while_publishing) {
  Mosquitto a, b;
  Recorder recorder(b.port(), "t");
  Publisher publisher({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "1", "-l", "-k", "2"});
  Events events(publisher);
  REQUIRE_EVENT(publisher, events, "connected");
  a.freeze();
  publisher.feed(numbered_lines(1, 500));
  CHECK_STATUS(publisher, 0);
  BOOST_REQUIRE(recorder.wait_for(500));
  BOOST_TEST(complete(numbers(recorder.payloads())));
}

BOOST_AUTO_TEST_CASE(only_a_pubcomp_settles_a_qos_2_message) {
  ScriptedServer server({.pubcomp = false});
  Publisher publisher(
      {"-s", server.uri(), "-t", "t", "-q", "2", "-m", "x", "--drain-timeout", "500ms"});
  CHECK_STATUS(publisher, 75);
  BOOST_TEST(server.count(What::publish) >= 1U);
}

BOOST_AUTO_TEST_CASE(qos_2_survives_a_death_between_pubrec_and_pubcomp) {
  ScriptedServer a({.pubcomp = false}), b;
  Publisher publisher({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "2", "-l"});
  publisher.feed(numbered_lines(1, 10));
  BOOST_REQUIRE(a.wait_until([](const std::vector<Seen>& log) {
    return std::any_of(log.begin(), log.end(), [](const Seen& seen) {
      return seen.what == What::ack && seen.type == Type::pubrel;
    });
  }));
  a.refuse();
  CHECK_STATUS(publisher, 0);
  BOOST_TEST(numbers(acknowledged(b)).size() == 10U);
  BOOST_TEST(complete(numbers(acknowledged(b))));
}

BOOST_AUTO_TEST_CASE(a_refusal_moves_everything_to_the_next_server_in_order) {
  for (const int code : {0x80, 0x83, 0x87, 0x97}) {
    ScriptedServer a(
        {.puback = [=](const Publish&p) { return number_of(p.payload) == 3U ? code : 0; }}),
        b;
    Publisher publisher(
        {"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "1", "-l", "--window", "1"});
    publisher.feed(numbered_lines(1, 6));
    CHECK_STATUS(publisher, 0);
    BOOST_TEST(numbers(acknowledged(a)) == (std::vector<std::uint32_t>{1, 2}), "code " << code);
    BOOST_TEST(numbers(acknowledged(b)) == (std::vector<std::uint32_t>{3, 4, 5, 6}),
               "code " << code);
  }
}

BOOST_AUTO_TEST_CASE(a_message_refused_by_every_server_has_failed) {
  const auto refuse = [](const Publish& p) { return number_of(p.payload) == 2U ? 0x87 : 0; };
  ScriptedServer a({.puback = refuse}), b({.puback = refuse});
  Scratch scratch;
  const std::string file = (scratch / "undelivered").string();
  Publisher publisher({"-s", a.uri(), "-s", b.uri(), "-t", "t", "-q", "1", "-l", "--undelivered",
                       file, "--drain-timeout", "8s"});
  publisher.feed(numbered_lines(1, 4));
  CHECK_STATUS(publisher, 75);
  BOOST_TEST(read_file(file) == numbered_line(2) + "\n");
}

BOOST_AUTO_TEST_CASE(a_bad_message_fails_with_its_line_number_and_the_rest_goes_on) {
  for (const int code : {0x90, 0x99}) {
    ScriptedServer server(
        {.puback = [=](const Publish& p) { return number_of(p.payload) == 3U ? code : 0; }});
    Scratch scratch;
    const std::string file = (scratch / "undelivered").string();
    Publisher publisher({"-s", server.uri(), "-t", "t", "-q", "1", "-l", "--undelivered", file});
    publisher.feed(numbered_lines(1, 5));
    CHECK_STATUS(publisher, 75);
    BOOST_TEST(read_file(file) == numbered_line(3) + "\n");
    BOOST_TEST(numbers(acknowledged(server)) == (std::vector<std::uint32_t>{1, 2, 4, 5}));
    BOOST_TEST(publisher.bytes(Stream::err).find("3") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(no_subscriber_settles_with_one_warning) {
  for (const char* qos : {"1", "2"}) {
    ScriptedServer server({.puback = [](const Publish&) { return 0x10; }});
    Publisher publisher({"-s", server.uri(), "-t", "t", "-q", qos, "-l", "-V", "5"});
    publisher.feed(numbered_lines(1, 20));
    CHECK_STATUS(publisher, 0);
    Events events(publisher);
    const auto all = events.all();
    const auto is_warning = [](const Said& said) { return said.get("level") == "warning"; };
    BOOST_TEST(std::count_if(all.begin(), all.end(), is_warning) == 1, "at QoS " << qos);
  }
}

BOOST_AUTO_TEST_CASE(the_receive_maximum_of_the_server_is_obeyed) {
  ScriptedServer server(
      {.connack_properties = {{property::receive_maximum, 3, {}, {}}}, .ack_delay = 5ms});
  Publisher publisher({"-s", server.uri(), "-t", "t", "-q", "1", "-l"});
  publisher.feed(numbered_lines(1, 60));
  CHECK_STATUS(publisher, 0);
  std::size_t open = 0, most = 0;
  for (const Seen& seen : server.log()) {
    if (seen.what == What::publish) most = std::max(most, ++open);
    if (seen.what == What::acknowledged) --open;
  }
  BOOST_TEST(most <= 3U);
  BOOST_TEST(acknowledged(server).size() == 60U);
}

BOOST_AUTO_TEST_CASE(the_window_bounds_what_is_unsettled) {
  for (const auto& [arguments, limit] : std::vector<std::pair<Arguments, std::size_t>>{
           {{"-q", "1"}, 100}, {{"-q", "1", "--window", "7"}, 7}, {{"-q", "2", "-V", "311"}, 20}}) {
    ScriptedServer server({.ack_delay = 100ms});
    Arguments all{"-s", server.uri(), "-t", "t", "-l"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    Publisher publisher(all);
    publisher.feed(numbered_lines(1, 250));
    CHECK_STATUS(publisher, 0);
    std::size_t open = 0, most = 0;
    for (const Seen& seen : server.log()) {
      if (seen.what == What::publish) most = std::max(most, ++open);
      if (seen.what == What::acknowledged) --open;
    }
    BOOST_TEST(most <= limit);
    BOOST_TEST(most >= limit / 2, "the window is not used");
  }
}

BOOST_AUTO_TEST_CASE(what_is_too_large_for_the_server_is_refused_before_sending) {
  ScriptedServer server({.connack_properties = {{property::maximum_packet_size, 200, {}, {}}}});
  Publisher publisher({"-s", server.uri(), "-t", "t", "-q", "1", "-l"});
  publisher.feed("small\n" + std::string(500, 'x') + "\nsmall too\n");
  CHECK_STATUS(publisher, 75);
  BOOST_TEST(received(server) == (std::vector<std::string>{"small", "small too"}));
  BOOST_TEST(
      std::regex_search(publisher.bytes(Stream::err), std::regex("line[^0-9]{1,4}2|\"line\":2")),
      publisher.bytes(Stream::err));
}

BOOST_AUTO_TEST_CASE(an_outage_is_felt_by_the_pipe_and_memory_stays_bounded) {
  ScriptedServer server;
  Publisher publisher({"-s", server.uri(), "-t", "t", "-q", "1", "-l"});
  Events events(publisher);
  REQUIRE_EVENT(publisher, events, "connected");
  server.refuse();
  REQUIRE_EVENT(publisher, events, "lost");
  // 50 MB are offered. A bounded reader takes a pipe and a window of them.
  std::atomic<std::size_t> taken{0};
  std::thread writer([&] {
    const std::string line = numbered_line(1, 999) + "\n";
    for (int i = 0; i < 50000; ++i) {
      if (!publisher.write(line)) return;
      taken += line.size();
    }
  });
  REQUIRE_EVENT(publisher, events, "backoff");
  std::size_t before;
  do {  // until a whole second passes without progress
    before = taken;
    publisher.wait_exit(1s);
  } while (taken != before);
  BOOST_TEST(taken < 5'000'000U);
  BOOST_TEST(publisher.peak_kib() > 100);
  BOOST_TEST(memory_within(publisher.peak_kib(), 40'000), publisher.peak_kib());
  publisher.signal(SIGKILL);
  BOOST_REQUIRE(publisher.wait_exit(5s).has_value());
  writer.join();
}

BOOST_AUTO_TEST_CASE(sequences_number_the_messages) {
  ScriptedServer server;
  Publisher publisher({"-s", server.uri(), "-t", "t", "-q", "1", "-l", "--sequence"});
  publisher.feed("a\nb\nc\n");
  CHECK_STATUS(publisher, 0);
  std::set<std::string> identities;
  long expected = 0;
  for (const Seen& seen : server.log(What::publish)) {
    identities.insert(seen.publish.user("mqfail-id").value_or(""));
    BOOST_TEST(seen.publish.user("mqfail-seq").value_or("") == std::to_string(++expected));
  }
  BOOST_REQUIRE(identities.size() == 1U);
  BOOST_TEST(std::regex_match(*identities.begin(), std::regex("[0-9a-f]{32}")));
}

BOOST_AUTO_TEST_CASE(both_kinds_of_minus_s_live_together) {
  ScriptedServer server;
  Publisher publisher({"-s", server.uri(), "-t", "t", "-q", "1", "-s"});
  publisher.feed("from stdin");
  CHECK_STATUS(publisher, 0);
  BOOST_TEST(received(server) == (std::vector<std::string>{"from stdin"}));
}

BOOST_AUTO_TEST_CASE(lines_are_exact_bytes) {
  ScriptedServer server;
  std::string input;
  std::vector<std::string> expected;
  Dice dice(7);
  for (int i = 0; i < 300; ++i) {
    std::string line(dice.between(1, 3000), '\0');
    for (char& byte : line) {
      byte = static_cast<char>(dice.next());
      if (byte == '\n') byte = '.';
    }
    input += line + "\n";
    expected.push_back(line);
  }
  Publisher publisher({"-s", server.uri(), "-t", "t", "-q", "1", "-l"});
  publisher.feed(input);
  CHECK_STATUS(publisher, 0);
  BOOST_TEST((acknowledged(server) == expected));
  BOOST_TEST(split(input).size() == 300U);
}
