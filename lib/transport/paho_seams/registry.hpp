// SPDX-License-Identifier: Apache-2.0
// Which Wire belongs to a descriptor: all that a seam gets from Paho is a number.
#pragma once

#include <memory>
#include <vector>

#include "transport/wire/wire.hpp"

namespace mqfail {

/// Wires by descriptor. Grows as needed; find_wire() costs no lock while nothing changes.
void register_wire(std::shared_ptr<Wire> wire);
void forget_wire(int fd);
/// Null if the descriptor has none. The pointer is good until the calling thread's next
/// find_wire().
Wire* find_wire(int fd);
std::vector<std::shared_ptr<Wire>> all_wires();

}  // namespace mqfail
