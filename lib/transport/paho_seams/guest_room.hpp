// SPDX-License-Identifier: Apache-2.0
// Where the receive thread has its guest (base/guest.hpp). wakeup.cpp calls the guest before each
// wait. While it works, the seams take the thread for another one than Paho's: the guest may call
// Paho as any thread may. A guest that writes to a disk can be held up for as long as the disk is.
// The thread that waits for it sends the pings then, so that no server gives the connection up.
#pragma once

#include "base/guest.hpp"

namespace mqfail {

/// Takes the guest in; the calling thread waits until it goes home, and sends the pings that are
/// late. False, at once: there is no receive thread yet.
bool take_in(Guest& guest);

/// Of the receive thread: its guest, or null.
Guest* guest();
/// Of the receive thread: lets the guest work. After Wish::home there is none.
Guest::Wish let_guest_work();

}  // namespace mqfail
