// SPDX-License-Identifier: Apache-2.0
// A server is not silent while our question is still on its way to it.
#include "transport/wire/ping_progress.hpp"

#include <boost/test/unit_test.hpp>

using namespace mqfail;

BOOST_AUTO_TEST_CASE(a_ping_that_comes_nearer_at_each_look_is_late) {
  PingProgress progress;
  progress.asked(1000, 500);
  BOOST_TEST(progress.is_late(1001));
  BOOST_TEST(progress.is_late(1400));
  BOOST_TEST(progress.is_late(1500));   // it got there since the last look
  BOOST_TEST(!progress.is_late(1500));  // from here on only an answer helps
  BOOST_TEST(!progress.is_late(2000));
}

BOOST_AUTO_TEST_CASE(a_server_that_takes_no_more_is_silent) {
  PingProgress progress;
  progress.asked(1000, 500);
  BOOST_TEST(progress.is_late(1100));
  BOOST_TEST(!progress.is_late(1100));
  BOOST_TEST(progress.is_late(1101));  // it has begun to take again
}

BOOST_AUTO_TEST_CASE(a_ping_that_got_there_before_the_first_look_is_not_late) {
  PingProgress progress;
  BOOST_TEST(!progress.is_late(1));  // nothing was asked
  progress.asked(1000, 2);
  BOOST_TEST(!progress.is_late(1002));
}
