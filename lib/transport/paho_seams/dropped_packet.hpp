// SPDX-License-Identifier: Apache-2.0
// The answers that Paho has read and dropped; see dropped_packet.cpp.
#pragma once

namespace mqfail {

/// Of the receive thread, which begins a round: the descriptor whose answer was dropped and is to
/// be given again; 0 if there is none.
int descriptor_with_dropped_packet();

}  // namespace mqfail
