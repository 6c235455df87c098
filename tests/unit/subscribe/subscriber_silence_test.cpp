// SPDX-License-Identifier: Apache-2.0
// The subscriber against a scripted transport: a server from which no message comes for the stale
// timeout is lost, and no other one.
#include "subscriber_stage.hpp"

using namespace mqfail;
using namespace mqfail::test;
using namespace std::chrono_literals;

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
