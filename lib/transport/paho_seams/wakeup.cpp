// SPDX-License-Identifier: Apache-2.0
// Seam: waiting ends when something happens, not when a step of 10, 100 or 1,000 ms is over.
// Shortfall (Paho 1.3.12): a new descriptor is not in the running poll(2), so a second connect in a
// process takes up to two seconds; after a fruitless poll the receive thread sleeps 100 ms; a
// caller waits for CONNACK and SUBACK in steps of usleep(10 ms) around sem_trywait (upstream issue
// 1256), for SUBACK ten seconds even if the connection has ended. Mended at the operating system's
// interface: poll() also waits for our eventfd, sem_trywait() waits for the post, and the sleeps
// that followed are skipped. The thread that is about to wait sends what was written first. The
// receive thread does not wake up each 100 ms, but when a wire or somebody else wants it to; and
// before each wait it lets its guest work. Unnecessary when: Paho wakes its own threads.
#include <semaphore.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <vector>

#include "base/timeout.hpp"
#include "transport/paho_seams/guest_room.hpp"
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

// Whoever has something new for the receive thread wakes it. This bounds what a wake-up costs that
// somebody forgot, and an idle run wakes up no more often than once in this time.
constexpr Duration kLongestWait = std::chrono::seconds(2);
// What is due and cannot be done yet is not tried again sooner.
constexpr Duration kShortestWait = std::chrono::milliseconds(1);

bool is_readable(Wire* wire) {
  return wire != nullptr && !wire->paused() && wire->readable() != 0;
}

bool anything_read_ahead(pollfd* fds, nfds_t count) {
  bool any = false;
  for (nfds_t i = 0; i < count; ++i) {
    Wire* const wire = find_wire(fds[i].fd);
    fds[i].revents = is_readable(wire) ? POLLIN : 0;
    any = any || (fds[i].revents != 0 && wire->read_ahead() != 0);
  }
  return any;
}

/// One wait for descriptors: what Paho asks for, plus what the wires want, our eventfd and what the
/// guest waits for.
struct Wait {
  std::vector<pollfd> fds;
  TimePoint until;
  bool large;           // the last body of a wire was: there is no gain in letting packets gather
  std::size_t awaited;  // the fewest answers that a sender waits for; 0: for no certain number
  bool readable;        // a wire is, by what poll(2) does not know: what OpenSSL holds, say
};

void prepare(Wait& wait, const pollfd* fds, nfds_t count) {
  const TimePoint now = wire_now();
  wait.fds.assign(fds, fds + count);
  wait.until = now + kLongestWait;
  wait.large = false;
  wait.awaited = 0;
  wait.readable = false;
  for (pollfd& one : wait.fds) {
    Wire* const wire = find_wire(one.fd);
    if (wire == nullptr) continue;
    const Wire::Wait wish = wire->prepare_to_wait(now);
    wait.large = wait.large || wish.large;
    if (wish.awaited != 0 && (wait.awaited == 0 || wish.awaited < wait.awaited)) {
      wait.awaited = wish.awaited;
    }
    wait.until = std::min(wait.until, std::max(wish.until, now + kShortestWait));
    if (!wish.to_read) one.events = static_cast<short>(one.events & ~POLLIN);
    if (wish.to_write) one.events |= POLLOUT;
    wait.readable = wait.readable || is_readable(wire);
  }
  if (wait.readable) wait.until = now;
}

int wait_for(Wait& wait, TimePoint now) {
  const timespec timeout = timeout_of(wait.until - now);
  return ppoll(wait.fds.data(), wait.fds.size(), &timeout, nullptr);
}

int wait_for_wires(pollfd* fds, nfds_t count) {
  thread_local Wait wait;
  thread_local ReceiveModeration moderation;
  prepare(wait, fds, count);
  // What has come is worked off; the wires may want to wait for something else then.
  if (guest() != nullptr && let_guest_work() == Guest::Wish::look) prepare(wait, fds, count);
  if (const Duration pause = moderation.pause(wait.awaited);
      !wait.large && !wait.readable && pause > Duration::zero()) {
    __real_usleep(static_cast<useconds_t>(pause.count()));
  }
  for (nfds_t i = 0; i < count; ++i) {
    if (Wire* const wire = find_wire(fds[i].fd)) wire->confirm_receipt();
  }
  wait.fds.push_back({wake_fd(), POLLIN, 0});
  Guest* const visitor = guest();
  if (visitor != nullptr) wait.until = std::min(wait.until, visitor->add(wait.fds));
  const TimePoint begun = wire_now();
  const int ready = wait_for(wait, begun);
  if (ready < 0) return ready;
  if (wait.fds[count].revents != 0) drain_wake();
  if (visitor != nullptr) {
    visitor->after(wait.fds.data() + count + 1, wait.fds.size() - count - 1);
  }
  int answer = 0;
  for (nfds_t i = 0; i < count; ++i) {
    const short found = wait.fds[i].revents;
    Wire* const wire = find_wire(fds[i].fd);
    if (wire != nullptr && (found & POLLOUT) != 0) wire->flush();
    fds[i].revents = static_cast<short>(found & ~POLLOUT);
    if (wait.readable && is_readable(wire)) fds[i].revents |= POLLIN;
    if (fds[i].revents != 0) ++answer;
  }
  if (answer != 0 || ready == 0) moderation.found_after(wire_now() - begun);
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
  if (mqfail::anything_read_ahead(fds, count)) return static_cast<int>(count);
  return mqfail::wait_for_wires(fds, count);
}

int __wrap_sem_trywait(sem_t* semaphore) {
  mqfail::Handover* const handover = mqfail::Handover::current();
  if (handover != nullptr) handover->before_waiting();
  if (handover != nullptr && handover->in_vain()) {
    if (__real_sem_trywait(semaphore) == 0) return 0;
    errno = ECANCELED;  // any but EAGAIN ends Paho's wait
    return -1;
  }
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
    // No descriptor at all: only a connect can bring work, or the guest.
    mqfail::count_receiver_round();
    mqfail::wait_for_wires(nullptr, 0);
    return 0;
  }
  // Paho waits for the receive thread to start or to stop, and counts the steps: a step ends as
  // soon as that thread has come round, and it is sent round at once.
  mqfail::send_receiver_round(std::chrono::microseconds(duration));
  return 0;
}
}
// NOLINTEND(bugprone-reserved-identifier)
