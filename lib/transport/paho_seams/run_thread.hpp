// SPDX-License-Identifier: Apache-2.0
// Paho's mutex while the receive thread goes from one run to the next, and while it hands over a
// message (run_thread.cpp): then it belongs to that thread alone.
#pragma once

namespace mqfail {

/// Paho unlocks. True: it stays locked until let_go(). False: unlock it as Paho wants.
bool keeps_locked(void* mutex);
/// Paho locks. True: it was locked all the time. False: lock it as Paho wants.
bool has_locked(void* mutex);
/// Before the receive thread waits.
void let_go();
/// Of a callback of the receive thread: when Paho locks next, nobody has had the mutex in between.
void keep_on();
/// 0, or errno if the calling thread could not start the receive thread.
int receiver_start_error();

}  // namespace mqfail
