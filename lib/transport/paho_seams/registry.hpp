// SPDX-License-Identifier: Apache-2.0
// Which Wire belongs to a descriptor: all that a seam gets from Paho is a number.
#pragma once

#include <memory>

#include "transport/paho_seams/wire.hpp"

namespace mqfail {

/// Wires by descriptor. Grows as needed; find() costs no lock while nothing changes.
void register_wire(std::shared_ptr<Wire> wire);
void forget_wire(int fd);
/// Null if the descriptor has none. The pointer is good until the calling thread's next
/// find_wire().
Wire* find_wire(int fd);

/// Ends a wait of Paho's receive thread in the poll seam (wakeup.cpp).
void wake_receiver();
/// 0, or errno if there is no descriptor to end it by; the next call tries again.
int wake_error();

}  // namespace mqfail
