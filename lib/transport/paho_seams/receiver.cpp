// SPDX-License-Identifier: Apache-2.0
#include "transport/paho_seams/receiver.hpp"

#include <sys/eventfd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <vector>

#include "transport/paho_seams/real.hpp"

namespace mqfail {
namespace {

thread_local bool t_receiver = false, t_lent = false;

std::atomic<bool> g_started{false};
std::atomic<std::uint64_t> g_rounds{0};
std::atomic<int> g_waiting{0};  // callers in send_receiver_round
std::mutex g_round_mutex;
std::condition_variable g_round_counted;
std::atomic<bool> g_any_to_close{false};
// Under g_round_mutex. Never destroyed: the receive thread outlives main().
std::vector<int>& g_to_close = *new std::vector<int>;

}  // namespace

bool is_receiver() {
  return t_receiver && !t_lent;
}

bool is_receive_thread() {
  return t_receiver;
}

void become_receiver() {
  t_receiver = true;
  g_started = true;
}

bool has_receiver() {
  return g_started;
}

void lend_thread(bool on) {
  t_lent = on;
}

int wake_fd() {
  static std::atomic<int> made{-1};
  static std::mutex making;
  if (const int fd = made.load(); fd >= 0) return fd;
  const std::lock_guard lock(making);
  if (made.load() < 0) made = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  return made;
}

int wake_error() {
  return wake_fd() < 0 ? errno : 0;
}

void wake_receiver() {
  eventfd_write(wake_fd(), 1);
}

void drain_wake() {
  eventfd_t count = 0;
  eventfd_read(wake_fd(), &count);
}

void count_receiver_round() {
  if (g_any_to_close.load() && is_receiver()) {
    const std::lock_guard lock(g_round_mutex);
    for (const int fd : g_to_close) __real_close(fd);
    g_to_close.clear();
    g_any_to_close = false;
  }
  g_rounds.fetch_add(1);
  if (g_waiting.load() == 0) return;
  const std::lock_guard lock(g_round_mutex);
  g_round_counted.notify_all();
}

void close_in_next_round(int fd) {
  const std::lock_guard lock(g_round_mutex);
  g_to_close.push_back(fd);
  g_any_to_close = true;
}

void send_receiver_round(std::chrono::microseconds patience) {
  g_waiting.fetch_add(1);
  const std::uint64_t round = g_rounds;  // first: it may be back before we go on
  wake_receiver();
  std::unique_lock lock(g_round_mutex);
  g_round_counted.wait_for(lock, patience, [round] { return g_rounds != round; });
  g_waiting.fetch_sub(1);
}

}  // namespace mqfail
