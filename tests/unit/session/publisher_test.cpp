// SPDX-License-Identifier: Apache-2.0
// The publisher against a scripted transport: what a real server will not do on demand.
#include "session/publisher.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "quiet_transport.hpp"

using namespace mqfail;
using namespace std::chrono_literals;

namespace {

/// Takes every message and acknowledges what the test says.
class ScriptedTransport final : public QuietTransport {
 public:
  std::optional<std::uint16_t> publish(AttemptId attempt, const Message& message) override {
    sent.emplace_back(message.payload);
    sent_on.push_back(attempt);
    return static_cast<std::uint16_t>(message.qos > 0 ? ++last_id : 0);
  }
  std::size_t backlog(AttemptId) const override { return waiting; }
  void take_acknowledged(AttemptId attempt, std::vector<Acknowledged>& into) override {
    if (only && *only != attempt) return;
    into = std::exchange(acknowledged, {});
  }

  std::vector<std::string> sent;
  std::vector<AttemptId> sent_on;
  std::optional<AttemptId> only;  // whose acknowledgements they are
  std::vector<Acknowledged> acknowledged;
  std::uint16_t last_id = 0;
  std::size_t waiting = 0;  // bytes that the kernel has not taken
};

struct Stage {
  explicit Stage(int qos, std::uint64_t messages = 5, PublisherSettings settings = {}) {
    settings.topic = "t";
    settings.qos = qos;
    publisher = std::make_unique<Publisher>(
        std::move(settings), std::make_unique<RepeatSource>("x", messages, Duration::zero()),
        transport, deaf);
  }
  std::optional<Reason> online(std::uint64_t attempt, ConnectionFacts facts = {},
                               const std::string& host = "h") {
    return publisher->online(AttemptId{attempt}, Server{.host = host}, attempt, facts, now);
  }
  void answer(std::uint64_t attempt, std::vector<Acknowledged> acknowledged) {
    transport.only = AttemptId{attempt};
    transport.acknowledged = std::move(acknowledged);
    publisher->pump(now);
  }
  std::size_t sent_on(std::uint64_t attempt) const {
    return static_cast<std::size_t>(
        std::count(transport.sent_on.begin(), transport.sent_on.end(), AttemptId{attempt}));
  }
  int finish(bool reached) {
    Notice exit;
    return publisher->finish({}, reached, now, exit);
  }
  ScriptedTransport transport;
  Deaf deaf;
  TimePoint now{};
  std::unique_ptr<Publisher> publisher;
};

}  // namespace

BOOST_AUTO_TEST_CASE(done_means_acknowledged) {
  Stage stage(1);
  stage.online(1);
  stage.publisher->pump(stage.now);
  BOOST_TEST(stage.transport.sent.size() == 5U);
  BOOST_TEST(!stage.publisher->done());
  for (std::uint16_t id = 1; id <= 5; ++id) stage.transport.acknowledged.push_back({id, 0});
  stage.publisher->pump(stage.now);
  BOOST_TEST(stage.publisher->done());
  BOOST_TEST(stage.finish(true) == 0);
}

BOOST_AUTO_TEST_CASE(what_the_first_server_left_open_goes_to_the_second) {
  Stage stage(1);
  stage.online(1);
  stage.publisher->pump(stage.now);
  stage.transport.acknowledged.push_back({1, 0});
  stage.publisher->offline(AttemptId{1}, stage.now);
  stage.transport.sent.clear();
  stage.online(2);
  stage.publisher->pump(stage.now);
  BOOST_TEST(stage.transport.sent.size() == 4U);  // what came at the last moment counted
}

BOOST_AUTO_TEST_CASE(the_servers_receive_maximum_bounds_what_is_open) {
  Stage stage(1);
  stage.online(1, {.receive_maximum = 2});
  stage.publisher->pump(stage.now);
  BOOST_TEST(stage.transport.sent.size() == 2U);
  stage.transport.acknowledged.push_back({1, 0});
  stage.publisher->pump(stage.now);
  BOOST_TEST(stage.transport.sent.size() == 3U);
}

BOOST_AUTO_TEST_CASE(qos_2_on_3_1_1_keeps_to_twenty) {
  Stage stage(2, 50);
  stage.online(1, {.protocol = Protocol::mqtt311});
  stage.publisher->pump(stage.now);
  BOOST_TEST(stage.transport.sent.size() == 20U);
}

BOOST_AUTO_TEST_CASE(a_server_that_cannot_keep_the_asked_qos_is_unfit) {
  Stage stage(2);
  const auto reason = stage.online(1, {.maximum_qos = 1});
  BOOST_REQUIRE(reason.has_value());
  BOOST_TEST((reason->cause == Cause::unfit));
}

BOOST_AUTO_TEST_CASE(a_message_left_unacknowledged_too_long_makes_the_server_lost) {
  Stage stage(1);
  stage.online(1);
  stage.publisher->pump(stage.now);
  stage.now += 9999ms;
  BOOST_TEST(stage.publisher->pump(stage.now).empty());
  stage.now += 1ms;
  const auto trouble = stage.publisher->pump(stage.now);
  BOOST_REQUIRE(trouble.size() == 1U);
  BOOST_TEST((trouble[0].reason.cause == Cause::ack_timeout));
}

// As long as it still takes in what it was sent, as with a giant message, it is not late.
BOOST_AUTO_TEST_CASE(the_time_for_an_acknowledgement_begins_when_everything_is_sent) {
  Stage stage(1);
  stage.online(1);
  stage.transport.waiting = 1000;
  for (int second = 0; second < 30; ++second) {
    BOOST_TEST(stage.publisher->pump(stage.now).empty());
    stage.now += 1s;
  }
  BOOST_TEST(stage.publisher->pump(stage.now).empty());
  stage.transport.waiting = 0;
  stage.now += 9999ms;
  BOOST_TEST(stage.publisher->pump(stage.now).empty());
  stage.now += 1ms;
  BOOST_TEST(stage.publisher->pump(stage.now).size() == 1U);
}

BOOST_AUTO_TEST_CASE(at_qos_0_only_an_answered_ping_is_proof) {
  Stage stage(0);
  stage.online(1);
  stage.publisher->pump(stage.now);
  BOOST_TEST(stage.transport.pings == 1U);
  BOOST_TEST(!stage.publisher->done());
  stage.transport.answered = 1;
  stage.publisher->pump(stage.now);
  BOOST_TEST(stage.publisher->done());
  BOOST_TEST(stage.finish(true) == 0);
}

BOOST_AUTO_TEST_CASE(unproven_messages_of_a_lost_connection_are_told_and_make_75) {
  Stage stage(0);
  stage.online(1);
  stage.publisher->pump(stage.now);
  stage.publisher->offline(AttemptId{1}, stage.now);
  BOOST_REQUIRE(stage.deaf.names.size() == 1U);
  BOOST_TEST((stage.deaf.names[0] == NoticeName::dropped));
  BOOST_TEST(stage.finish(true) == 75);
}

BOOST_AUTO_TEST_CASE(allow_loss_makes_it_0) {
  Stage stage(0, 5, {.allow_loss = true});
  stage.online(1);
  stage.publisher->pump(stage.now);
  stage.publisher->offline(AttemptId{1}, stage.now);
  BOOST_TEST(stage.finish(true) == 0);
}

BOOST_AUTO_TEST_CASE(no_subscriber_is_settled_and_a_bad_payload_is_not) {
  Stage stage(1, 2);
  stage.online(1);
  stage.publisher->pump(stage.now);
  stage.transport.acknowledged = {{1, 0x10}, {2, 0x99}};
  stage.publisher->pump(stage.now);
  BOOST_TEST(stage.publisher->done());
  BOOST_TEST(stage.finish(true) == 75);
}

BOOST_AUTO_TEST_CASE(a_server_that_refuses_a_message_is_left_until_all_have_refused_it) {
  Stage stage(1, 1, {.servers = 2});
  stage.online(1, {}, "a");
  stage.publisher->pump(stage.now);
  stage.transport.acknowledged = {{1, 0x97}};
  const auto trouble = stage.publisher->pump(stage.now);
  BOOST_REQUIRE(trouble.size() == 1U);
  BOOST_TEST((trouble[0].reason.cause == Cause::ack_refused));
  stage.publisher->offline(AttemptId{1}, stage.now);
  stage.online(3, {}, "a");  // once more the same one says nothing about the other
  stage.publisher->pump(stage.now);
  stage.transport.acknowledged = {{2, 0x97}};
  BOOST_TEST(stage.publisher->pump(stage.now).size() == 1U);
  stage.publisher->offline(AttemptId{3}, stage.now);
  stage.online(2, {}, "b");
  stage.publisher->pump(stage.now);
  stage.transport.acknowledged = {{3, 0x97}};
  BOOST_TEST(stage.publisher->pump(stage.now).empty());
  BOOST_TEST(stage.finish(true) == 75);
}

BOOST_AUTO_TEST_CASE(the_drain_timeout_ends_a_wait_and_69_means_that_nobody_was_reached) {
  Stage stage(1);
  stage.publisher->pump(stage.now);
  stage.now += 10s;
  stage.publisher->pump(stage.now);
  BOOST_TEST(stage.publisher->done());
  BOOST_TEST(stage.finish(false) == 69);
}

BOOST_AUTO_TEST_CASE(a_message_larger_than_the_server_takes_has_failed) {
  Stage stage(1, 1);
  stage.online(1, {.maximum_packet_size = 8});
  stage.publisher->pump(stage.now);
  BOOST_TEST(stage.transport.sent.empty());
  BOOST_TEST(stage.finish(true) == 75);
}

BOOST_AUTO_TEST_CASE(with_acks_2_a_message_is_settled_by_two_servers_and_not_by_one_twice) {
  Stage stage(1, 1, {.acks = 2, .servers = 3});
  stage.online(1, {}, "a");
  stage.online(2, {}, "b");
  stage.publisher->pump(stage.now);
  BOOST_TEST(stage.transport.sent.size() == 2U);
  stage.answer(1, {{1, 0}});
  BOOST_TEST(!stage.publisher->done());
  stage.publisher->offline(AttemptId{1}, stage.now);
  stage.online(3, {}, "a");  // it comes back: it has the message
  stage.publisher->pump(stage.now);
  BOOST_TEST(stage.sent_on(3) == 0U);
  stage.publisher->offline(AttemptId{3}, stage.now);
  stage.online(4, {}, "c");
  stage.publisher->pump(stage.now);
  BOOST_TEST(stage.sent_on(4) == 1U);
  stage.answer(4, {{3, 0}});
  BOOST_TEST(stage.publisher->done());
  BOOST_TEST(stage.finish(true) == 0);
}

BOOST_AUTO_TEST_CASE(with_acks_each_server_gets_everything_in_order_at_its_own_pace) {
  Stage stage(1, 5, {.acks = 2, .servers = 2});
  stage.online(1, {.receive_maximum = 1}, "a");
  stage.online(2, {}, "b");
  stage.publisher->pump(stage.now);
  BOOST_TEST(stage.sent_on(1) == 1U);
  BOOST_TEST(stage.sent_on(2) == 5U);
}

BOOST_AUTO_TEST_CASE(what_has_expired_still_counts_for_the_receive_maximum) {
  Stage stage(1, 5, {.timeout = 1s});
  stage.online(1, {.receive_maximum = 2});
  stage.publisher->pump(stage.now);
  stage.now += 1s;
  stage.publisher->pump(stage.now);
  stage.publisher->pump(stage.now);
  BOOST_TEST(stage.transport.sent.size() == 2U);  // the server may not have more open
  stage.answer(1, {{1, 0}, {2, 0}});
  BOOST_TEST(stage.finish(true) == 75);
}

BOOST_AUTO_TEST_CASE(the_properties_count_for_the_maximum_packet_size) {
  PublisherSettings settings;
  settings.properties.user = {{"key", std::string(100, 'v')}};
  Stage stage(1, 1, settings);
  // 2 fixed, 3 topic, 2 id, 1 + 108 properties, 1 payload
  stage.online(1, {.maximum_packet_size = 117});
  stage.publisher->pump(stage.now);
  BOOST_TEST(stage.transport.sent.size() == 1U);
  Stage tight(1, 1, settings);
  tight.online(1, {.maximum_packet_size = 116});
  tight.publisher->pump(tight.now);
  BOOST_TEST(tight.transport.sent.empty());
  BOOST_TEST(tight.finish(true) == 75);
}

// ---- a server that is left for a better one: its lane ends before the next begins

BOOST_AUTO_TEST_CASE(while_a_server_is_left_nothing_new_is_sent_and_nothing_twice) {
  Stage stage(1, 5);
  stage.online(1, {.receive_maximum = 2}, "a");
  stage.publisher->pump(stage.now);
  BOOST_TEST(stage.sent_on(1) == 2U);
  stage.online(2, {}, "b");
  stage.publisher->leave(AttemptId{1}, stage.now);
  stage.publisher->pump(stage.now);
  BOOST_TEST(stage.transport.sent.size() == 2U);
  stage.answer(1, {{1, 0}});
  BOOST_TEST(stage.transport.sent.size() == 2U);
  BOOST_TEST(stage.transport.disconnected.empty());
  stage.answer(1, {{2, 0}});
  BOOST_TEST((stage.transport.disconnected == std::vector{AttemptId{1}}));
  BOOST_TEST(stage.sent_on(2) == 3U);
  BOOST_TEST(!stage.publisher->done());
  stage.answer(2, {{3, 0}, {4, 0}, {5, 0}});
  BOOST_TEST(stage.finish(true) == 0);
}

BOOST_AUTO_TEST_CASE(what_a_server_that_is_left_does_not_acknowledge_in_time_goes_to_the_next) {
  Stage stage(1, 3);
  stage.online(1, {}, "a");
  stage.publisher->pump(stage.now);
  stage.online(2, {}, "b");
  stage.publisher->leave(AttemptId{1}, stage.now);
  stage.answer(1, {{2, 0}});
  BOOST_REQUIRE(stage.publisher->deadline().has_value());
  BOOST_TEST((*stage.publisher->deadline() == stage.now + 1s));
  stage.now += 1s;
  stage.publisher->pump(stage.now);
  BOOST_TEST((stage.transport.disconnected == std::vector{AttemptId{1}}));
  BOOST_TEST(stage.sent_on(2) == 2U);
  stage.answer(2, {{4, 0}, {5, 0}});
  BOOST_TEST(stage.finish(true) == 0);
}

BOOST_AUTO_TEST_CASE(at_qos_0_a_server_is_left_once_a_ping_proves_what_it_has) {
  Stage stage(0, 5);
  stage.online(1, {}, "a");
  stage.publisher->pump(stage.now);
  stage.online(2, {}, "b");
  stage.publisher->leave(AttemptId{1}, stage.now);
  stage.publisher->pump(stage.now);
  BOOST_TEST(stage.transport.disconnected.empty());
  stage.transport.answered = stage.transport.pings;
  stage.publisher->pump(stage.now);
  BOOST_TEST((stage.transport.disconnected == std::vector{AttemptId{1}}));
  BOOST_TEST(stage.finish(true) == 0);
}

BOOST_AUTO_TEST_CASE(of_two_servers_that_are_left_the_slower_one_is_waited_for) {
  Stage stage(1, 4, {.acks = 2, .servers = 3});
  stage.online(1, {.receive_maximum = 2}, "a");
  stage.online(2, {.receive_maximum = 2}, "b");
  stage.publisher->pump(stage.now);
  stage.publisher->leave(AttemptId{1}, stage.now);
  stage.publisher->leave(AttemptId{2}, stage.now);
  stage.online(3, {}, "c");
  stage.answer(1, {{1, 0}, {3, 0}});
  BOOST_TEST(stage.transport.disconnected.size() == 1U);
  BOOST_TEST(stage.sent_on(3) == 0U);
  stage.answer(2, {{2, 0}, {4, 0}});
  BOOST_TEST(stage.transport.disconnected.size() == 2U);
  BOOST_TEST(stage.sent_on(3) == 2U);  // the first two have their two acknowledgements
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_not_ours_is_left_at_once) {
  Stage stage(1);
  stage.publisher->leave(AttemptId{7}, stage.now);
  BOOST_TEST((stage.transport.disconnected == std::vector{AttemptId{7}}));
}

BOOST_AUTO_TEST_CASE(a_run_that_ends_before_it_has_taken_its_message_counts_it) {
  for (const int qos : {0, 1}) {
    Stage stage(qos, 1);
    Notice exit;
    BOOST_TEST(stage.publisher->finish({Ending::How::gave_up}, false, stage.now, exit) == 69);
    const auto unsettled = std::find_if(exit.more.begin(), exit.more.end(),
                                        [](const auto& one) { return one.first == "unsettled"; });
    BOOST_REQUIRE((unsettled != exit.more.end()));
    BOOST_TEST(std::get<std::int64_t>(unsettled->second) == 1);
  }
}
