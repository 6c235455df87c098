// SPDX-License-Identifier: Apache-2.0
// Paho's receive thread: there is one, and a thread that waits for its next round does not miss it.
#include "transport/paho_seams/receiver.hpp"

#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <future>
#include <string>
#include <thread>

#include "transport/wire/clock.hpp"

using namespace mqfail;
using namespace std::chrono_literals;

// Of Paho; the linker sends it through the seam.
extern "C" void Thread_start(void* (*function)(void*), void* argument);

namespace {

// What Paho starts first is its receive thread, which never ends; here it only waits to be woken.
std::thread::id receiver() {
  static std::promise<std::thread::id> begun;
  static std::atomic<bool> first = true;
  static const std::thread::id id = [] {
    Thread_start(
        [](void* /*argument*/) -> void* {
          if (first.exchange(false)) begun.set_value(std::this_thread::get_id());
          usleep(100'000);
          return nullptr;
        },
        nullptr);
    return begun.get_future().get();
  }();
  return id;
}

}  // namespace

BOOST_AUTO_TEST_CASE(paho_has_one_thread_and_what_else_it_starts_runs_at_once) {
  BOOST_TEST((receiver() != std::this_thread::get_id()));
  std::thread::id told;
  Thread_start(
      [](void* argument) -> void* {
        *static_cast<std::thread::id*>(argument) = std::this_thread::get_id();
        return nullptr;
      },
      &told);
  BOOST_TEST((told == std::this_thread::get_id()));
}

// With one processor for both, the receiver is often back before the one that woke it goes on.
BOOST_AUTO_TEST_CASE(a_round_of_the_receive_thread_is_not_missed) {
  receiver();
  cpu_set_t before, one;
  BOOST_REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
  const auto all_threads_on = [](const cpu_set_t& cpus) {
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task"))
      sched_setaffinity(std::stoi(task.path().filename()), sizeof cpus, &cpus);
  };
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu)
    if (CPU_ISSET(cpu, &before)) CPU_SET(cpu, &one);
  all_threads_on(one);
  int missed = 0;
  for (int i = 0; i < 500; ++i) {
    const TimePoint begin = wire_now();
    usleep(100'000);  // as Paho waits for the receive thread to begin
    if (wire_now() - begin >= 100ms) ++missed;
  }
  all_threads_on(before);
  BOOST_TEST(missed == 0);
}
