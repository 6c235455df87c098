// SPDX-License-Identifier: Apache-2.0
// Seam: a large message is sent from Paho's memory.
// Shortfall (Paho 1.3.12): what writev(2) or SSL_write did not take at once must be copied, for
// Paho frees a message when it is acknowledged, refused or given up, and not when it is sent. A
// message of 256 MiB is then three times in memory.
// Mended: the wire borrows a large piece. If Paho frees it meanwhile (myfree in tracing_off.c), it
// is freed when the wire needs it no longer.
// Unnecessary when: Paho counts the users of a payload.
#pragma once

#ifdef __cplusplus
#include <sys/uio.h>

#include <memory>

namespace mqfail {

/// Borrows the last piece of what Paho writes, if that is a large part of a PUBLISH: it stays as it
/// is until the answer is destroyed. Else null. Any thread.
std::shared_ptr<const void> borrow_payload(const iovec* pieces, int count);

}  // namespace mqfail

extern "C" {
#endif
/// How many blocks are lent: none, nearly always, and then no function is called. Read it
/// atomically.
extern int mqfail_lent;
/// Paho gives up `block`. Not 0: it is lent, and freed by whoever has borrowed it.
int mqfail_is_lent(void* block);
#ifdef __cplusplus
}
#endif
