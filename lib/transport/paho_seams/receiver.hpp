// SPDX-License-Identifier: Apache-2.0
// Paho's receive thread, for the other threads and seams: whether the caller is that thread, how to
// end its wait, and how to wait for its next round. run_thread.cpp starts it.
#pragma once

#include <chrono>

namespace mqfail {

/// The calling thread is the receive thread, and Paho is at work in it: no guest.
bool is_receiver();
/// The calling thread is the receive thread. It need not be woken.
bool is_receive_thread();
/// The calling thread is the receive thread from now on.
void become_receiver();
bool has_receiver();
/// Of the receive thread: while it is lent, it counts as another one than Paho's (guest_room.hpp).
void lend_thread(bool on);

/// Ends its wait (wakeup.cpp).
void wake_receiver();
/// 0, or errno if there is no descriptor to end it by; the next call tries again.
int wake_error();
/// The descriptor, readable once woken; -1 with errno if there is none, and poll(2) passes over it.
int wake_fd();
/// Takes all wake-ups so far.
void drain_wake();

/// The receive thread tells that it has come round to waiting.
void count_receiver_round();
/// It closes the descriptor when it comes round to waiting: then it has told all that it has read.
void close_in_next_round(int fd);
/// Wakes it and waits until it has come round once more, at most `patience`: a caller that waits
/// for a change of its state looks again then.
void send_receiver_round(std::chrono::microseconds patience);

}  // namespace mqfail
