// SPDX-License-Identifier: Apache-2.0
#include "transport/paho_seams/guest_room.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "transport/paho_seams/receiver.hpp"
#include "transport/paho_seams/registry.hpp"
#include "transport/wire/clock.hpp"

namespace mqfail {
namespace {

std::atomic<Guest*> g_guest{nullptr};  // changed under g_mutex
// Never destroyed: the receive thread outlives main().
std::mutex& g_mutex = *new std::mutex;
std::condition_variable& g_went_home = *new std::condition_variable;

// Bounds what is missed when a connection is made, or its server asks for a shorter keepalive,
// after the next look was settled.
constexpr Duration kLongestWithout = std::chrono::seconds(1);
constexpr Duration kLongest = std::chrono::seconds(10);

// Sends the pings that are late. How long to wait until the next look.
Duration ping_in_its_place() {
  const TimePoint now = wire_now();
  const auto wires = all_wires();
  TimePoint next = now + (wires.empty() ? kLongestWithout : kLongest);
  for (const auto& wire : wires) next = std::min(next, wire->ping_if_late(now));
  return next - now;
}

}  // namespace

bool take_in(Guest& guest) {
  if (!has_receiver()) return false;
  std::unique_lock lock(g_mutex);
  g_guest = &guest;
  wake_receiver();
  const auto went_home = [] { return g_guest == nullptr; };
  Duration pause = kLongestWithout;
  while (!g_went_home.wait_for(lock, pause, went_home)) {
    lock.unlock();
    pause = ping_in_its_place();
    lock.lock();
  }
  return true;
}

Guest* guest() {
  return g_guest;
}

Guest::Wish let_guest_work() {
  lend_thread(true);
  const Guest::Wish wish = g_guest.load()->work();
  lend_thread(false);
  if (wish == Guest::Wish::home) {
    const std::lock_guard lock(g_mutex);
    g_guest = nullptr;
    g_went_home.notify_all();
  }
  return wish;
}

}  // namespace mqfail
