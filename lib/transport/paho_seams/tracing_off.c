// SPDX-License-Identifier: Apache-2.0
// Seam: no heap, stack and packet tracing in Paho.
// Shortfall (Paho 1.3.12 of Debian 12): the archive is not built with PAHO_HIGH_PERFORMANCE, so
// each malloc walks a tree under a global mutex and each call is logged; QoS 0 publishing is ten
// times slower for it (upstream: the HIGH_PERFORMANCE build option). Each packet is put into words
// as well, under another global mutex, for a trace that is never read; the start asks OpenSSL and
// /proc for their versions for it, and MQTT_C_CLIENT_TRACE=ON in the environment would mix it, with
// what is in the packets, into standard output. Mended by defining these functions here: the linker
// then never pulls Heap.o, StackTrace.o and Log.o. Unnecessary when: Debian's package is built with
// PAHO_HIGH_PERFORMANCE, and Paho can be built without its log.
// And: Paho leaves the password in the memory that it frees, in the CONNECT that it made and in its
// copy for the handle. Mended: while wiped_memory.hpp says so, what is freed is overwritten first.
// Unnecessary when: Paho overwrites passwords.
// And: Paho writes to what malloc did not give, so a message larger than the memory that is allowed
// crashed the process. Mended: it ends in order. Unnecessary when: Paho looks at each result.
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/out_of_memory.h"
#include "transport/paho_seams/lent_memory.hpp"
#include "transport/paho_seams/wiped_memory.hpp"

void* mymalloc(char* file, int line, size_t size);
void* myrealloc(char* file, int line, void* memory, size_t size);
void myfree(char* file, int line, void* memory);
int Heap_initialize(void);
void Heap_terminate(void);
void StackTrace_entry(const char* name, int line, int level);
void StackTrace_exit(const char* name, int line, void* result, int level);
int Log_initialize(void* info);
void Log_terminate(void);
void Log_setTraceLevel(int level);
void Log_setTraceCallback(void* callback);
void Log(int level, int number, const char* format, ...);
const char* __wrap_OpenSSL_version(int what);
int MQTTClient_init(void);
void mqfail_tracing_off_in_path(void);

__thread int mqfail_wipe_freed = 0;

static void* given(void* memory, size_t size) {
  if (memory == NULL && size != 0) mqfail_out_of_memory();
  return memory;
}

void* mymalloc(char* file, int line, size_t size) {
  (void)file;
  (void)line;
  return given(malloc(size), size);
}
void* myrealloc(char* file, int line, void* memory, size_t size) {
  (void)file;
  (void)line;
  if (mqfail_wipe_freed != 0 && memory != NULL) {
    const size_t before = malloc_usable_size(memory);
    void* const moved = given(malloc(size), size);
    memcpy(moved, memory, before < size ? before : size);
    explicit_bzero(memory, before);
    free(memory);
    return moved;
  }
  return given(realloc(memory, size), size);
}
void myfree(char* file, int line, void* memory) {
  (void)file;
  (void)line;
  if (__atomic_load_n(&mqfail_lent, __ATOMIC_ACQUIRE) != 0 && mqfail_is_lent(memory)) return;
  if (mqfail_wipe_freed != 0 && memory != NULL) explicit_bzero(memory, malloc_usable_size(memory));
  free(memory);
}
int Heap_initialize(void) {
  mqfail_tracing_off_in_path();
  return 0;
}
void Heap_terminate(void) {}
void StackTrace_entry(const char* name, int line, int level) {
  (void)name;
  (void)line;
  (void)level;
}
void StackTrace_exit(const char* name, int line, void* result, int level) {
  (void)name;
  (void)line;
  (void)result;
  (void)level;
}

int Log_initialize(void* info) {
  (void)info;
  return 0;
}
void Log_terminate(void) {}
void Log_setTraceLevel(int level) {
  (void)level;
}
void Log_setTraceCallback(void* callback) {
  (void)callback;
}
void Log(int level, int number, const char* format, ...) {
  (void)level;
  (void)number;
  (void)format;
}
// Only for the head of the log; OpenSSL may not even be loaded (late/openssl.cpp).
const char* __wrap_OpenSSL_version(int what) {
  (void)what;
  return "";
}

// The shared library does this by -Wl,-init: it makes Paho's mutexes of the error-checking kind.
__attribute__((constructor)) static void initialize(void) {
  MQTTClient_init();
}
