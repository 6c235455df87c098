// SPDX-License-Identifier: Apache-2.0
// A shared library that is loaded by the first call into it. Binding OpenSSL to itself took three
// quarters of the start of `mqfail-pub -m x`, simdjson and its C++ library most of the rest, and a
// run over plain TCP without a document calls neither. So each function of theirs that mqfail uses
// is defined here as a trampoline: it jumps to where the library has it, and the first of all jumps
// loads the library. A name that is missing in the list is an undefined reference when linking.
// Unnecessary when: the linker can do it (-z lazyload, as on Solaris).
#pragma once

#include <dlfcn.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace mqfail {

// Called by a trampoline that was not used before, on any thread: finds `name` in the library and
// remembers where it is in `place`. The library is never unloaded. Not finding it is like a shared
// library that is missing at the start: the loader's words on stderr, and the end; the status is
// that of a defect (product.md section 7).
static void late_find(const char* name, void** place) __asm__("mqfail_late_find")
    __attribute__((used));
static void late_find(const char* name, void** place) {
  static void* const library = dlopen(MQFAIL_LATE_SONAME, RTLD_NOW | RTLD_LOCAL);
  void* const found = library == nullptr ? nullptr : dlsym(library, name);
  if (found == nullptr) {
    constexpr int kInternal = 70;
    dprintf(STDERR_FILENO, "mqfail: %s\nmqfail: install the package of " MQFAIL_LATE_SONAME "\n",
            dlerror());
    _exit(kInternal);
  }
  __atomic_store_n(place, found, __ATOMIC_RELEASE);
}

}  // namespace mqfail

// Code for x86-64 under the System V ABI. Arguments are passed on untouched: what may hold one is
// saved over the load (rax counts the vector registers of a variadic call; no function here takes
// more than two floating-point numbers).
#define MQFAIL_LATE_TRAMPOLINE(name)                      \
  asm(".pushsection .bss.late,\"aw\",@nobits\n"           \
      ".balign 8\n"                                       \
      ".local late_" #name "\nlate_" #name                \
      ": .zero 8\n"                                       \
      ".popsection\n"                                     \
      ".pushsection .text,\"ax\",@progbits\n"             \
      ".globl " #name "\n.hidden " #name                  \
      "\n"                                                \
      ".type " #name ",@function\n" #name                 \
      ":\n"                                               \
      ".cfi_startproc\n"                                  \
      "endbr64\n"                                         \
      "1: movq late_" #name                               \
      "(%rip), %r11\n"                                    \
      "testq %r11, %r11\n"                                \
      "jz 2f\n"                                           \
      "jmpq *%r11\n"                                      \
      "2: pushq %rdi\n.cfi_adjust_cfa_offset 8\n"         \
      "pushq %rsi\n.cfi_adjust_cfa_offset 8\n"            \
      "pushq %rdx\n.cfi_adjust_cfa_offset 8\n"            \
      "pushq %rcx\n.cfi_adjust_cfa_offset 8\n"            \
      "pushq %r8\n.cfi_adjust_cfa_offset 8\n"             \
      "pushq %r9\n.cfi_adjust_cfa_offset 8\n"             \
      "pushq %rax\n.cfi_adjust_cfa_offset 8\n"            \
      "subq $16, %rsp\n.cfi_adjust_cfa_offset 16\n"       \
      "movsd %xmm0, (%rsp)\n"                             \
      "movsd %xmm1, 8(%rsp)\n"                            \
      "leaq 3f(%rip), %rdi\n"                             \
      "leaq late_" #name                                  \
      "(%rip), %rsi\n"                                    \
      "call mqfail_late_find\n"                           \
      "movsd (%rsp), %xmm0\n"                             \
      "movsd 8(%rsp), %xmm1\n"                            \
      "addq $16, %rsp\n.cfi_adjust_cfa_offset -16\n"      \
      "popq %rax\n.cfi_adjust_cfa_offset -8\n"            \
      "popq %r9\n.cfi_adjust_cfa_offset -8\n"             \
      "popq %r8\n.cfi_adjust_cfa_offset -8\n"             \
      "popq %rcx\n.cfi_adjust_cfa_offset -8\n"            \
      "popq %rdx\n.cfi_adjust_cfa_offset -8\n"            \
      "popq %rsi\n.cfi_adjust_cfa_offset -8\n"            \
      "popq %rdi\n.cfi_adjust_cfa_offset -8\n"            \
      "jmp 1b\n"                                          \
      ".cfi_endproc\n"                                    \
      ".size " #name ", .-" #name                         \
      "\n"                                                \
      ".popsection\n"                                     \
      ".pushsection .rodata.str1.1,\"aMS\",@progbits,1\n" \
      "3: .asciz \"" #name                                \
      "\"\n"                                              \
      ".popsection\n");
