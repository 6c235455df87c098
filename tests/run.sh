#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds mqfail and runs all its tests, from a bare Debian 12 on. Exit status: that of ctest.
set -euo pipefail

usage() {
  cat <<'END'
usage: tests/run.sh [--everyday | --peers | --faults | --package | --fuzz | --hostile] [--asan | --tsan] [-- ARGUMENT...]
       tests/run.sh --full [PART...] | --build

  (nothing)    all tests: everyday, end to end against real servers, a slice of the fault runs
  --everyday   only those that need no server (unit, simulation, papers)
  --peers      only those with clusters, bridges and proxies of other makers (12 minutes); prints a table
  --faults     only the fault catalogue, all of it (root, 3 minutes); prints the page. ARGUMENTs are those of run_faults,
               such as --class 7, --case NAME and --list; otherwise they are those of ctest
  --package    only the Debian package: built, installed in a clean Debian, used, removed (root, 2 minutes)
  --fuzz       looks for inputs that break a parser, a minute a parser (clang); tests/fuzz/run.sh has more to say
  --hostile    100,000 conversations with hostile servers (half an hour); 500 are in every run
  --asan       built with AddressSanitizer and UndefinedBehaviorSanitizer
  --tsan       built with ThreadSanitizer
  --valgrind   the failovers and the ledger, with the commands under valgrind
  --slice      what .ci/run does with one of these: failovers of every kind, the ledger once; builds only what that needs
  --full       the rest, overnight: long runs, sanitizers, fuzzing; prints a page. tests/full.sh has more to say
  --build      only builds
END
}

preset=release
selection=(-LE '^peers$')
peers='' slice='' valgrind='' only_build=''
faults=
while (($#)); do
  case $1 in
    --everyday) selection=(-L '^(unit|simulation|papers)$') ;;
    --peers) selection=(-L '^peers$') peers=yes ;;
    --faults) faults=yes ;;
    --package) exec "$(dirname "$0")/package.sh" ;;
    --fuzz) shift; exec "$(dirname "$0")/fuzz/run.sh" "$@" ;;
    --hostile) selection=(-R '^fault_hostile$' -V)
      export MQFAIL_FULL=1 ;;
    --full) shift; exec "$(dirname "$0")/full.sh" "$@" ;;
    --build) only_build=yes ;;
    --asan) preset=asan ;;
    --tsan) preset=tsan ;;
    --valgrind) valgrind=yes ;;
    --slice)
      slice=${2-}
      case $slice in
        asan | tsan) preset=$slice ;;
        valgrind) valgrind=yes ;;
        *) usage >&2; exit 64 ;;
      esac
      shift ;;
    --help) usage; exit 0 ;;
    --) shift; break ;;
    *) usage >&2; exit 64 ;;
  esac
  shift
done

cd "$(dirname "$0")/.."
# shellcheck source=tests/install.sh
source tests/install.sh
install_missing tests

# With a sanitizer every test runs; only bounds and scans of memory are left out and upper bounds of time grow,
# since both are the sanitizer's (tests/rig/sanitizer.hpp). What strace traces is not searched for leaks.
# A sanitizer's finding must fail the test that caused it. Threads that are left at the exit are no
# finding: Paho's receive thread never ends (lib/transport/paho_seams/run_thread.cpp).
export ASAN_OPTIONS=${ASAN_OPTIONS-abort_on_error=0:exitcode=99:detect_leaks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS-halt_on_error=1:exitcode=99:print_stacktrace=1}
export TSAN_OPTIONS=${TSAN_OPTIONS-exitcode=99:halt_on_error=1:report_thread_leaks=0:atexit_sleep_ms=0}

build=build/$preset
launcher=()
if command -v ccache >/dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
cmake --preset "$preset" "${launcher[@]}" >"$PWD/.configure.log" 2>&1 || {
  cat .configure.log
  exit 70
}
rm -f .configure.log
if [[ $faults ]]; then
  cmake --build "$build" -j"$(nproc)" --target run_faults
  page=$build/tests/faults/page.md
  status=0
  # Most cases wait for a time-out.
  "$build/tests/faults/run_faults" --jobs "$((2 * $(nproc)))" --page "$page" "$@" || status=$?
  if [[ -e $page ]]; then cat "$page"; fi
  exit "$status"
fi

# The commands under valgrind stand in a folder of their own, which the tests then use. An error is exit status 99.
# What valgrind does not know of the kernel (seccomp, Landlock) it says in its log.
if [[ $valgrind ]]; then
  install_packages valgrind
  wrappers=$PWD/$build/valgrind
  rm -rf "$wrappers" && mkdir -p "$wrappers"
  for command in mqfail-sub mqfail-pub mqfail-probe mqfail-config; do
    printf '#!/bin/sh\nexec valgrind -q --error-exitcode=99 --log-file=%q/log.%%p %q "$@"\n' \
      "$wrappers" "$PWD/$build/bin/$command" >"$wrappers/$command"
    chmod +x "$wrappers/$command"
  done
  export MQFAIL_TEST_BIN_DIR=$wrappers
  selection=(-L '^fault$')
fi

if [[ $slice ]]; then
  cmake --build "$build" -j"$(nproc)" --target mqfail-sub mqfail-pub run_ledger fault_failover_soak
  "$build/tests/fault/fault_failover_soak" --color_output=no
  for mode in pub acks spool stranded hot pipe; do
    "$build/tests/fault/run_ledger" "$mode" --seeds 1 --lines 2000
  done
  exit
fi

cmake --build "$build" -j"$(nproc)"
if [[ $only_build ]]; then exit; fi
if [[ ! $peers ]]; then
  # Most tests wait for servers, not for a processor.
  exec ctest --test-dir "$build" --output-on-failure -j"$((2 * $(nproc)))" "${selection[@]}" "$@"
fi

install_peers "$build/tests/peers"
table=$build/tests/peers/table.md
rm -f "$table"
status=0
# Two at a time: tests/peers/CMakeLists.txt says which.
ctest --test-dir "$build" --output-on-failure -j2 "${selection[@]}" "$@" || status=$?
[[ -e $table ]] || exit "$status"
cat <<'END'

| servers | mode | fault | lines | lost | doubled | out of order | silence (before the fault), s | failovers, sub + pubs | exit, sub + pubs | |
|---|---|---|---|---|---|---|---|---|---|---|
END
sort -s -t '|' -k 2,2 "$table"
count() { grep -v 'AGAIN:' "$table" | grep -c "$1" || true; }
rows=$(count '') failed=$(count 'FAILED:') skipped=$(count 'SKIPPED:')
missed=$(count 'NOT REACHED:') again=$(grep -c 'AGAIN:' "$table" || true)
printf 'rows: %s passed, %s failed, %s not reached, %s skipped; second tries: %s\n' \
  "$((rows - failed - missed - skipped))" "$failed" "$missed" "$skipped" "$again"
exit "$status"
