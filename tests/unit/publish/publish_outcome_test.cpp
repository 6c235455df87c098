// SPDX-License-Identifier: Apache-2.0
#include "publish/publish_outcome.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace mqfail;

namespace {

struct Concluded {
  explicit Concluded(const PublishOutcome& outcome, const Ending& ending = {}, bool reached = true)
      : status(outcome.conclude(ending, reached, exit)) {}
  Notice exit;
  int status;
};

}  // namespace

BOOST_AUTO_TEST_CASE(zero_means_that_every_message_of_the_whole_input_is_acknowledged) {
  BOOST_TEST(Concluded({.published = 3, .acked = 3}).status == 0);
  BOOST_TEST(Concluded({.published = 3, .acked = 2, .unsettled = 1}).status == 75);
  BOOST_TEST(Concluded({.input_over = false}).status == 75);
}

BOOST_AUTO_TEST_CASE(the_status_without_any_server_is_69) {
  BOOST_TEST(Concluded({.unsettled = 1}, {}, false).status == 69);
}

BOOST_AUTO_TEST_CASE(a_possible_loss_at_qos_0_is_75_unless_it_is_allowed) {
  BOOST_TEST(Concluded({.lost_max = 5}).status == 75);
  BOOST_TEST(Concluded({.lost_max = 5, .allow_loss = true}).status == 0);
}

BOOST_AUTO_TEST_CASE(the_reason_says_how_many_messages_which_servers_did_not_acknowledge) {
  BOOST_TEST(Concluded({.unsettled = 1}).exit.reason ==
             "1 message is not acknowledged by any server");
  BOOST_TEST(Concluded({.unsettled = 2, .acks = 3}).exit.reason ==
             "2 messages are not acknowledged by 3 servers");
}

BOOST_AUTO_TEST_CASE(messages_that_the_spool_keeps_are_said_to_be_there) {
  const PublishOutcome all{.unsettled = 2, .kept = 2, .spooled = true};
  BOOST_TEST(Concluded(all).exit.reason ==
             "2 messages are not acknowledged by any server; the spool keeps them");
  // One has failed, and the spool does not keep that one.
  const PublishOutcome some{.unsettled = 2, .kept = 1, .spooled = true};
  BOOST_TEST(Concluded(some).exit.reason == "2 messages are not acknowledged by any server");
}

BOOST_AUTO_TEST_CASE(only_a_run_with_a_spool_says_what_is_spooled) {
  BOOST_TEST(Concluded({}).exit.more.size() == 5U);
  const Concluded with({.kept = 4, .spooled = true});
  BOOST_REQUIRE(with.exit.more.size() == 6U);
  BOOST_TEST(with.exit.more.back().first == "spooled");
  BOOST_TEST(std::get<std::int64_t>(with.exit.more.back().second) == 4);
}

BOOST_AUTO_TEST_CASE(a_failed_file_is_told_before_anything_else) {
  const Concluded failed({.unsettled = 1, .io_failure = "--undelivered could not be written"},
                         {.how = Ending::How::timed_out});
  BOOST_TEST(failed.status == 74);
  BOOST_TEST(failed.exit.reason == "--undelivered could not be written");
}

BOOST_AUTO_TEST_CASE(the_time_limit_is_27_and_refused_credentials_are_77) {
  BOOST_TEST(Concluded({.unsettled = 1}, {.how = Ending::How::timed_out}).status == 27);
  BOOST_TEST(Concluded({}, {.how = Ending::How::timed_out}).status == 0);
  BOOST_TEST(Concluded({}, {.how = Ending::How::gave_up, .error = ErrorKind::denied}).status == 77);
}
