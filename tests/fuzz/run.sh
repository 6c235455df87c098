#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the libFuzzer targets, runs them one after the other and prints a table. Exit status: 1 if one was broken.
set -euo pipefail

usage() {
  cat <<'END'
usage: tests/fuzz/run.sh [TARGET...] [-- OPTION...]

  TARGET   a file of tests/fuzz without .cpp; all of them if none is named
  OPTION   of libFuzzer: -runs=10000000, -max_total_time=600 (seconds a target; without options 60), -timeout=600 where
           the process may be stopped for a while

What a target has learnt stays in build/fuzz/learnt, an input that broke it is in build/fuzz/found.
Once it is mended, that input belongs into tests/fuzz/corpus/TARGET, with a name that says what it is.
tests/fuzz/coverage.sh says which lines of the library the learnt inputs reach.
END
}

targets=()
while (($#)); do
  case $1 in
    --help) usage; exit 0 ;;
    --) shift; break ;;
    -*) usage >&2; exit 64 ;;
    *) targets+=("$1") ;;
  esac
  shift
done
options=("$@")
if ((!$#)); then options=(-max_total_time=60); fi

cd "$(dirname "$0")/../.."
# shellcheck source=tests/install.sh
source tests/install.sh
install_missing build
if command -v dpkg-query >/dev/null; then install_packages "${fuzz_packages[@]}"; fi

launcher=()
if command -v ccache >/dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
if ((!${#targets[@]})); then
  for file in tests/fuzz/corpus/*; do targets+=("${file##*/}"); done
fi
mkdir -p build
(
  flock 9  # another one may build at the same time
  cmake --preset fuzz "${launcher[@]}" >/dev/null
  cmake --build build/fuzz --target "${targets[@]/#/fuzz_}"
) 9>build/fuzz.lock

# The longest input. Runs a second fall with the length, and none of these formats has a length that only a long input has:
# the spool's input is a list of changes to its files, of four bytes each.
longest() {
  case $1 in
    spool) echo 256 ;;
    document | document_change | offer) echo 512 ;;  # three or four servers
    http_answer | rest_http) echo 4096 ;;  # heads have bounds
    *) echo 1024 ;;
  esac
}

export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
# The memory that was freed last, which fits into a cache; one frame of each allocation, because libFuzzer's own copies
# of the inputs cost more with more; and leaks at the end, not after each run. To look at a find, ask for more frames.
export ASAN_OPTIONS=${ASAN_OPTIONS-quarantine_size_mb=16:malloc_context_size=1:detect_leaks=1}
status=0
printf '| target | runs | a second | edges | features | found |\n|---|---|---|---|---|---|\n'
for target in "${targets[@]}"; do
  learnt=build/fuzz/learnt/$target found=build/fuzz/found/$target
  mkdir -p "$learnt" "$found"
  binary=$(find build/fuzz/tests -type f -name "fuzz_$target")
  log=$found/log
  # A slow input counts as well: 10 s for one. Entropic scheduling takes a third of the time, and in the same time less is
  # reached with it (seen with document).
  "$binary" -max_len="$(longest "$target")" -timeout=10 -entropic=0 -detect_leaks=0 -print_final_stats=1 \
    -artifact_prefix="$found/" "${options[@]}" "$learnt" "tests/fuzz/corpus/$target" >"$log" 2>&1 </dev/null || { status=1; tail -n 40 "$log" >&2; }
  figure() { sed -n "s/$1/\\1/p" "$log" | tail -n 1; }
  runs=$(figure '^stat::number_of_executed_units: *\([0-9]*\)$')
  rate=$(figure '^stat::average_exec_per_sec: *\([0-9]*\)$')
  edges=$(figure '.* cov: \([0-9]*\) .*') features=$(figure '.* ft: \([0-9]*\) .*')
  printf '| %s | %s | %s | %s | %s | %s |\n' "$target" "${runs:-?}" "${rate:-?}" "${edges:-?}" "${features:-?}" \
    "$(find "$found" -type f ! -name log | wc -l)"
done
exit "$status"
