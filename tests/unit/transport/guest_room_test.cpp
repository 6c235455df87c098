// SPDX-License-Identifier: Apache-2.0
// A guest of the receive thread: when it works, what it waits for, and that it goes home. What Paho
// does is done here by hand.
#include "transport/paho_seams/guest_room.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "transport/paho_seams/receiver.hpp"
#include "transport/paho_seams/registry.hpp"
#include "transport/wire/clock.hpp"
#include "transport/wire/wire.hpp"

using namespace mqfail;
using namespace std::chrono_literals;

// Of Paho; the linker sends them through the seams.
extern "C" {
void Thread_start(void* (*function)(void*), void* argument);
int Thread_lock_mutex(void* mutex);
void Socket_outInitialize();
int Socket_addSocket(int fd);
int Socket_close(int fd);
int Socket_getReadySocket(int more_work, int timeout, void* mutex, int* result);
}

namespace {

pthread_mutex_t g_paho_mutex = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t g_socket_mutex = PTHREAD_MUTEX_INITIALIZER;
std::atomic<int> g_last_ready{0};

// As MQTTClient_run: it polls, and sleeps if there was nothing to poll.
void* run(void* /*argument*/) {
  Thread_lock_mutex(&g_paho_mutex);
  for (;;) {
    int result = 0;
    const int ready = Socket_getReadySocket(0, 100, &g_socket_mutex, &result);
    if (ready > 0) {
      std::array<char, 16> bytes{};
      recv(ready, bytes.data(), bytes.size(), 0);
      g_last_ready = ready;
    } else {
      usleep(100'000);
    }
  }
}

void start_receive_thread() {
  static const bool started = [] {
    Socket_outInitialize();
    Thread_start(run, nullptr);
    return true;
  }();
  BOOST_REQUIRE(started);
}

/// Does what it is told, once, when it is woken by its pipe or its time has come.
class Visitor final : public Guest {
 public:
  Visitor() { BOOST_REQUIRE(pipe(pipe_.data()) == 0); }
  ~Visitor() override {
    for (const int fd : pipe_) close(fd);
  }
  Wish work() override {
    ++calls;
    if (!ring_ && wire_now() < until) return Wish::nothing;
    ring_ = false;
    until = TimePoint::max();
    return task();
  }
  TimePoint add(std::vector<pollfd>& fds) override {
    fds.push_back({pipe_[0], POLLIN, 0});
    return until;
  }
  void after(const pollfd* fds, std::size_t count) override {
    BOOST_TEST(count == 1U);
    if (fds[0].revents == 0) return;
    char byte = 0;
    ring_ = read(pipe_[0], &byte, 1) == 1;
  }
  // On another thread than Boost's checks.
  void ring() const {
    if (write(pipe_[1], "x", 1) != 1) std::abort();
  }

  std::function<Wish()> task;
  TimePoint until = TimePoint::max();
  std::atomic<int> calls{0};

 private:
  std::array<int, 2> pipe_{};
  bool ring_ = false;
};

}  // namespace

BOOST_AUTO_TEST_CASE(without_a_receive_thread_no_guest_is_taken_in) {
  Visitor visitor;
  BOOST_TEST(!take_in(visitor));
}

// There is no descriptor: Paho only sleeps.
BOOST_AUTO_TEST_CASE(a_guest_works_on_the_receive_thread_until_it_goes_home) {
  start_receive_thread();
  Visitor visitor;
  std::thread::id at_work{};
  bool is_paho = true, is_thread = false;
  int works = 0;
  visitor.task = [&] {
    at_work = std::this_thread::get_id();
    is_paho = is_receiver();
    is_thread = is_receive_thread();
    return ++works < 3 ? Guest::Wish::look : Guest::Wish::home;
  };
  std::thread bell([&] {
    for (int i = 0; i < 3; ++i) visitor.ring();
  });
  while (!take_in(visitor)) std::this_thread::yield();  // the thread has only just started
  bell.join();
  BOOST_TEST(works == 3);
  BOOST_TEST((at_work != std::this_thread::get_id()));
  BOOST_TEST(!is_paho);
  BOOST_TEST(is_thread);
  BOOST_TEST(guest() == nullptr);
}

BOOST_AUTO_TEST_CASE(a_guest_works_when_its_time_has_come) {
  start_receive_thread();
  Visitor visitor;
  const TimePoint due = wire_now() + 20ms;
  visitor.until = due;
  TimePoint worked{};
  visitor.task = [&] {
    worked = wire_now();
    return Guest::Wish::home;
  };
  BOOST_REQUIRE(take_in(visitor));
  BOOST_TEST((worked >= due));
}

// As a guest that writes to a disk which stands still: the thread that waits for it sends the
// pings.
BOOST_AUTO_TEST_CASE(the_pings_of_a_guest_that_is_held_up_are_sent) {
  start_receive_thread();
  std::array<int, 2> ends{};
  BOOST_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
  const auto wire = std::make_shared<Wire>(ends[0], 40ms, false, WireCallbacks{});
  register_wire(wire);
  wire->append("\x10", 1);  // the first byte of a CONNECT
  wire->flush();
  std::string came;
  Visitor visitor;
  visitor.task = [&] {
    pollfd end{ends[1], POLLIN, 0};
    while (came.size() < 5 && poll(&end, 1, 5000) == 1) {
      std::array<char, 16> bytes{};
      came.append(bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(
                                    0, read(ends[1], bytes.data(), bytes.size()))));
    }
    return Guest::Wish::home;
  };
  visitor.ring();
  BOOST_REQUIRE(take_in(visitor));
  BOOST_TEST(came == std::string("\x10\xc0\0\xc0\0", 5));
  wire->detach();
  forget_wire(ends[0]);
  for (const int fd : ends) close(fd);
}

// What comes for Paho is read, and then the guest is asked before the next wait. A guest may close
// a connection, as any thread may: Paho's poll set is not touched under it.
BOOST_AUTO_TEST_CASE(a_guest_is_asked_after_each_round_and_may_close_a_connection) {
  start_receive_thread();
  std::array<int, 2> ends{};
  BOOST_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
  const auto wire = std::make_shared<Wire>(ends[0], 0s, false, WireCallbacks{});
  register_wire(wire);
  BOOST_REQUIRE(Socket_addSocket(ends[0]) == 0);
  wake_receiver();
  Visitor visitor;
  int round = 0, calls = 0;
  visitor.task = [&] {
    if (++round == 1) {
      BOOST_TEST(send(ends[1], "x", 1, 0) == 1);
      calls = visitor.calls;
      visitor.until = wire_now() + 10s;
      return Guest::Wish::look;
    }
    Socket_close(ends[0]);
    return Guest::Wish::home;
  };
  visitor.ring();
  std::thread bell([&] {
    while (g_last_ready != ends[0]) std::this_thread::yield();
    visitor.ring();
  });
  BOOST_REQUIRE(take_in(visitor));
  bell.join();
  BOOST_TEST(round == 2);
  BOOST_TEST(visitor.calls > calls);
  BOOST_TEST(find_wire(ends[0]) == nullptr);
  // Its number is given back by the receive thread in its next round, and then the other end sees
  // the end.
  pollfd end{ends[1], POLLIN, 0};
  BOOST_TEST(poll(&end, 1, 5000) == 1);
  BOOST_TEST((end.revents & POLLHUP) != 0);
  close(ends[1]);
}
