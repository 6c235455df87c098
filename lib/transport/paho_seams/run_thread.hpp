// SPDX-License-Identifier: Apache-2.0
// Who is Paho's receive thread: the other seams behave differently on it.
#pragma once

#include <chrono>

namespace mqfail {

bool is_receiver();
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
