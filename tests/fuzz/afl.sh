#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs AFL++ on one target of tests/fuzz, beside libFuzzer, because the two find different things.
#   tests/fuzz/afl.sh TARGET SECONDS
# An input that broke it is in build/afl/found/TARGET. Exit status: 1 if there is one.
set -euo pipefail
if (($# != 2)); then sed -n '4,5s/^# *//p' "$0" >&2; exit 64; fi
target=$1 seconds=$2
cd "$(dirname "$0")/../.."
# shellcheck source=tests/install.sh
source tests/install.sh
install_missing build
install_packages "${fuzz_packages[@]}" afl++

export CC=afl-clang-fast CXX=afl-clang-fast++ AFL_QUIET=1
cmake --preset fuzz -B build/afl -DCMAKE_C_COMPILER=$CC -DCMAKE_CXX_COMPILER=$CXX \
  -DMQFAIL_SANITIZE=address,undefined >/dev/null
cmake --build build/afl --target "fuzz_$target"
binary=$(find build/afl/tests -type f -name "fuzz_$target")

found=build/afl/found/$target
rm -rf "$found" && mkdir -p "$found"
# Its own checks of the machine are for machines that do nothing else.
export AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_UI=1 AFL_NO_AFFINITY=1
export ASAN_OPTIONS=abort_on_error=1:symbolize=0:detect_leaks=0 UBSAN_OPTIONS=halt_on_error=1:abort_on_error=1:symbolize=0
afl-fuzz -i "tests/fuzz/corpus/$target" -o "$found" -V "$seconds" -t 10000 -m none -- "$binary" >"$found/log" 2>&1 </dev/null || {
  tail -n 20 "$found/log" >&2
  exit 70
}
figure() { sed -n "s/^$1 *: *//p" "$found/default/fuzzer_stats"; }
crashes=$(figure saved_crashes) hangs=$(figure saved_hangs)
printf '%s inputs in %s s, %s%% of the edges, %s crashes, %s hangs\n' "$(figure execs_done)" "$(figure run_time)" \
  "$(figure bitmap_cvg | tr -d '%')" "$crashes" "$hangs"
((crashes + hangs == 0))
