// SPDX-License-Identifier: Apache-2.0
// Threads and descriptors that the system refuses: that attempt fails with a reason, and the next
// one is tried.
#include <dlfcn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cerrno>

#include "loopback.hpp"
#include "policy/reason.hpp"
#include "recorded_events.hpp"
#include "transport/paho_transport.hpp"

using namespace mqfail;
using test::Listener;
using test::RecordedEvents;
using test::settings;

namespace {

std::atomic<int> g_refused_at{0};  // the how-manieth thread from now on; 0: none

}  // namespace

// In place of glibc's, also for std::thread.
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                              void* (*function)(void*), void* argument) {
  if (g_refused_at > 0 && --g_refused_at == 0) return EAGAIN;
  static const auto real =
      reinterpret_cast<int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)>(
          dlsym(RTLD_NEXT, "pthread_create"));
  return real(thread, attributes, function, argument);
}

// First of all, while Paho has no receive thread yet.
BOOST_AUTO_TEST_CASE(
    a_receive_thread_that_cannot_start_fails_the_attempt_and_the_next_tries_again) {
  RecordedEvents events;
  Listener listener;
  PahoTransport transport(events);
  g_refused_at = 2;  // the attempt's own is the first
  transport.connect(AttemptId{1}, listener.server(), settings(), Protocol::mqtt5);
  const Reason reason = events.failure_of(AttemptId{1});
  BOOST_TEST(g_refused_at == 0);
  BOOST_TEST((reason.cause == Cause::local));
  BOOST_TEST(describe(reason) == "no thread can be started (ulimit -u)");
  transport.connect(AttemptId{2}, listener.server(), settings(), Protocol::mqtt5);
  const int peer = listener.accept();  // of the first
  const int next = listener.accept();
  char byte = 0;
  BOOST_TEST(recv(next, &byte, 1, 0) == 1);  // its CONNECT
  BOOST_TEST(byte == '\x10');
  close(next);
  close(peer);
  BOOST_TEST((events.failure_of(AttemptId{2}).cause != Cause::local));
}

BOOST_AUTO_TEST_CASE(an_attempt_whose_thread_cannot_start_fails_with_the_reason) {
  RecordedEvents events;
  Listener listener;
  PahoTransport transport(events);
  g_refused_at = 1;
  transport.connect(AttemptId{1}, listener.server(), settings(), Protocol::mqtt5);
  const Reason reason = events.failure_of(AttemptId{1});
  BOOST_TEST((reason.cause == Cause::local));
  BOOST_TEST(describe(reason) == "no thread can be started (ulimit -u)");
  transport.abandon(AttemptId{1});
}

BOOST_AUTO_TEST_CASE(an_attempt_without_descriptors_fails_with_the_reason_and_the_next_is_tried) {
  RecordedEvents events;
  Listener listener;
  PahoTransport transport(events);
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const int lowest = dup(0);
  close(lowest);
  for (rlim_t more = 0; more < 2; ++more) {  // for nothing; for the switch and not for the socket
    const rlimit few{static_cast<rlim_t>(lowest) + more, before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &few);
    const auto attempt = AttemptId{more + 1};
    transport.connect(attempt, listener.server(), settings(), Protocol::mqtt5);
    const Reason reason = events.failure_of(attempt);
    BOOST_TEST((reason.cause == Cause::local));
    BOOST_TEST(describe(reason) == "too many open files");
    transport.abandon(attempt);
    setrlimit(RLIMIT_NOFILE, &before);
  }
  transport.connect(AttemptId{9}, listener.server(), settings(), Protocol::mqtt5);
  const int peer = listener.accept();
  close(peer);
  BOOST_TEST((events.failure_of(AttemptId{9}).cause != Cause::local));
}
