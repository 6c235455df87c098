// SPDX-License-Identifier: Apache-2.0
// Events, line by line, and what hostile words can do to them: nothing.
#include "tool/events.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <ctime>
#include <string>

using namespace mqfail;
using namespace std::chrono_literals;

namespace {

constexpr auto kWall = std::chrono::system_clock::time_point(1588795920123456us);  // 20:12:00 UTC
constexpr TimePoint kSteady(7654321us);

struct FixedZone {
  FixedZone() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
};
BOOST_GLOBAL_FIXTURE(FixedZone);

// A writer whose events on descriptor `fd` are caught.
class Caught {
 public:
  explicit Caught(EventChoice choice, bool debug = false)
      : writer(with_copy(choice), debug, {"mqfail-sub", "0a1b"},
               {[] { return kWall; }, [] { return kSteady; }}) {}
  ~Caught() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  std::string text() {
    char buffer[8192];
    writer.drain();
    const ssize_t got = ::read(ends_[0], buffer, sizeof buffer);
    return {buffer, got > 0 ? static_cast<std::size_t>(got) : 0};
  }
  EventChoice with_copy(EventChoice choice) {
    BOOST_REQUIRE(::pipe2(ends_, O_NONBLOCK) == 0);
    choice.copy_fd = ends_[1];
    choice.quiet = true;
    return choice;
  }

 private:
  int ends_[2] = {-1, -1};

 public:
  EventWriter writer;
};

EventWriter plain(bool debug = false) {
  return {{}, debug, {"mqfail-sub", "0a1b"}, {[] { return kWall; }, [] { return kSteady; }}};
}
std::string human(const Notice& notice, bool debug = false) {
  return plain(debug).human_line(notice, kWall);
}
std::string json(const Notice& notice) {
  return plain().json_line(notice, kWall, kSteady, 5);
}
std::string logfmt(const Notice& notice) {
  return plain().logfmt_line(notice, kWall, kSteady, 5);
}

const std::string kFixed =
    R"({"v":1,"ts":"2020-05-06T20:12:00.123456Z","mono_ms":7654,"tool":"mqfail-sub","run":"0a1b","seq":5,)";

}  // namespace

BOOST_AUTO_TEST_CASE(people_read_which_server_is_tried_and_why_it_failed) {
  Notice notice{NoticeName::trying, Level::info, "a", "tcp://a:1883"};
  BOOST_TEST(human(notice) == "mqfail-sub: 20:12:00 trying      a=tcp://a:1883");
  notice.name = NoticeName::failed;
  notice.reason = "connection refused";
  notice.phase = "tcp";
  BOOST_TEST(human(notice) ==
             "mqfail-sub: 20:12:00 failed      a=tcp://a:1883: connection refused (tcp)");
}

BOOST_AUTO_TEST_CASE(an_id_that_says_no_more_than_the_uri_is_left_out) {
  BOOST_TEST(human({NoticeName::trying, Level::info, "a:1883", "tcp://a:1883"}) ==
             "mqfail-sub: 20:12:00 trying      tcp://a:1883");
}

BOOST_AUTO_TEST_CASE(people_read_how_a_connection_came_about) {
  Notice notice{NoticeName::connected, Level::info, "b", "mqtts://b:8883"};
  notice.dur = 38ms;
  notice.more = {
      {"session_present", false}, {"protocol", std::int64_t{5}}, {"tls", std::string("TLSv1.3")}};
  BOOST_TEST(
      human(notice) ==
      "mqfail-sub: 20:12:00 connected   b=mqtts://b:8883 in 38ms (session new, v5, TLSv1.3)");
  notice.more = {{"protocol", std::int64_t{4}}};
  BOOST_TEST(human(notice) == "mqfail-sub: 20:12:00 connected   b=mqtts://b:8883 in 38ms (v3.1.1)");
}

BOOST_AUTO_TEST_CASE(people_read_failover_backoff_gap_and_exit) {
  Notice failover{NoticeName::failover};
  failover.dur = 1200us;
  failover.more = {{"from", std::string("a")}, {"to", std::string("b")}};
  BOOST_TEST(human(failover) == "mqfail-sub: 20:12:00 failover    a -> b after 1.2ms");
  Notice backoff{NoticeName::backoff};
  backoff.more = {{"delay_ms", std::int64_t{1500}}, {"pass", std::int64_t{3}}};
  BOOST_TEST(human(backoff) ==
             "mqfail-sub: 20:12:00 backoff     next pass in 1.5s (pass 3 failed)");
  Notice gap{NoticeName::gap, Level::warning, "b"};
  gap.dur = 1900ms;
  gap.more = {{"qos", std::int64_t{0}}, {"lost_max", std::int64_t{12}}};
  BOOST_TEST(human(gap) ==
             "mqfail-sub: 20:12:00 gap         b 1.9s, up to 12 messages may be missing (QoS 0)");
  gap.reason = "nothing could arrive";
  gap.more = {{"qos", std::int64_t{0}}};
  BOOST_TEST(human(gap) ==
             "mqfail-sub: 20:12:00 gap         b 1.9s, messages may be missing (QoS 0): nothing "
             "could arrive");
  Notice exit{NoticeName::exit};
  exit.more = {
      {"exit", std::int64_t{0}}, {"received", std::int64_t{7}}, {"printed", std::int64_t{6}}};
  BOOST_TEST(human(exit) == "mqfail-sub: 20:12:00 exit        status 0, received 7, printed 6");
}

BOOST_AUTO_TEST_CASE(people_read_the_end_of_hope) {
  Notice notice{NoticeName::gave_up, Level::error};
  notice.reason = "not authorized (0x87)";
  notice.more = {{"passes", std::int64_t{3}}, {"attempts", std::int64_t{6}}};
  BOOST_TEST(
      human(notice) ==
      "mqfail-sub: 20:12:00 gave-up     after 6 attempts in 3 passes: not authorized (0x87)");
}

BOOST_AUTO_TEST_CASE(people_read_sentences_whatever_is_absent) {
  const auto said = [](const Notice& notice) { return human(notice).substr(21); };
  Notice failed{NoticeName::failed, Level::error};
  failed.phase = "publish";
  failed.reason = "message 1: message refused: quota exceeded (0x97)";
  BOOST_TEST(said(failed) ==
             "failed      message 1: message refused: quota exceeded (0x97) (publish)");
  Notice standby{NoticeName::failed, Level::warning, "b", "tcp://b:1883"};
  standby.phase = "tcp";
  standby.reason = "timed out";
  standby.more = {{"role", std::string("standby")}};
  BOOST_TEST(said(standby) == "failed      b=tcp://b:1883: timed out (tcp), tried as standby");
  Notice lost{NoticeName::lost, Level::warning, "b", "tcp://b:1883"};
  lost.phase = "publish";
  lost.reason = "closed by the server";
  lost.more = {{"up_ms", std::int64_t{5000}}};
  BOOST_TEST(said(lost) == "lost        b=tcp://b:1883: closed by the server after 5.0s");
  lost.name = NoticeName::standby_lost;
  BOOST_TEST(said(lost) == "standby-lost b=tcp://b:1883: closed by the server after 5.0s");
  Notice gave_up{NoticeName::gave_up, Level::error};
  gave_up.reason = "connection refused";
  gave_up.phase = "tcp";
  gave_up.more = {{"passes", std::int64_t{0}}, {"attempts", std::int64_t{7}}};
  BOOST_TEST(said(gave_up) == "gave-up     after 7 attempts: connection refused (tcp)");
  Notice dropped{NoticeName::dropped, Level::warning, "b", "tcp://b:1883"};
  dropped.reason = "they were on their way";
  dropped.more = {{"count", std::int64_t{1}}};
  BOOST_TEST(said(dropped) ==
             "dropped     b=tcp://b:1883: up to 1 message may be lost: they were on their way");
  Notice gap{NoticeName::gap, Level::warning, "b"};
  gap.more = {{"missing", std::int64_t{1}}, {"first_missing", std::int64_t{7}}};
  BOOST_TEST(said(gap) == "gap         b: 1 numbered message is missing: 7");
  gap.more = {{"missing", std::int64_t{3}}, {"holes", std::int64_t{1}}};
  BOOST_TEST(said(gap) == "gap         b: 3 numbered messages are missing, in 1 hole");
  Notice list{NoticeName::list_updated};
  list.more = {{"added", std::vector<std::string>{"a", "b"}},
               {"removed", std::vector<std::string>{}}};
  BOOST_TEST(said(list) == "list-updated added a,b");
  Notice exit{NoticeName::exit, Level::error};
  exit.reason = "1 message is not acknowledged by any server";
  exit.more = {
      {"exit", std::int64_t{75}}, {"acked", std::int64_t{0}}, {"lost_max", std::int64_t{2}}};
  BOOST_TEST(said(exit) ==
             "exit        status 75: 1 message is not acknowledged by any server, lost max 2");
}

BOOST_AUTO_TEST_CASE(debug_tells_what_the_sentence_leaves_out) {
  Notice notice{NoticeName::trying, Level::info, "a", "tcp://a:1883"};
  notice.attempt = 4;
  notice.more = {{"addr", std::string("127.0.0.1:1883")}};
  BOOST_TEST(human(notice, true) ==
             "mqfail-sub: 20:12:00 trying      a=tcp://a:1883 attempt=4 addr=127.0.0.1:1883");
}

BOOST_AUTO_TEST_CASE(json_has_the_fixed_keys_first_and_leaves_out_what_is_absent) {
  BOOST_TEST(json({NoticeName::start}) == kFixed + R"("event":"start","level":"info"})");
}

BOOST_AUTO_TEST_CASE(json_has_all_keys_in_the_order_of_the_table) {
  Notice notice{NoticeName::failed,
                Level::warning,
                "a",
                "tcp://a:1883",
                2,
                17,
                "connack",
                135,
                "not authorized",
                "no"};
  notice.dur = 1234us;
  notice.more = {{"permanent", true},
                 {"load", 0.5},
                 {"count", std::int64_t{-1}},
                 {"servers", std::vector<std::string>{"a", "b\""}}};
  BOOST_TEST(
      json(notice) ==
      kFixed + R"("event":"failed","level":"warning","server":"a","uri":"tcp://a:1883","epoch":2,)"
               R"("attempt":17,"phase":"connack","code":135,"reason":"not authorized","text":"no",)"
               R"("dur_ms":1.234,"permanent":true,"load":0.5,"count":-1,"servers":["a","b\""]})");
}

BOOST_AUTO_TEST_CASE(logfmt_has_the_same_keys_and_quotes_what_needs_it) {
  Notice notice{NoticeName::lost, Level::warning, "a"};
  notice.reason = "connection reset";
  notice.more = {{"servers", std::vector<std::string>{"a", "b"}}, {"empty", std::string()}};
  BOOST_TEST(
      logfmt(notice) ==
      "v=1 ts=2020-05-06T20:12:00.123456Z mono_ms=7654 tool=mqfail-sub run=0a1b seq=5 event=lost "
      "level=warning server=a reason=\"connection reset\" servers=\"[\\\"a\\\",\\\"b\\\"]\" "
      "empty=\"\"");
}

BOOST_AUTO_TEST_CASE(hostile_words_cannot_start_a_line_or_colour_a_terminal) {
  const std::string evil =
      "x\nmqfail-sub: 00:00:00 exit\r\x1b[31m\u009b\u202e\xff\x7f" + std::string(5000, 'A');
  Notice notice{NoticeName::redirected, Level::info, evil, evil};
  notice.phase = evil;
  notice.reason = evil;
  notice.text = evil;
  notice.more = {{evil, evil}, {"to", std::vector<std::string>{evil}}};
  for (int i = 0; i <= static_cast<int>(NoticeName::exit); ++i) {
    notice.name = static_cast<NoticeName>(i);
    for (const std::string& line :
         {human(notice), human(notice, true), json(notice), logfmt(notice)}) {
      BOOST_TEST(std::none_of(line.begin(), line.end(),
                              [](unsigned char c) { return c < 0x20 || c == 0x7f; }));
      BOOST_TEST(line.find("\u009b") == std::string::npos);
      BOOST_TEST(line.find("\u202e") == std::string::npos);
      BOOST_TEST(line.find('\xff') == std::string::npos);
      BOOST_TEST(line.size() < 16384U);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_servers_words_are_cut_at_256_bytes_between_characters) {
  Notice notice{NoticeName::lost};
  notice.text = std::string(255, 'a') + "€€";
  BOOST_TEST(json(notice).ends_with("\"text\":\"" + std::string(255, 'a') + "...\"}"));
  BOOST_TEST(human(notice).ends_with("\"" + std::string(255, 'a') + "...\""));
}

BOOST_AUTO_TEST_CASE(people_are_told_transitions_and_trouble_and_with_d_everything) {
  const std::vector<Notice> good{{NoticeName::start},
                                 {NoticeName::trying, Level::info, "a"},
                                 {NoticeName::subscribed, Level::info, "a"},
                                 {NoticeName::standby_ready, Level::info, "b"},
                                 {NoticeName::exit}};
  for (const Notice& notice : good) {
    Caught people({.copy = EventFormat::human});
    people.writer.announce(notice);
    BOOST_TEST(people.text().empty());
    Caught debug({.copy = EventFormat::human}, true);
    debug.writer.announce(notice);
    BOOST_TEST(!debug.text().empty());
    Caught machine({.copy = EventFormat::json});
    machine.writer.announce(notice);
    BOOST_TEST(!machine.text().empty());
  }
  for (int i = 0; i <= static_cast<int>(NoticeName::exit); ++i) {
    const auto name = static_cast<NoticeName>(i);
    if (std::any_of(good.begin(), good.end(), [&](const Notice& one) { return one.name == name; }))
      continue;
    Caught people({.copy = EventFormat::human});
    people.writer.announce({name});
    BOOST_TEST(!people.text().empty(), mqfail::name(name));
  }
}

BOOST_AUTO_TEST_CASE(an_end_is_told_if_it_is_bad_or_something_is_missing) {
  Notice exit{NoticeName::exit, Level::error};
  Caught caught({.copy = EventFormat::human});
  caught.writer.announce(exit);
  BOOST_TEST(!caught.text().empty());
  exit.level = Level::info;
  for (const char* count : {"missing", "unsettled", "lost_max", "gaps"}) {
    exit.more = {{"exit", std::int64_t{0}}, {count, std::int64_t{0}}};
    caught.writer.announce(exit);
    BOOST_TEST(caught.text().empty());
    exit.more[1].second = std::int64_t{2};
    caught.writer.announce(exit);
    BOOST_TEST(!caught.text().empty());
  }
}

BOOST_AUTO_TEST_CASE(a_run_of_one_message_tells_a_connection_only_after_trouble_or_elsewhere) {
  const EventChoice one_message{.copy = EventFormat::human, .silent_connections = 1};
  const Notice try_a{NoticeName::trying, Level::info, "a"};
  const Notice try_b{NoticeName::trying, Level::info, "b"};
  const Notice a{NoticeName::connected, Level::info, "a"};
  const Notice b{NoticeName::connected, Level::info, "b"};
  {
    Caught caught(one_message);
    caught.writer.announce(try_a);
    caught.writer.announce(a);
    BOOST_TEST(caught.text().empty());
    caught.writer.announce({NoticeName::lost, Level::warning, "a"});
    caught.writer.announce(a);
    const std::string text = caught.text();
    BOOST_TEST(std::count(text.begin(), text.end(), '\n') == 2);
  }
  {
    Caught caught(one_message);  // the second server is tried beside the first, and wins
    caught.writer.announce(try_a);
    caught.writer.announce(try_b);
    caught.writer.announce(b);
    BOOST_TEST(!caught.text().empty());
  }
  {
    Caught caught({.copy = EventFormat::human, .silent_connections = 2});
    for (const Notice& notice : {try_a, try_b, a, b}) caught.writer.announce(notice);
    BOOST_TEST(caught.text().empty());
  }
  Caught caught({.copy = EventFormat::human});
  caught.writer.announce(try_a);
  caught.writer.announce(a);
  BOOST_TEST(!caught.text().empty());
}

BOOST_AUTO_TEST_CASE(machines_hear_of_every_attempt_and_errors_are_events) {
  Caught caught({.copy = EventFormat::json});
  for (int i = 0; i < 3; ++i) caught.writer.announce({NoticeName::trying, Level::info, "a"});
  const std::string three = caught.text();
  BOOST_TEST(std::count(three.begin(), three.end(), '\n') == 3);
  BOOST_TEST(
      (caught.writer.tell({ErrorKind::io, "stdout: no space", "make room"}) == ExitStatus::io));
  const std::string told = caught.text();
  BOOST_TEST(
      told.find(
          R"("seq":4,"event":"warning","level":"error","reason":"stdout: no space","hint":"make room"})") !=
      std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_event_without_memory_is_like_any_other) {
  Notice notice{NoticeName::warning, Level::error};
  notice.reason = "out of memory";
  notice.more = {{"hint", std::string("raise the limit (ulimit -v, MemoryMax=)")}};
  char room[512];
  const auto line = [&](EventFormat format) {
    return std::string(room, plain().out_of_memory_line(format, 5, room));
  };
  BOOST_TEST(line(EventFormat::json) == json(notice) + "\n");
  BOOST_TEST(line(EventFormat::logfmt) == logfmt(notice) + "\n");
}

BOOST_AUTO_TEST_CASE(durations_are_short) {
  BOOST_TEST(human_duration(380us) == "380us");
  BOOST_TEST(human_duration(1200us) == "1.2ms");
  BOOST_TEST(human_duration(38ms) == "38ms");
  BOOST_TEST(human_duration(1900ms) == "1.9s");
  BOOST_TEST(human_duration(300s) == "5m0s");
  BOOST_TEST(human_duration(7500s) == "2h5m");
}

BOOST_AUTO_TEST_CASE(an_error_is_one_line_with_what_to_do) {
  BOOST_TEST(error_lines("mqfail-sub", {ErrorKind::usage, "no\x1btopic", "name one"}) ==
             "mqfail-sub: no\\x1btopic; name one\n");
}

BOOST_AUTO_TEST_CASE(errors_of_a_document_keep_their_lines) {
  BOOST_TEST(error_lines("mqfail-sub", {ErrorKind::data, "F:1:2: error: x\n  {\"a\n  ^",
                                        "see mqfail-servers(5)"}) ==
             "F:1:2: error: x\n  {\"a\n  ^\nmqfail-sub: see mqfail-servers(5)\n");
}
