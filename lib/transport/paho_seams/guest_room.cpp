// SPDX-License-Identifier: Apache-2.0
#include "transport/paho_seams/guest_room.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "transport/paho_seams/receiver.hpp"

namespace mqfail {
namespace {

std::atomic<Guest*> g_guest{nullptr};  // changed under g_mutex
// Never destroyed: the receive thread outlives main().
std::mutex& g_mutex = *new std::mutex;
std::condition_variable& g_went_home = *new std::condition_variable;

}  // namespace

bool take_in(Guest& guest) {
  if (!has_receiver()) return false;
  std::unique_lock lock(g_mutex);
  g_guest = &guest;
  wake_receiver();
  g_went_home.wait(lock, [] { return g_guest == nullptr; });
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
