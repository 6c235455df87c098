// SPDX-License-Identifier: Apache-2.0
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "words.hpp"

namespace mqfail::test {
namespace {

const std::vector<std::string> kEventLines{
    "0 started",
    "1 reached #7 tls",
    "12.5 connected #18446744073709551615",
    "13 failed #1 refused phase=tcp code=111",
    "14 failed #1 connack phase=connack code=0x87 mqtt5 text=\"no \\\"way\\\" \\u001b[0m\"",
    "15 failed #1 connack phase=connack code=5",
    "16.001 lost #2 disconnect phase=publish code=0x8e mqtt5",
    "17 ticked",
    "18 hurried",
    "19 list-changed document a=tcp://a:1883 b=mqtts://b:8883 c=ws://[fd00::1]:80/mqtt",
    "20 list-changed topic rebalance \"my server\"=wss://h:443/x?connectTimeout=250",
    "21 list-changed document",
    "22 stopped",
};

const std::vector<std::string> kBadLines{
    "",
    "started",
    "x started",
    "1 begun",
    "1 connected",
    "1 connected 7",
    "1 connected #",
    "1 connected #x",
    "1 failed #1",
    "1 failed #1 bored",
    "1 failed #1 refused phase=nowhere",
    "1 failed #1 refused code=",
    "1 failed #1 refused code=1x",
    "1 failed #1 refused loudly",
    "1 failed #1 refused text=\"open",
    "1 failed #1 refused text=\"\\u12\"",
    "1 reached #1",
    "1 reached #1 nowhere",
    "1 list-changed",
    "1 list-changed gossip a",
    "1 list-changed document a=b",
    "1 list-changed document a=gopher://b:1",
    "1 list-changed document a=tcp://b",
    "1 list-changed document a=tcp://b:99999",
    "1.2345 started",
    "9999999999999999 started",
};

}  // namespace

BOOST_DATA_TEST_CASE(an_event_is_read_as_it_was_written, kEventLines, line) {
  const auto event = parse_transcript_event(line);
  BOOST_REQUIRE_MESSAGE(event, (event ? "" : event.error().message));
  BOOST_TEST(transcript_line(event->event, event->at) == line);
}

BOOST_DATA_TEST_CASE(a_bad_line_is_an_error_and_nothing_is_guessed, kBadLines, line) {
  const auto event = parse_transcript_event(line);
  BOOST_REQUIRE(!event);
  BOOST_TEST((event.error().kind == ErrorKind::data));
}

BOOST_AUTO_TEST_CASE(a_head_says_what_differs_from_the_defaults) {
  const TranscriptHead plain{{}, servers({"a", "b"}), 42};
  BOOST_TEST(transcript_head(plain) == "servers a=tcp://a:1883 b=tcp://b:1883\nseed 42\n");
}

BOOST_AUTO_TEST_CASE(every_setting_is_read_as_it_was_written) {
  const std::string text =
      "servers a=tcp://a:1883\n"
      "set initialReconnectDelay=10 maxReconnectDelay=1000 useExponentialBackOff=false "
      "backOffMultiplier=1.5 reconnectJitter=equal randomize=true maxReconnectAttempts=7 "
      "startupMaxReconnectAttempts=5 once=true bounded=true startupTimeout=60000 "
      "giveUpAfter=70000 connectTimeout=1.5 connectStagger=250 stable=0 "
      "warnAfterReconnectAttempts=0 updateClusterClientsOnRemove=true protocol=mqtt311\n"
      "seed 18446744073709551615\n";
  TranscriptHead head;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    const auto read = parse_transcript_head(text.substr(start, end - start), head);
    BOOST_REQUIRE_MESSAGE(read && *read, (read ? "not a head line" : read.error().message));
    start = end + 1;
  }
  BOOST_TEST(transcript_head(head) == text);
}

BOOST_AUTO_TEST_CASE(a_bad_head_is_an_error) {
  TranscriptHead head;
  for (const std::string_view line :
       {"set colour=red", "set once=maybe", "set stable=", "set reconnectJitter=some", "seed x",
        "seed", "servers a=b", "set backOffMultiplier=two"}) {
    BOOST_TEST(!parse_transcript_head(line, head), line);
  }
  const auto other = parse_transcript_head("0 started", head);
  BOOST_TEST((other && !*other));
}

BOOST_AUTO_TEST_CASE(times_are_milliseconds_down_to_the_microsecond) {
  BOOST_TEST(transcript_time(Duration(1500)) == "1.5");
  BOOST_TEST(transcript_time(Duration(-1)) == "-0.001");
  BOOST_TEST(transcript_time(ms(30000)) == "30000");
  BOOST_TEST(parse_transcript_time("-0.001")->count() == -1);
  BOOST_TEST(parse_transcript_time("12.05")->count() == 12050);
}

BOOST_AUTO_TEST_CASE(every_action_has_a_line) {
  const Failover it(exact(), servers({"a", "b c"}), Random(1));
  const auto line = [&](const Action& action) { return transcript_line(action, ms(1), it); };
  const AttemptId id{3};
  BOOST_TEST(line(action::Connect{id, kA, Role::active, Protocol::mqtt5}) ==
             "1 -> connect #3 a mqtt5");
  BOOST_TEST(line(action::Connect{id, kB, Role::standby, Protocol::mqtt311}) ==
             "1 -> connect #3 \"b c\" mqtt311 standby");
  BOOST_TEST(line(action::Connect{id, kA, Role::probe, Protocol::mqtt31}) ==
             "1 -> connect #3 a mqtt31 probe");
  BOOST_TEST(line(action::Abandon{id}) == "1 -> abandon #3");
  BOOST_TEST(line(action::Retire{id}) == "1 -> retire #3");
  BOOST_TEST(line(action::Disconnect{id}) == "1 -> disconnect #3");
  BOOST_TEST(line(action::Use{id, kA, 2, kB, ms(5)}) ==
             "1 -> use #3 a epoch=2 from=\"b c\" outage=5");
  BOOST_TEST(
      line(action::TellFailed{id, kA, because(Cause::dns, Phase::dns, 0, false), Verdict::next}) ==
      "1 -> tell-failed #3 a next: dns phase=dns");
  BOOST_TEST(line(action::TellLost{id, kA, because(Cause::closed, Phase::publish, 0, false), ms(9),
                                   true}) ==
             "1 -> tell-lost #3 a up=9 maybe-twin: closed phase=publish");
  BOOST_TEST(line(action::TellLost{id, kA, because(Cause::closed, Phase::publish, 0, false), ms(9),
                                   false, ms(2000)}) ==
             "1 -> tell-lost #3 a up=9 failback-hold=2000: closed phase=publish");
  BOOST_TEST(line(action::TellBackoff{ms(100), 1, true}) == "1 -> tell-backoff 100 pass=1 warn");
  BOOST_TEST(line(action::TellListChanged{{kA, kB}, {kA}}) ==
             "1 -> tell-list-changed added=a,\"b c\" removed=a");
  BOOST_TEST(line(action::GiveUp{ErrorKind::denied,
                                 because(Cause::connack, Phase::connack, 5, false), 1, 2}) ==
             "1 -> give-up denied passes=1 attempts=2: connack phase=connack code=5");
}

}  // namespace mqfail::test
