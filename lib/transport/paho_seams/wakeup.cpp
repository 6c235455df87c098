// SPDX-License-Identifier: Apache-2.0
// Seam: waiting ends when something happens, not when a step of 10, 100 or 1,000 ms is over.
// Shortfall (Paho 1.3.12): a new descriptor is not in the running poll(2), so a second connect in a
// process takes up to two seconds; after a fruitless poll the receive thread sleeps 100 ms; a
// caller waits for CONNACK and SUBACK in steps of usleep(10 ms) around sem_trywait (upstream issue
// 1256). Mended at the operating system's interface: poll() also waits for our eventfd,
// sem_trywait() waits for the post, and the sleeps that followed are skipped. The thread that is
// about to wait sends what was written first. Unnecessary when: Paho wakes its own threads.
#include <semaphore.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <vector>

#include "transport/paho_seams/handover.hpp"
#include "transport/paho_seams/in_path.hpp"
#include "transport/paho_seams/real.hpp"
#include "transport/paho_seams/receive_moderation.hpp"
#include "transport/paho_seams/receiver.hpp"
#include "transport/paho_seams/registry.hpp"
#include "transport/paho_seams/run_thread.hpp"
#include "transport/wire/clock.hpp"

namespace mqfail {
namespace {

// This thread has just waited in poll() or sem_trywait(): the sleep that Paho adds is left out.
thread_local bool t_waited = false;

constexpr int kSemaphoreStepMs = 10;

bool anything_readable(pollfd* fds, nfds_t count) {
  bool any = false;
  for (nfds_t i = 0; i < count; ++i) {
    fds[i].revents = 0;
    Wire* const wire = find_wire(fds[i].fd);
    if (wire != nullptr && !wire->paused() && wire->readable() != 0) {
      fds[i].revents = POLLIN;
      any = true;
    }
  }
  return any;
}

// What Paho asks for, plus what the wires want: their writes, their keepalive, our eventfd.
int wait_for_wires(pollfd* fds, nfds_t count, int timeout) {
  thread_local std::vector<pollfd> all;
  thread_local ReceiveModeration moderation;
  all.assign(fds, fds + count);
  const TimePoint now = wire_now();
  TimePoint look = now + std::chrono::milliseconds(timeout);
  bool any_large = false;
  std::size_t awaited = 0;  // the fewest that a sender waits for
  for (pollfd& one : all) {
    Wire* const wire = find_wire(one.fd);
    if (wire == nullptr) continue;
    const Wire::Wait wait = wire->prepare_to_wait(now);
    any_large = any_large || wait.large;
    if (wait.awaited != 0) awaited = awaited == 0 ? wait.awaited : std::min(awaited, wait.awaited);
    look = std::min(look, std::max(wait.until, now + std::chrono::milliseconds(1)));
    if (!wait.to_read) one.events = static_cast<short>(one.events & ~POLLIN);
    if (wait.to_write) one.events |= POLLOUT;
  }
  if (const Duration pause = moderation.pause(awaited); !any_large && pause > Duration::zero()) {
    __real_usleep(static_cast<useconds_t>(pause.count()));
  }
  for (nfds_t i = 0; i < count; ++i) {
    if (Wire* const wire = find_wire(fds[i].fd)) wire->confirm_receipt();
  }
  all.push_back({wake_fd(), POLLIN, 0});
  const int wait = static_cast<int>(milliseconds(look - now) + 1);
  const TimePoint begun = wire_now();
  const int ready = __real_poll(all.data(), all.size(), std::clamp(wait, 0, timeout));
  if (ready < 0) return ready;
  moderation.found_after(wire_now() - begun);
  if (all.back().revents != 0) drain_wake();
  int answer = 0;
  for (nfds_t i = 0; i < count; ++i) {
    if ((all[i].revents & POLLOUT) != 0) {
      if (Wire* const wire = find_wire(fds[i].fd)) wire->flush();
    }
    fds[i].revents = static_cast<short>(all[i].revents & ~POLLOUT);
    if (fds[i].revents != 0) ++answer;
  }
  return answer;
}

}  // namespace

}  // namespace mqfail

// NOLINTBEGIN(bugprone-reserved-identifier): the linker chose these names.
extern "C" {

int __wrap_poll(pollfd* fds, nfds_t count, int timeout) {
  if (count == 0 || mqfail::find_wire(fds[0].fd) == nullptr) {
    bool any = false;
    for (nfds_t i = 0; i < count && !any; ++i) any = mqfail::find_wire(fds[i].fd) != nullptr;
    if (!any) return __real_poll(fds, count, timeout);
  }
  mqfail::in_path(mqfail::Seam::wakeup);
  mqfail::t_waited = true;
  mqfail::count_receiver_round();
  if ((fds[0].events & POLLIN) == 0) {
    // Paho asks which descriptors can be written to; a Wire always can.
    for (nfds_t i = 0; i < count; ++i) fds[i].revents = POLLOUT;
    return static_cast<int>(count);
  }
  if (mqfail::anything_readable(fds, count)) return static_cast<int>(count);
  return mqfail::wait_for_wires(fds, count, timeout);
}

int __wrap_sem_trywait(sem_t* semaphore) {
  if (mqfail::Handover* const handover = mqfail::Handover::current()) handover->before_waiting();
  timespec until{};
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += mqfail::kSemaphoreStepMs * 1'000'000L;
  if (until.tv_nsec >= 1'000'000'000L) {
    until.tv_nsec -= 1'000'000'000L;
    ++until.tv_sec;
  }
  while (sem_clockwait(semaphore, CLOCK_MONOTONIC, &until) != 0) {
    if (errno == EINTR) continue;
    mqfail::t_waited = true;
    errno = EAGAIN;
    return -1;
  }
  return 0;
}

int __wrap_usleep(useconds_t duration) {
  if (mqfail::t_waited) {
    mqfail::t_waited = false;
    return 0;
  }
  if (mqfail::is_receiver()) {
    mqfail::let_go();
    // No descriptor at all: only a connect can bring work.
    mqfail::count_receiver_round();
    pollfd wake{mqfail::wake_fd(), POLLIN, 0};
    if (__real_poll(&wake, 1, static_cast<int>(duration / 1000)) > 0) mqfail::drain_wake();
    return 0;
  }
  // Paho waits for the receive thread to start or to stop, and counts the steps: a step ends as
  // soon as that thread has come round, and it is sent round at once.
  mqfail::send_receiver_round(std::chrono::microseconds(duration));
  return 0;
}
}
// NOLINTEND(bugprone-reserved-identifier)
