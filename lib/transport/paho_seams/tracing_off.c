// SPDX-License-Identifier: Apache-2.0
// Seam: no heap and stack tracing in Paho.
// Shortfall (Paho 1.3.12 of Debian 12): the archive is not built with PAHO_HIGH_PERFORMANCE, so
// each malloc walks a tree under a global mutex and each call is logged; QoS 0 publishing is ten
// times slower for it (upstream: the HIGH_PERFORMANCE build option). Mended by defining the seven
// functions here: the linker then never pulls Heap.o and StackTrace.o. Unnecessary when: Debian's
// package is built with PAHO_HIGH_PERFORMANCE.
#include <stdlib.h>

void* mymalloc(char* file, int line, size_t size);
void* myrealloc(char* file, int line, void* memory, size_t size);
void myfree(char* file, int line, void* memory);
int Heap_initialize(void);
void Heap_terminate(void);
void StackTrace_entry(const char* name, int line, int level);
void StackTrace_exit(const char* name, int line, void* result, int level);
int MQTTClient_init(void);

void* mymalloc(char* file, int line, size_t size) {
  (void)file;
  (void)line;
  return malloc(size);
}
void* myrealloc(char* file, int line, void* memory, size_t size) {
  (void)file;
  (void)line;
  return realloc(memory, size);
}
void myfree(char* file, int line, void* memory) {
  (void)file;
  (void)line;
  free(memory);
}
int Heap_initialize(void) {
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

// The shared library does this by -Wl,-init: it makes Paho's mutexes of the error-checking kind.
__attribute__((constructor)) static void initialize(void) {
  MQTTClient_init();
}
