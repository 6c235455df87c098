// SPDX-License-Identifier: Apache-2.0
// The subscriber against a scripted transport: which of several connections is printed from first,
// and when one that is left has said everything.
#include "subscribe/subscriber.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <deque>
#include <map>
#include <string>

#include "subscribe/output.hpp"
#include "unit/session/quiet_transport.hpp"

using namespace mqfail;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view kPublisher = "00112233445566778899aabbccddeeff";

/// Has the messages that the test put into it, by their numbers, which are also their payloads.
class ScriptedTransport final : public QuietTransport {
 public:
  std::size_t take_messages(AttemptId attempt,
                            const std::function<bool(const Message&)>& visit) override {
    std::deque<std::uint64_t>& here = waiting[attempt];
    std::size_t taken = 0;
    while (!here.empty()) {
      const std::string payload = std::to_string(here.front());
      Message message{"t", payload, 1, here.front() < first_live};
      if (numbered) {
        message.publisher = kPublisher;
        message.number = here.front();
      }
      if (!visit(message)) break;
      here.pop_front();
      ++taken;
    }
    return taken;
  }
  void acknowledge(AttemptId attempt, std::size_t count) override { acked[attempt] += count; }

  bool numbered = true;
  std::uint64_t first_live = 0;  // those before are retained
  std::map<AttemptId, std::deque<std::uint64_t>> waiting;
  std::map<AttemptId, std::size_t> acked;
};

struct Stage {
  explicit Stage(SubscriberSettings settings = {},
                 NoveltySettings novelty = {.several_servers = true, .window = 20s, .key = {1, 2}},
                 std::unique_ptr<AckFrom> ack_from = nullptr) {
    BOOST_REQUIRE(::pipe(ends.data()) == 0);
    output = std::make_unique<Output>(ends[1]);
    settings.format = [](const Message& message, const std::string&, std::uint64_t,
                         std::string& out) { out += std::string(message.payload) + " "; };
    settings.keepalive = 10s;
    settings.novelty = novelty;
    subscriber = std::make_unique<Subscriber>(std::move(settings), transport, deaf, *output,
                                              std::move(ack_from));
  }
  ~Stage() {
    subscriber.reset();
    output.reset();
    for (const int end : ends) ::close(end);
  }
  static AttemptId id(std::uint64_t attempt) { return AttemptId{attempt}; }
  bool online(std::uint64_t attempt, std::vector<int> granted = {}, bool resumed = false) {
    ConnectionFacts facts;
    facts.subscribed_at = now;
    facts.session_present = resumed;
    facts.granted = std::move(granted);
    const Server server{.id = std::to_string(attempt)};
    return !subscriber->online(id(attempt), server, 1, facts, now);
  }
  /// Those that the subscriber holds to be lost now, with the reason.
  std::string lost() {
    std::string all;
    for (const Trouble& one : subscriber->pump(now)) {
      BOOST_TEST((one.silent == milliseconds_of(one.reason.code)));
      all += std::to_string(static_cast<std::uint64_t>(one.attempt)) + ": " + describe(one.reason) +
             " ";
    }
    return all;
  }
  static Duration milliseconds_of(int count) { return std::chrono::milliseconds(count); }
  void sends(std::uint64_t attempt, std::initializer_list<std::uint64_t> numbers) {
    auto& here = transport.waiting[id(attempt)];
    here.insert(here.end(), numbers);
    subscriber->pump(now);
  }
  std::string printed() {
    std::array<char, 4096> chunk{};
    if (output->pending()) return "(not written)";
    const std::string mark = "|";
    BOOST_REQUIRE(::write(ends[1], mark.data(), 1) == 1);  // so that the read never waits
    const auto got = ::read(ends[0], chunk.data(), chunk.size());
    return {chunk.data(), static_cast<std::size_t>(got) - 1};
  }
  bool has_ended(std::uint64_t attempt) {
    for (const AttemptId one : subscriber->take_finished()) finished.push_back(one);
    return std::count(finished.begin(), finished.end(), id(attempt)) != 0;
  }

  std::array<int, 2> ends{};
  ScriptedTransport transport;
  Deaf deaf;
  TimePoint now{1h};
  std::vector<AttemptId> finished;
  std::unique_ptr<Output> output;
  std::unique_ptr<Subscriber> subscriber;
};

}  // namespace

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

BOOST_AUTO_TEST_CASE(a_server_without_a_message_for_the_stale_timeout_is_lost) {
  Stage stage({.stale_timeout = 5s});
  stage.online(1);
  BOOST_TEST((stage.subscriber->deadline() == stage.now + 5s));
  stage.now += 3s;
  stage.sends(1, {1});
  BOOST_TEST((stage.subscriber->deadline() == stage.now + 5s));
  stage.now += 4999ms;
  BOOST_TEST(stage.lost().empty());
  stage.now += 1ms;
  BOOST_TEST(stage.lost() == "1: no message for 5.0 s ");
  stage.subscriber->offline(Stage::id(1), stage.now);
  BOOST_TEST(stage.lost().empty());
  BOOST_TEST(!stage.subscriber->deadline().has_value());
}

BOOST_AUTO_TEST_CASE(without_a_stale_timeout_a_quiet_server_stays) {
  Stage stage;
  stage.online(1);
  BOOST_TEST(!stage.subscriber->deadline().has_value());
  stage.now += 24h;
  BOOST_TEST(stage.lost().empty());
}

BOOST_AUTO_TEST_CASE(each_server_has_a_stale_timeout_of_its_own) {
  Stage stage({.stale_timeout = 5s});
  stage.online(1);
  stage.now += 2s;
  stage.online(2);
  stage.now += 1s;
  stage.sends(1, {1, 2});
  stage.sends(2, {1});  // a copy is a message, too
  stage.now += 2s;
  stage.sends(1, {3});
  stage.now += 3s;
  BOOST_TEST(stage.lost() == "2: no message for 5.0 s ");
}

BOOST_AUTO_TEST_CASE(a_server_whose_messages_nobody_has_looked_at_is_not_stale) {
  Stage stage({.stale_timeout = 5s});
  stage.online(1);
  const std::string much(1 << 20, 'x');
  stage.output->buffer() = much;  // more than a pipe holds, and nobody reads
  stage.sends(1, {1});
  BOOST_REQUIRE(stage.output->pending());
  stage.now += 6s;
  BOOST_TEST(stage.lost().empty());
  std::string read(much.size(), ' ');
  for (std::size_t got = 0; got < much.size();) {
    got += static_cast<std::size_t>(::read(stage.ends[0], read.data(), read.size()));
    BOOST_TEST(stage.lost().empty());
  }
  stage.now += 4s;
  BOOST_TEST(stage.lost().empty());
  BOOST_TEST(stage.transport.acked[Stage::id(1)] == 1U);
  stage.now += 1s;
  BOOST_TEST(stage.lost() == "1: no message for 5.0 s ");
}

BOOST_AUTO_TEST_CASE(a_server_whose_messages_wait_for_those_of_another_one_is_not_stale) {
  Stage stage({.stale_timeout = 100ms});
  stage.online(1);
  stage.online(2);
  stage.sends(1, {1, 2});
  stage.sends(2, {4, 5});  // ahead: they wait for 3
  stage.now += 99ms;
  stage.sends(1, {});
  stage.now += 1ms;
  BOOST_TEST(stage.lost() == "1: no message for 0.1 s ");
}

BOOST_AUTO_TEST_CASE(a_server_that_is_left_is_not_stale) {
  Stage stage({.stale_timeout = 100ms});
  stage.online(1);
  stage.subscriber->leave(Stage::id(1), stage.now);
  stage.now += 100ms;
  BOOST_TEST(stage.lost().empty());
}

BOOST_AUTO_TEST_CASE(at_the_end_nobody_is_stale) {
  Stage stage({.count = 1, .stale_timeout = 100ms});
  stage.online(1);
  stage.sends(1, {1});
  stage.now += 1s;
  BOOST_TEST(stage.lost().empty());
  BOOST_TEST(!stage.subscriber->deadline().has_value());
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
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_message_that_may_be_a_copy_waits_with_its_acknowledgement) {
  Kept stage;
  stage.sends(2, {1, 2, 6});
  BOOST_TEST(stage.printed().empty());
  BOOST_TEST(stage.transport.acked[Stage::id(2)] == 0U);
  stage.silence();
  BOOST_TEST(stage.printed() == "1 2 6 ");
  BOOST_TEST(stage.transport.acked[Stage::id(2)] == 3U);
  BOOST_TEST(!stage.subscriber->deadline().has_value());
}

BOOST_AUTO_TEST_CASE(a_copy_is_acknowledged_and_not_printed) {
  Kept stage;
  stage.sends(2, {1, 2, 6, 3});
  stage.silence();
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

BOOST_AUTO_TEST_CASE(what_waits_behind_the_last_message_that_is_wanted_is_not_acknowledged) {
  Kept stage({.count = 7});
  stage.sends(2, {1, 2, 6});
  stage.silence();
  BOOST_TEST(stage.printed() == "1 2 ");
  BOOST_TEST(stage.subscriber->done());
  Notice exit;
  stage.subscriber->finish({}, true, stage.now, exit);
  BOOST_TEST(stage.transport.acked[Stage::id(2)] == 2U);
}
