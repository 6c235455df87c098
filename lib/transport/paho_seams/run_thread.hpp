// SPDX-License-Identifier: Apache-2.0
// Who is Paho's receive thread: the other seams behave differently on it.
#pragma once

#include <cstdint>

namespace mqfail {

bool is_receiver();

/// Grows whenever the receive thread comes round to waiting: whoever waits for a change of its
/// state has to look again then.
std::uint64_t receiver_rounds();
void count_receiver_round();

}  // namespace mqfail
