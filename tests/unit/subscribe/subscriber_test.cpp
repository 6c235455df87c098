// SPDX-License-Identifier: Apache-2.0
// The subscriber against a scripted transport: which of several connections is printed from first,
// and when one that is left has said everything.
#include "subscriber_stage.hpp"

using namespace mqfail;
using namespace mqfail::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_CASE(a_server_that_is_ahead_lets_the_other_one_go_first) {
  Stage stage;
  stage.online(1);
  stage.online(2);
  stage.sends(1, {1, 2});
  stage.sends(2, {4, 5});  // it has just come back
  BOOST_TEST(stage.printed() == "1 2 ");
  stage.now += 100ms;
  stage.sends(1, {3, 4});
  BOOST_TEST(stage.printed() == "3 4 5 ");
  BOOST_TEST(stage.transport.acked[Stage::id(2)] == 2U);
  BOOST_TEST(stage.deaf.names.empty());
}

BOOST_AUTO_TEST_CASE(what_nobody_brings_is_waited_for_once_and_is_a_gap) {
  Stage stage;
  stage.online(1);
  stage.online(2);
  stage.sends(1, {1, 2});
  stage.sends(2, {4, 5, 6});
  const auto until = stage.subscriber->deadline();
  BOOST_REQUIRE(until.has_value());
  BOOST_TEST((*until > stage.now && *until <= stage.now + 1s));
  stage.now = *until;
  stage.subscriber->pump(stage.now);
  BOOST_TEST(stage.printed() == "1 2 4 5 6 ");
  BOOST_TEST((stage.deaf.names == std::vector{NoticeName::gap}));
  BOOST_TEST(!stage.subscriber->deadline().has_value());
}

BOOST_AUTO_TEST_CASE(a_publisher_whose_holes_nobody_fills_is_waited_for_a_few_times) {
  Stage stage;
  stage.online(1);
  stage.online(2);
  stage.sends(1, {1, 3, 5, 7, 9, 11});  // the even ones are on a topic that is not ours
  BOOST_TEST(stage.printed() == "1 ");
  for (const std::string printed : {"3 ", "5 ", "7 9 11 "}) {
    BOOST_REQUIRE(stage.subscriber->deadline().has_value());
    stage.now = *stage.subscriber->deadline();
    stage.sends(1, {});
    BOOST_TEST(stage.printed() == printed);
  }
  stage.sends(2, {1, 3, 5, 7, 9, 11, 13});
  BOOST_TEST(stage.printed() == "13 ");
  // A hole is filled after all: it was worth waiting for.
  stage.sends(1, {12, 15});
  BOOST_TEST(stage.printed() == "12 ");
  stage.sends(2, {14});
  BOOST_TEST(stage.printed() == "14 15 ");
  // And so it may be with a server that has just come.
  stage.online(3);
  stage.sends(1, {17});
  BOOST_TEST(stage.printed() == "");
}

BOOST_AUTO_TEST_CASE(what_is_filtered_out_is_not_missing) {
  Stage stage({.filter_out = {"u"}});
  stage.transport.other_topic = {2, 3, 6};
  stage.online(1);
  stage.online(2);
  stage.sends(1, {1, 2, 3, 4});
  stage.sends(2, {1, 2, 3, 4});
  BOOST_TEST(stage.printed() == "1 4 ");
  BOOST_TEST(stage.transport.acked[Stage::id(1)] == 4U);
  BOOST_TEST(stage.subscriber->counts().missing == 0U);
  BOOST_TEST(stage.deaf.names.empty());
  stage.sends(2, {6});  // ahead of server 1
  stage.sends(1, {5, 6, 7});
  BOOST_TEST(stage.printed() == "5 7 ");
  BOOST_TEST(stage.deaf.names.empty());
  // It tells what is missing before it, too.
  stage.transport.other_topic = {9};
  stage.subscriber->offline(Stage::id(2), stage.now);
  stage.sends(1, {9});
  BOOST_TEST(stage.subscriber->counts().missing == 1U);
  BOOST_TEST((stage.deaf.names == std::vector{NoticeName::gap}));
}

// With --ack-from the window of a server is full while nobody acknowledges.
struct Pipeline {
  Pipeline() {
    BOOST_REQUIRE(::pipe(acks.data()) == 0);
    auto fifo = Fifo::open("--ack-from", "/dev/fd/" + std::to_string(acks[0]), Fifo::End::reading);
    BOOST_REQUIRE(fifo);
    stage = std::make_unique<Stage>(
        SubscriberSettings{},
        NoveltySettings{.several_servers = true, .window = 20s, .key = {1, 2}},
        std::make_unique<AckFrom>(std::move(*fifo), 0, 10s, deaf));
    stage->online(1);
    stage->online(2);
    stage->sends(1, {1, 2});
    stage->sends(2, {4, 5});
    BOOST_TEST(stage->printed() == "1 2 ");
  }
  ~Pipeline() {
    stage.reset();
    for (const int end : acks) ::close(end);
  }
  void pass(Duration time) {
    stage->now += time;
    stage->subscriber->pump(stage->now);
  }
  void acknowledge(const std::string& line) {
    BOOST_REQUIRE(::write(acks[1], line.data(), line.size()) == static_cast<ssize_t>(line.size()));
  }
  std::array<int, 2> acks{};
  Deaf deaf;
  std::unique_ptr<Stage> stage;
};

BOOST_FIXTURE_TEST_CASE(what_is_not_acknowledged_holds_the_others_up_and_they_are_waited_for,
                        Pipeline) {
  for (int i = 0; i < 40; ++i) pass(200ms);
  BOOST_TEST(stage->printed().empty());
  acknowledge("2\n");
  pass(100ms);
  BOOST_TEST(stage->transport.acked[Stage::id(1)] == 2U);
  stage->now += 200ms;
  stage->sends(1, {3, 4});
  BOOST_TEST(stage->printed() == "3 4 5 ");
  BOOST_TEST(stage->deaf.names.empty());
}

BOOST_FIXTURE_TEST_CASE(an_acknowledgement_that_does_not_come_holds_nobody_up_for_ever, Pipeline) {
  pass(20s);
  BOOST_TEST(stage->printed().empty());
  pass(250ms);
  BOOST_TEST(stage->printed() == "4 5 ");
}

BOOST_FIXTURE_TEST_CASE(when_all_is_acknowledged_what_nobody_brings_is_a_gap, Pipeline) {
  acknowledge("2\n");
  pass(10ms);
  pass(240ms);
  BOOST_TEST(stage->printed() == "4 5 ");
}

BOOST_AUTO_TEST_CASE(with_one_server_left_nothing_is_waited_for) {
  Stage stage;
  stage.online(1);
  stage.online(2);
  stage.sends(1, {1, 2});
  stage.subscriber->offline(Stage::id(1), stage.now);
  stage.sends(2, {4});
  BOOST_TEST(stage.printed() == "1 2 4 ");
  BOOST_TEST(stage.has_ended(1));
}

BOOST_AUTO_TEST_CASE(what_a_lost_server_was_ahead_with_is_not_forgotten) {
  Stage stage;
  stage.online(1);
  stage.online(2);
  stage.sends(1, {1, 2});
  stage.transport.waiting[Stage::id(2)] = {4, 5};
  stage.subscriber->offline(Stage::id(2), stage.now);
  stage.subscriber->pump(stage.now);
  BOOST_TEST(stage.printed() == "1 2 ");
  BOOST_TEST(!stage.has_ended(2));
  stage.sends(1, {3});
  BOOST_TEST(stage.printed() == "3 4 5 ");
  BOOST_TEST(stage.has_ended(2));
}

BOOST_AUTO_TEST_CASE(without_numbers_a_server_that_joins_lets_the_other_one_go_first) {
  Stage stage;
  stage.transport.numbered = false;
  stage.online(1);
  stage.sends(1, {1, 2});
  stage.online(2);
  stage.sends(2, {4, 5});
  BOOST_TEST(stage.printed() == "1 2 ");
  stage.now += 100ms;
  stage.sends(1, {3, 4});
  BOOST_TEST(stage.printed() == "3 4 5 ");
  stage.sends(2, {6});  // it is in step from here on
  BOOST_TEST(stage.printed() == "6 ");
  stage.sends(1, {5, 6, 7});
  BOOST_TEST(stage.printed() == "7 ");
}

BOOST_AUTO_TEST_CASE(without_numbers_a_server_that_joins_waits_once_and_not_for_long) {
  Stage stage;
  stage.transport.numbered = false;
  stage.online(1);
  stage.sends(1, {1});
  stage.online(2);
  stage.sends(2, {11, 12});
  BOOST_TEST(stage.printed() == "1 ");
  const auto until = stage.subscriber->deadline();
  BOOST_REQUIRE(until.has_value());
  BOOST_TEST((*until > stage.now && *until <= stage.now + 1s));
  stage.now = *until;
  stage.subscriber->pump(stage.now);
  BOOST_TEST(stage.printed() == "11 12 ");
  stage.sends(2, {13});
  BOOST_TEST(stage.printed() == "13 ");
}

BOOST_AUTO_TEST_CASE(without_numbers_nobody_waits_where_nothing_came_or_long_after) {
  Stage stage;
  stage.transport.numbered = false;
  stage.online(1);
  stage.online(2);
  stage.sends(2, {1});
  BOOST_TEST(stage.printed() == "1 ");
  stage.online(3);
  stage.now += 2s;
  stage.sends(1, {1, 2});
  stage.sends(3, {3});
  BOOST_TEST(stage.printed() == "2 3 ");
}

BOOST_AUTO_TEST_CASE(without_numbers_the_first_to_come_back_waits_for_nobody) {
  Stage stage;
  stage.transport.numbered = false;
  stage.online(1);
  stage.sends(1, {1});
  stage.subscriber->offline(Stage::id(1), stage.now);
  stage.subscriber->pump(stage.now);
  stage.online(2);
  stage.online(3);
  stage.sends(2, {2});
  BOOST_TEST(stage.printed() == "1 2 ");
}

BOOST_AUTO_TEST_CASE(a_server_is_left_when_it_has_answered_a_ping_behind_its_messages) {
  Stage stage;
  stage.online(1);
  stage.sends(1, {1});
  stage.online(2);
  stage.subscriber->leave(Stage::id(1), stage.now);
  BOOST_TEST(stage.transport.pings == 1U);
  stage.sends(1, {2});  // was on its way
  BOOST_TEST(!stage.has_ended(1));
  stage.transport.answered = 1;
  stage.sends(1, {3});
  BOOST_TEST(stage.has_ended(1));
  BOOST_TEST(stage.printed() == "1 2 3 ");
}

BOOST_AUTO_TEST_CASE(the_last_messages_of_a_server_that_is_left_come_before_those_of_the_next) {
  Stage stage({}, {.key = {1, 2}});
  stage.transport.numbered = false;
  stage.online(1);
  stage.sends(1, {1});
  stage.online(2);
  stage.subscriber->leave(Stage::id(1), stage.now);
  stage.sends(2, {3});
  BOOST_TEST(stage.printed() == "1 ");
  stage.transport.answered = 1;
  stage.sends(1, {2});
  BOOST_TEST(stage.printed() == "2 3 ");
  // Also if the next one is lost meanwhile.
  stage.online(5);
  stage.subscriber->leave(Stage::id(2), stage.now);
  stage.sends(5, {7});
  stage.subscriber->offline(Stage::id(5), stage.now);
  stage.sends(2, {6});
  BOOST_TEST(stage.printed() == "6 ");
  stage.transport.answered = 2;
  stage.sends(2, {});
  BOOST_TEST(stage.printed() == "7 ");
  // One that says nothing is not waited for.
  stage.online(2);
  stage.sends(2, {8});
  BOOST_TEST(stage.printed() == "8 ");
  stage.online(3);
  stage.subscriber->leave(Stage::id(2), stage.now);
  stage.sends(3, {4});
  BOOST_TEST(stage.printed() == "");
  BOOST_REQUIRE(stage.subscriber->deadline().has_value());
  stage.now = *stage.subscriber->deadline();
  stage.sends(3, {});
  BOOST_TEST(stage.printed() == "4 ");
}

BOOST_AUTO_TEST_CASE(
    a_server_that_is_left_and_sends_without_an_end_does_not_keep_the_next_one_waiting) {
  for (const bool answers : {true, false}) {
    Stage stage({}, {.key = {1, 2}});
    stage.transport.numbered = false;
    stage.online(1);
    stage.sends(1, {1});
    stage.online(2);
    stage.subscriber->leave(Stage::id(1), stage.now);
    if (answers) {
      stage.transport.answered = 1;
    } else {
      stage.now += 1s;
      stage.transport.is_paused = true;  // and it does not answer, because it is not read
    }
    stage.transport.waiting[Stage::id(1)] = {2};
    stage.transport.flooding = Stage::id(1);
    stage.sends(2, {3});
    BOOST_TEST(stage.has_ended(1));
    BOOST_TEST(stage.printed() == "1 2 1001 1002 3 ");
    BOOST_TEST(stage.transport.acked[Stage::id(1)] == 4U);
    BOOST_TEST((stage.deaf.names == std::vector(answers ? 0U : 1U, NoticeName::gap)));
  }
}

BOOST_AUTO_TEST_CASE(a_server_that_may_have_more_behind_its_window_when_it_is_left_is_told) {
  for (const std::optional<std::size_t> window : {std::optional<std::size_t>{2}, {3}, {}}) {
    Stage stage({.window = window}, {.key = {1, 2}});
    stage.online(1);
    stage.online(2);
    stage.subscriber->leave(Stage::id(1), stage.now);
    stage.transport.answered = 1;
    stage.sends(1, {1, 2});
    BOOST_TEST(stage.has_ended(1));
    BOOST_TEST(stage.printed() == "1 2 ");
    BOOST_TEST((stage.deaf.names == std::vector(window == 2U ? 1U : 0U, NoticeName::gap)));
  }
}

BOOST_AUTO_TEST_CASE(a_server_that_does_not_answer_is_left_after_a_second) {
  Stage stage;
  stage.online(1);
  stage.online(2);
  stage.subscriber->leave(Stage::id(1), stage.now);
  stage.subscriber->pump(stage.now + 900ms);
  BOOST_TEST(!stage.has_ended(1));
  stage.subscriber->pump(stage.now + 1s);
  BOOST_TEST(stage.has_ended(1));
}

BOOST_AUTO_TEST_CASE(retained_only_ends_when_every_server_has_sent_what_it_retains) {
  Stage stage({.retained_only = true});
  stage.transport.numbered = false;
  stage.transport.first_live = 100;
  stage.online(1);
  stage.online(2);
  stage.sends(1, {1, 2, 101});
  BOOST_TEST(!stage.subscriber->done());
  BOOST_TEST(stage.transport.pings == 1U);
  stage.sends(2, {3, 4});
  BOOST_TEST(!stage.subscriber->done());
  stage.transport.answered = 1;
  stage.sends(2, {5});
  BOOST_TEST(stage.subscriber->done());
  BOOST_TEST(stage.printed() == "1 2 3 4 5 ");
}

BOOST_AUTO_TEST_CASE(retained_only_ends_at_once_when_every_server_has_sent_another_message) {
  Stage stage({.retained_only = true});
  stage.transport.first_live = 100;
  stage.online(1);
  stage.online(2);
  stage.sends(1, {1, 101});
  stage.sends(2, {2, 101});
  BOOST_TEST(stage.subscriber->done());
  BOOST_TEST(stage.printed() == "1 2 ");
}

BOOST_AUTO_TEST_CASE(retained_only_waits_a_second_for_a_server_that_says_nothing) {
  Stage stage({.retained_only = true});
  stage.transport.first_live = 100;
  stage.online(1);
  stage.online(2);
  stage.sends(1, {101});
  const auto until = stage.subscriber->deadline();
  BOOST_REQUIRE(until.has_value());
  BOOST_TEST((*until <= stage.now + 1s));
  stage.subscriber->pump(*until);
  BOOST_TEST(stage.subscriber->done());
}

BOOST_AUTO_TEST_CASE(nothing_of_a_server_that_is_unfit_is_printed_and_its_connection_ends) {
  Stage stage(
      {.until_subscribed = true, .subscriptions = {{.filter = "t", .qos = 2}}, .strict = true});
  BOOST_TEST(!stage.online(1, {1}));
  stage.subscriber->offline(Stage::id(1), stage.now);
  stage.sends(1, {1});
  BOOST_TEST(stage.has_ended(1));
  BOOST_TEST(!stage.subscriber->done());
  BOOST_TEST(stage.printed().empty());
  BOOST_TEST(stage.online(2, {2}));
  BOOST_TEST(stage.subscriber->done());
}

namespace {

/// Server 1 has brought 1 to 5. Server 2 is next, and has kept a session.
struct Kept : Stage {
  explicit Kept(SubscriberSettings settings = {})
      : Stage(std::move(settings), {.key = {1, 2}, .kept_sessions = true}) {
    const Server one, two;
    subscriber->listed({&one, &two});
    transport.numbered = false;
    online(1, {}, true);
    sends(1, {1, 2, 3, 4, 5});
    subscriber->offline(id(1), now);
    subscriber->pump(now);
    BOOST_TEST(printed() == "1 2 3 4 5 ");
    online(2, {}, true);
  }
  void silence() {
    const auto until = subscriber->deadline();
    BOOST_REQUIRE(until.has_value());
    BOOST_TEST((*until > now && *until <= now + KeptCopies::kSilence));
    now = *until;
    subscriber->pump(now);
    BOOST_TEST(transport.pings == transport.answered + 1);
  }
  void answers() {
    transport.answered = transport.pings;
    subscriber->pump(now);
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_message_that_may_be_a_copy_waits_with_its_acknowledgement) {
  Kept stage;
  stage.sends(2, {1, 2, 6});
  stage.silence();
  BOOST_TEST(stage.printed().empty());
  BOOST_TEST(stage.transport.acked[Stage::id(2)] == 0U);
  BOOST_TEST(!stage.subscriber->deadline().has_value());
  stage.answers();
  BOOST_TEST(stage.printed() == "1 2 6 ");
  BOOST_TEST(stage.transport.acked[Stage::id(2)] == 3U);
  BOOST_TEST(!stage.subscriber->deadline().has_value());
}

BOOST_AUTO_TEST_CASE(a_server_that_answers_no_ping_is_waited_for) {
  Kept stage;
  stage.sends(2, {1});
  stage.silence();
  stage.now += 5s;
  stage.sends(2, {2, 3});  // it can be reached again
  stage.answers();
  BOOST_TEST(stage.printed().empty());
  stage.silence();
  stage.answers();
  BOOST_TEST(stage.printed().empty());
  BOOST_TEST(stage.transport.acked[Stage::id(2)] == 3U);
}

BOOST_AUTO_TEST_CASE(a_copy_is_acknowledged_and_not_printed) {
  Kept stage;
  stage.sends(2, {1, 2, 6, 3});
  stage.silence();
  stage.answers();
  BOOST_TEST(stage.printed() == "6 ");
  BOOST_TEST(stage.transport.acked[Stage::id(2)] == 4U);
}

BOOST_AUTO_TEST_CASE(what_waits_on_a_connection_that_is_lost_is_printed) {
  Kept stage;
  stage.sends(2, {1, 6});
  stage.subscriber->offline(Stage::id(2), stage.now);
  stage.subscriber->pump(stage.now);
  BOOST_TEST(stage.printed() == "1 6 ");
  BOOST_TEST(stage.has_ended(2));
}

BOOST_AUTO_TEST_CASE(a_run_that_is_done_waits_for_no_connection) {
  Stage stage({.count = 2});
  stage.online(1);
  stage.online(2);
  stage.sends(1, {1});
  stage.sends(2, {3});  // ahead of server 1
  BOOST_TEST(stage.subscriber->deadline().has_value());
  stage.sends(1, {2});
  BOOST_TEST(stage.subscriber->done());
  BOOST_TEST(!stage.subscriber->deadline().has_value());
}

BOOST_AUTO_TEST_CASE(a_run_that_is_done_asks_no_server_any_more) {
  Kept stage({.count = 6});
  BOOST_TEST(stage.subscriber->deadline().has_value());
  stage.sends(2, {6});
  BOOST_TEST(stage.subscriber->done());
  BOOST_TEST(!stage.subscriber->deadline().has_value());
}

BOOST_AUTO_TEST_CASE(what_waits_behind_the_last_message_that_is_wanted_is_not_acknowledged) {
  Kept stage({.count = 7});
  stage.sends(2, {1, 2, 6});
  stage.silence();
  stage.answers();
  BOOST_TEST(stage.printed() == "1 2 ");
  BOOST_TEST(stage.subscriber->done());
  Notice exit;
  stage.subscriber->finish({}, true, stage.now, exit);
  BOOST_TEST(stage.transport.acked[Stage::id(2)] == 2U);
}
