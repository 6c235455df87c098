// SPDX-License-Identifier: Apache-2.0
// --remove-retained against a scripted transport: when an empty message goes back, to whom, and
// what counts as left.
#include "subscribe/retained_removal.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <string>
#include <vector>

#include "unit/session/quiet_transport.hpp"

using namespace mqfail;
using namespace std::chrono_literals;

namespace {

class Taking final : public QuietTransport {
 public:
  std::optional<std::uint16_t> publish(AttemptId attempt, const Message& message) override {
    BOOST_TEST(message.payload.empty());
    BOOST_TEST(message.retain);
    sent[attempt].emplace_back(message.topic);
    qos = message.qos;
    return static_cast<std::uint16_t>(message.qos > 0 ? ++last_id : 0);
  }
  void take_acknowledged(AttemptId attempt, std::vector<Acknowledged>& into) override {
    into = std::exchange(answers[attempt], {});
  }

  std::map<AttemptId, std::vector<std::string>> sent;
  std::map<AttemptId, std::vector<Acknowledged>> answers;
  std::uint16_t last_id = 0;
  int qos = -1;
};

struct Stage {
  std::size_t sent(std::uint64_t attempt) { return transport.sent[AttemptId{attempt}].size(); }
  void answer(std::uint64_t attempt, std::vector<Acknowledged> all) {
    transport.answers[AttemptId{attempt}] = std::move(all);
  }
  void note_many(std::uint64_t attempt, int count) {
    for (int i = 0; i < count; ++i) removal.note(AttemptId{attempt}, "t/" + std::to_string(i));
  }
  Taking transport;
  Deaf deaf;
  TimePoint now{1h};
  RetainedRemoval removal{transport, deaf};
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_message_is_removed_where_it_came_from_once_it_is_written, Stage) {
  removal.online(AttemptId{1}, "a", {});
  removal.online(AttemptId{2}, "b", {});
  removal.note(AttemptId{2}, "t");
  removal.go_on(now);
  BOOST_TEST(sent(2) == 0U);  // not written yet
  removal.written();
  removal.go_on(now);
  BOOST_TEST(sent(1) == 0U);
  BOOST_TEST(sent(2) == 1U);
  BOOST_TEST(transport.qos == 1);
  BOOST_TEST(removal.is_busy());
  BOOST_TEST(removal.left() == 1U);
  answer(2, {{1, 0}});
  removal.go_on(now);
  BOOST_TEST(!removal.is_busy());
  BOOST_TEST(removal.removed() == 1U);
  BOOST_TEST(removal.left() == 0U);
}

BOOST_FIXTURE_TEST_CASE(no_more_are_under_way_than_the_server_takes, Stage) {
  ConnectionFacts narrow;
  narrow.receive_maximum = 2;
  removal.online(AttemptId{1}, "a", narrow);
  removal.online(AttemptId{2}, "b", {});
  note_many(1, 5);
  note_many(2, 30);
  removal.written();
  removal.go_on(now);
  BOOST_TEST(sent(1) == 2U);
  BOOST_TEST(sent(2) == 20U);
  answer(1, {{1, 0}});
  removal.go_on(now);
  BOOST_TEST(sent(1) == 3U);
  note_many(1, 998);
  BOOST_TEST(removal.is_full(AttemptId{1}));
  BOOST_TEST(!removal.is_full(AttemptId{2}));
}

BOOST_FIXTURE_TEST_CASE(what_a_lost_connection_did_not_acknowledge_is_left, Stage) {
  removal.online(AttemptId{1}, "a", {});
  note_many(1, 3);
  removal.written();
  removal.go_on(now);
  answer(1, {{2, 0}});  // came before the end
  removal.offline(AttemptId{1});
  BOOST_TEST(removal.removed() == 1U);
  BOOST_TEST(removal.left() == 2U);
  BOOST_TEST(!removal.is_busy());
  removal.note(AttemptId{1}, "t");
  BOOST_TEST(removal.left() == 2U);
}

BOOST_FIXTURE_TEST_CASE(a_refusal_is_left_and_told_once, Stage) {
  removal.online(AttemptId{1}, "a", {});
  note_many(1, 2);
  removal.written();
  removal.go_on(now);
  answer(1, {{1, 0x87}, {2, 0x87}});
  removal.go_on(now);
  BOOST_TEST(removal.removed() == 0U);
  BOOST_TEST(removal.left() == 2U);
  BOOST_TEST((deaf.names == std::vector{NoticeName::warning}));
}

BOOST_FIXTURE_TEST_CASE(a_server_that_does_not_answer_is_named_after_ten_seconds, Stage) {
  removal.online(AttemptId{1}, "a", {});
  BOOST_TEST(!removal.deadline().has_value());
  note_many(1, 1);
  removal.written();
  removal.go_on(now);
  BOOST_TEST((removal.deadline() == now + 10s));
  BOOST_TEST(removal.go_on(now + 9999ms).empty());
  const auto troubles = removal.go_on(now + 10s);
  BOOST_TEST_REQUIRE(troubles.size() == 1U);
  BOOST_TEST((troubles[0].attempt == AttemptId{1}));
  BOOST_TEST((troubles[0].reason.cause == Cause::ack_timeout));
}

BOOST_FIXTURE_TEST_CASE(without_acknowledgements_it_is_done_when_it_is_sent, Stage) {
  ConnectionFacts facts;
  facts.maximum_qos = 0;
  removal.online(AttemptId{1}, "a", facts);
  note_many(1, 30);
  removal.written();
  removal.go_on(now);
  BOOST_TEST(sent(1) == 30U);
  BOOST_TEST(removal.removed() == 30U);
  BOOST_TEST(!removal.is_busy());
}
