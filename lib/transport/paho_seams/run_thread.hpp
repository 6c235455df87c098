// SPDX-License-Identifier: Apache-2.0
// Who is Paho's receive thread: the other seams behave differently on it.
#pragma once

#include <chrono>

namespace mqfail {

bool is_receiver();

/// Of the receive thread, to which alone Paho's mutex belongs while it goes from one run to the
/// next (run_thread.cpp). keeps_locked(): Paho unlocks, and it stays locked until let_go().
/// has_locked(): Paho locks, and it was locked all the time. False: as Paho wants.
bool keeps_locked(void* mutex);
bool has_locked(void* mutex);
/// Before it waits, or calls who may want the mutex.
void let_go();
/// 0, or errno if the calling thread could not start it.
int receiver_start_error();

/// The receive thread tells that it has come round to waiting.
void count_receiver_round();
/// It closes the descriptor when it comes round to waiting: then it has told all that it has read.
void close_in_next_round(int fd);
/// Wakes it and waits until it has come round once more, at most `patience`: whoever waits for a
/// change of its state has to look again then.
void send_receiver_round(std::chrono::microseconds patience);

}  // namespace mqfail
