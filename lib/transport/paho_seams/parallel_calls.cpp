// SPDX-License-Identifier: Apache-2.0
// Seam: connects and subscribes of different handles run side by side.
// Shortfall (Paho 1.3.12): MQTTClient_connect and MQTTClient_subscribe hold a process-wide mutex
// (connect_mutex, subscribe_mutex) until the server has answered, so one hung server holds up all.
// What they touch is guarded by mqttclient_mutex as well, which is released only while waiting on
// semaphores of the one handle; with one handle an attempt the outer mutex guards nothing.
// Mended: the first mutex that Paho locks inside such a call is left out for this thread.
// Unnecessary when: Paho locks per handle.
#include "transport/paho_seams/handover.hpp"
#include "transport/paho_seams/real.hpp"
#include "transport/paho_seams/run_thread.hpp"

namespace mqfail {
namespace {
thread_local bool t_parallel = false;
thread_local void* t_left_out = nullptr;
}  // namespace

ParallelCall::ParallelCall() {
  t_parallel = true;
  t_left_out = nullptr;
}

ParallelCall::~ParallelCall() {
  t_parallel = false;
}

}  // namespace mqfail

// NOLINTBEGIN(bugprone-reserved-identifier): the linker chose these names.
extern "C" {

int __wrap_Thread_lock_mutex(void* mutex) {
  if (mqfail::t_parallel && mqfail::t_left_out == nullptr) {
    mqfail::t_left_out = mutex;
    return 0;
  }
  if (mqfail::has_locked(mutex)) return 0;
  return __real_Thread_lock_mutex(mutex);
}

int __wrap_Thread_unlock_mutex(void* mutex) {
  if (mqfail::t_parallel && mqfail::t_left_out == mutex) return 0;
  if (mqfail::keeps_locked(mutex)) return 0;
  return __real_Thread_unlock_mutex(mutex);
}
}
// NOLINTEND(bugprone-reserved-identifier)
