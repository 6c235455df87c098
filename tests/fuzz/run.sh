#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the libFuzzer targets and runs them one after the other. Exit status: 1 if one was broken.
set -euo pipefail

usage() {
  cat <<'END'
usage: tests/fuzz/run.sh [TARGET...] [-- OPTION...]

  TARGET   a file of tests/fuzz without .cpp; all of them if none is named
  OPTION   of libFuzzer: -runs=10000000, -max_total_time=600 (seconds a target; without options 60)

What a target has learnt stays in build/fuzz/learnt, an input that broke it is in build/fuzz/found.
Once it is mended, that input belongs into tests/fuzz/corpus/TARGET, with a name that says what it is.
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
cmake --preset fuzz "${launcher[@]}" >/dev/null
if ((!${#targets[@]})); then
  for file in tests/fuzz/corpus/*; do targets+=("${file##*/}"); done
fi
cmake --build build/fuzz --target "${targets[@]/#/fuzz_}"

export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
status=0
for target in "${targets[@]}"; do
  learnt=build/fuzz/learnt/$target found=build/fuzz/found/$target
  mkdir -p "$learnt" "$found"
  binary=$(find build/fuzz/tests -type f -name "fuzz_$target")
  log=$found/log
  # A slow input counts as well: 10 s for one of 4 KiB.
  "$binary" -max_len=4096 -timeout=10 -print_final_stats=1 -artifact_prefix="$found/" "${options[@]}" \
    "$learnt" "tests/fuzz/corpus/$target" >"$log" 2>&1 </dev/null || { status=1; tail -n 40 "$log"; }
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  coverage=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
  printf '%-20s %10s runs, %5s edges, %s\n' "$target" "${runs:-?}" "${coverage:-?}" \
    "$(find "$found" -type f ! -name log | wc -l) inputs in $found"
done
exit "$status"
