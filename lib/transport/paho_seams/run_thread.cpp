// SPDX-License-Identifier: Apache-2.0
// Seam: one receive thread for the whole run, and no other.
// Shortfall (Paho 1.3.12): the receive thread ends with the last connection, and the next connect
// starts it again. A connect between "told to stop" and "stopped" waits for answers that no thread
// reads (MQTTClient_stop and MQTTClient_connectURIVersion). Mended: the first thread that Paho
// starts is the receive thread; when Paho ends it, it starts again by itself, and later starts of
// it do nothing. The only other thread that Paho starts is one for "connection lost", so that the
// callback may call Paho. Our callback does not call Paho, so it runs at once in the thread that
// saw the loss: the loss is told sooner, and also where no thread can be made. If the receive
// thread cannot be made, the attempt fails with the reason and the next connect tries again: Paho
// does not check. Unnecessary when: Paho's receive thread outlives its connections.
// And: between two runs of the receive thread Paho's `running` is false for a moment. A connecting
// thread that reads it then serves the sockets itself, while the receive thread works again. Both
// use the one static copy of the poll set, which each may reallocate, and each takes the answers
// for which the other waits. Mended: the receive thread unlocks Paho's mutex, under which `running`
// is read, only where it begins to wait, so not between two runs; and no other thread gets into
// Socket_getReadySocket(). Unnecessary when: each caller has its own copy.
// And: a message is handed over without the mutex while it is still in Paho's queue, and
// connecting, or a call that fails, empties that queue (MQTTClient_cleanSession): the message is
// freed that we were given. A server that sends a PUBLISH right behind its CONNACK crashes the
// process (seen with a hostile server). Mended: the receive thread keeps the mutex until Paho has
// taken the message from its queue. Unnecessary when: Paho takes it from the queue first.
#include "transport/paho_seams/run_thread.hpp"

#include <pthread.h>
#include <sys/prctl.h>

#include <atomic>
#include <chrono>
#include <utility>

#include "transport/paho_seams/dropped_packet.hpp"
#include "transport/paho_seams/in_path.hpp"
#include "transport/paho_seams/real.hpp"
#include "transport/paho_seams/receiver.hpp"

namespace {

using ThreadFunction = void* (*)(void*);
std::atomic<ThreadFunction> g_receive{nullptr};
thread_local int t_start_error = 0;

// Of the receive thread.
thread_local void* t_paho_mutex = nullptr;  // the first that it locks
thread_local bool t_kept = false;           // Paho has unlocked it, and it is locked still
thread_local bool t_anew = false;           // a run has ended, the next has not begun
thread_local bool t_keep = false;           // see keep_on()

void* receive_for_ever(void* argument) {
  mqfail::become_receiver();
  // The pauses of receive_moderation.hpp are shorter than the 50 us by which Linux may be late.
  prctl(PR_SET_TIMERSLACK, 1UL);
  const ThreadFunction receive = g_receive;
  for (;;) {
    receive(argument);
    t_anew = true;
  }
}

}  // namespace

int mqfail::receiver_start_error() {
  return t_start_error;
}
bool mqfail::keeps_locked(void* mutex) {
  if (!is_receiver() || mutex != t_paho_mutex) return false;
  t_kept = true;
  return true;
}
bool mqfail::has_locked(void* mutex) {
  if (!is_receiver()) return false;
  if (t_paho_mutex == nullptr) t_paho_mutex = mutex;
  const bool anew = std::exchange(t_anew, false);
  const bool keep = std::exchange(t_keep, false);
  if (mutex != t_paho_mutex || !t_kept) return false;
  if (!anew && !keep) let_go();  // others may have it in between, as Paho meant
  return std::exchange(t_kept, false);
}
void mqfail::keep_on() {
  t_keep = t_kept;
}
void mqfail::let_go() {
  if (std::exchange(t_kept, false)) __real_Thread_unlock_mutex(t_paho_mutex);
}
// NOLINTBEGIN(bugprone-reserved-identifier): the linker chose these names.
extern "C" {

int __wrap_Socket_getReadySocket(int more_work, int timeout, void* mutex, int* result) {
  if (mqfail::is_receiver()) {
    mqfail::let_go();
    *result = 0;
    if (const int fd = mqfail::descriptor_with_dropped_packet(); fd != 0) return fd;
    return __real_Socket_getReadySocket(more_work, timeout, mutex, result);
  }
  mqfail::send_receiver_round(std::chrono::milliseconds(timeout));
  *result = 0;
  return 0;  // nothing is ready: the receive thread sees to it
}

void __wrap_Thread_start(void* (*function)(void*), void* argument) {
  ThreadFunction none = nullptr;
  if (g_receive.compare_exchange_strong(none, function)) {
    mqfail::in_path(mqfail::Seam::run_thread);
    pthread_t thread{};
    t_start_error = pthread_create(&thread, nullptr, receive_for_ever, argument);
    if (t_start_error == 0) {
      pthread_detach(thread);
    } else {
      g_receive = nullptr;
    }
  } else if (function != g_receive) {
    function(argument);
  }
}
}
// NOLINTEND(bugprone-reserved-identifier)
