// SPDX-License-Identifier: Apache-2.0
#include "tool/signals.hpp"

#include <signal.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

using namespace mqfail;

BOOST_AUTO_TEST_CASE(blocked_signals_are_read_and_closed_pipes_are_errors) {
  auto signals = Signals::block();
  BOOST_REQUIRE(signals);
  BOOST_TEST(!signals->take());
  ::kill(::getpid(), SIGTERM);
  ::kill(::getpid(), SIGUSR1);
  BOOST_TEST(signals->take().value_or(0) == SIGUSR1);
  BOOST_TEST(signals->take().value_or(0) == SIGTERM);
  BOOST_TEST(!signals->take());

  int ends[2];
  BOOST_REQUIRE(::pipe(ends) == 0);
  ::close(ends[0]);
  BOOST_TEST(::write(ends[1], "x", 1) == -1);
  ::close(ends[1]);
}
