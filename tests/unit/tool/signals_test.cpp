// SPDX-License-Identifier: Apache-2.0
#include "tool/signals.hpp"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <future>
#include <optional>
#include <thread>

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

  // As glibc makes them for getaddrinfo_a(3): nothing is blocked there.
  std::promise<void> ready, over;
  std::thread other([&] {
    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, nullptr);
    ready.set_value();
    over.get_future().wait();
  });
  ready.get_future().wait();
  for (const int number : {SIGTERM, SIGINT, SIGTERM}) {
    ::kill(::getpid(), number);
    // It may seem to be there before the other thread takes it and hands it back.
    std::optional<int> taken;
    pollfd one{signals->fd(), POLLIN, 0};
    while (!taken && ::poll(&one, 1, 5000) == 1) taken = signals->take();
    BOOST_TEST(taken.value_or(0) == number);
  }
  over.set_value();
  other.join();

  int ends[2];
  BOOST_REQUIRE(::pipe(ends) == 0);
  ::close(ends[0]);
  BOOST_TEST(::write(ends[1], "x", 1) == -1);
  ::close(ends[1]);
}
