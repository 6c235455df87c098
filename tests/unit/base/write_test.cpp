// SPDX-License-Identifier: Apache-2.0
// A write to a pipe that nobody empties ends at a signal that ends the process, or after its time.
#include "base/write.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <chrono>
#include <string>
#include <thread>

using namespace mqfail;
using namespace std::chrono_literals;

namespace {

struct Pipe {
  Pipe() { BOOST_REQUIRE(pipe(ends.data()) == 0); }
  ~Pipe() {
    for (const int end : ends) close(end);
  }
  void make_nonblocking() const { fcntl(ends[1], F_SETFL, O_NONBLOCK); }
  std::array<int, 2> ends{};
};

const std::string kMore(1 << 20, 'x');  // more than a pipe takes

}  // namespace

BOOST_AUTO_TEST_CASE(a_pipe_that_is_emptied_gets_everything) {
  for (const bool blocking : {true, false}) {
    const Pipe pipe;
    if (!blocking) pipe.make_nonblocking();
    std::size_t got = 0;
    std::thread reader([&] {
      std::array<char, 5000> room;
      for (ssize_t n = 0;
           got < kMore.size() && (n = read(pipe.ends[0], room.data(), room.size())) > 0;)
        got += static_cast<std::size_t>(n);
    });
    const int failed = write_unless_ended(pipe.ends[1], kMore);
    reader.join();
    BOOST_TEST(failed == 0);
    BOOST_TEST(got == kMore.size());
  }
}

BOOST_AUTO_TEST_CASE(a_pipe_that_nobody_empties_is_given_up_after_its_time) {
  const Pipe pipe;
  BOOST_TEST(write_unless_ended(pipe.ends[1], kMore, 200ms) == EAGAIN);
}

BOOST_AUTO_TEST_CASE(a_blocked_signal_that_ends_the_process_ends_the_write) {
  sigset_t set, before;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGUSR1}) sigaddset(&set, number);
  pthread_sigmask(SIG_BLOCK, &set, &before);
  const Pipe pipe;
  pthread_kill(pthread_self(), SIGUSR1);
  BOOST_TEST(write_unless_ended(pipe.ends[1], kMore, 200ms) == EAGAIN);
  for (const int number : {SIGINT, SIGTERM}) {
    pthread_kill(pthread_self(), number);
    BOOST_TEST(write_unless_ended(pipe.ends[1], kMore) == EINTR);
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, number);
    BOOST_TEST(sigwaitinfo(&one, nullptr) == number);
    BOOST_TEST(!end_waits());
  }
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigwaitinfo(&set, nullptr);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written_is_told) {
  const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  BOOST_TEST(write_unless_ended(full, "x") == ENOSPC);
  close(full);
}
