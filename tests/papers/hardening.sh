#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the compiler and the linker do against the misuse of a defect is in the ELF of each command:
# position-independent code, full RELRO, no executable stack, checked calls, guarded stacks, stack
# probes, branch protection.
# usage: hardening.sh COMMAND_FILE... -- ARCHIVE...
#
# Branch protection is looked for in the objects of our archives, not in the commands. The linker marks a
# command only if all its objects are marked, and the start files of Debian 12 (crt1.o) and Paho's archive
# are not: there the marks have no effect. They have one on a system that builds everything with them.
set -euo pipefail
command -v readelf >/dev/null || exit 77
failed=0
bad() {
  echo "$1: $2" >&2
  failed=1
}

while (($#)) && [[ $1 != -- ]]; do
  file=$1 name=${1##*/}
  shift
  headers=$(readelf -lW "$file") dynamic=$(readelf -dW "$file") symbols=$(readelf -W --dyn-syms "$file")
  grep -q 'FLAGS_1.* PIE' <<<"$dynamic" || bad "$name" 'is no position-independent executable'
  grep -q TEXTREL <<<"$dynamic" && bad "$name" 'has relocations in its code'
  grep -qE 'R(UN)?PATH' <<<"$dynamic" && bad "$name" 'looks for libraries in a folder of its own'
  grep -q GNU_RELRO <<<"$headers" || bad "$name" 'has no RELRO'
  grep -qE 'BIND_NOW|FLAGS_1.* NOW' <<<"$dynamic" || bad "$name" 'has a writable table of functions (no -z now)'
  grep -qE 'GNU_STACK.* RW +0x' <<<"$headers" || bad "$name" 'has an executable stack, or says nothing of it'
  grep -qE ' LOAD .* RWE ' <<<"$headers" && bad "$name" 'has memory that is writable and executable'
  grep -q '__stack_chk_fail' <<<"$symbols" || bad "$name" 'has no guarded stacks'
  grep -q '__snprintf_chk' <<<"$symbols" || bad "$name" 'has no checked calls (_FORTIFY_SOURCE)'
done
(($#)) && shift

# The code of Debian's archives in the commands has guards of its own, so that ours is asked for apart.
probes=''
for archive in "$@"; do
  symbols=$(nm -u "$archive" 2>/dev/null)
  grep -q '__stack_chk_fail' <<<"$symbols" || bad "${archive##*/}" 'has no guarded stacks'
  grep -q '_chk$' <<<"$(grep -v stack_chk <<<"$symbols")" || bad "${archive##*/}" 'has no checked calls (_FORTIFY_SOURCE)'
  notes=$(readelf -n "$archive" 2>/dev/null)
  grep -qE 'IBT, SHSTK|BTI, PAC' <<<"$notes" || bad "${archive##*/}" 'has no branch protection (-fcf-protection)'
  # A write to the stack that changes nothing. On another processor it looks different.
  code=$(objdump -d "$archive" 2>/dev/null)
  if [[ $code != *elf64-x86-64* ]] || grep -qE 'or[lq] +\$0x0,(0x[0-9a-f]+)?\(%rsp\)' <<<"$code"; then probes=yes; fi
done
[[ $probes ]] || bad 'no archive' 'touches each page of a large stack frame (-fstack-clash-protection)'
exit "$failed"
