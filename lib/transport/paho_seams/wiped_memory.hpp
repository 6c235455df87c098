// SPDX-License-Identifier: Apache-2.0
// Whether the memory that Paho gives up is overwritten (tracing_off.c). C and C++.
#pragma once

#ifdef __cplusplus
#include <string.h>

extern "C" {
extern __thread int mqfail_wipe_freed;
}

namespace mqfail {

/// Around Paho's calls that have to do with a password, on the thread that makes them: all memory
/// that Paho frees meanwhile is overwritten, and at the end the stack that it used. Elsewhere this
/// would cost time for each message. Nothing is done if `secret` is false.
class WipedMemory {
 public:
  explicit WipedMemory(bool secret) : secret_(secret) {
    if (secret_) ++mqfail_wipe_freed;
  }
  ~WipedMemory() {
    if (!secret_) return;
    --mqfail_wipe_freed;
    wipe_stack();
  }
  WipedMemory(const WipedMemory&) = delete;
  WipedMemory& operator=(const WipedMemory&) = delete;

 private:
  // More than Paho and OpenSSL need (bytes). What memcpy(3) had in the vector registers is there,
  // too: the dynamic linker saves them where a function is called for the first time.
  static constexpr unsigned kStack = 65536;
  [[gnu::noinline]] static void wipe_stack() {
    char below[kStack];
    explicit_bzero(below, sizeof below);
  }

  const bool secret_;
};

}  // namespace mqfail
#else
extern __thread int mqfail_wipe_freed;
#endif
