#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# All tests that are too long for every run, part after part, and a page of what came of them. tests/run.sh --full
# calls it. Exit status: 1 if a part of the page has failed or has not run.
# shellcheck disable=SC2016 # backquotes of Markdown
set -euo pipefail

usage() {
  cat <<'END'
usage: tests/full.sh [PART...]

  PART     a part or a pattern of parts, such as 'fuzz-*'; all of them if none is named (a night on two cores)
  --list   the parts with their commands
  --page   only the page: what came of the parts that have run

Each part is one command, which repeats its line of the page. build/full has the page (report.md), and the output
of each part (PART.log). A part that has run stays on the page until it runs again.
END
}

names=() whats=() commands=() figures=()
# NAME, what it is, the command, and a pattern of the lines of its output that have the figures. A part that prints no
# such line has failed, whatever its status: it has tested nothing.
part() { names+=("$1") whats+=("$2") commands+=("$3") figures+=("$4"); }

release=build/release/tests
cd "$(dirname "$0")/.."

part simulation-pub '1.2 million schedules of mqfail-pub on a virtual clock' \
  "MQFAIL_FULL=1 $release/simulation/simulation_world --run_test='*_promise_of_the_publisher' -- --count 10000" 'schedules of'
part simulation-sub '1.2 million schedules of mqfail-sub on a virtual clock' \
  "MQFAIL_FULL=1 $release/simulation/simulation_world --run_test='*_promise_of_the_subscriber' -- --count 10000" 'schedules of'
part year 'a year of both, a line every five minutes' \
  "MQFAIL_FULL=1 $release/simulation/simulation_world --run_test='a_year*'" 'a year of'
part counters '10^9 messages, packet ids that begin again 100,000 times' \
  "MQFAIL_FULL=1 $release/simulation/simulation_counters" 'No errors'
for target in tests/fuzz/corpus/*; do
  target=${target##*/}
  part "fuzz-$target" "10^7 inputs of tests/fuzz/$target.cpp" "tests/fuzz/run.sh $target -- -runs=10000000" "^[|] $target [|]"
done
alone=${#names[@]}  # those before take one processor each
part tests 'every test of a usual run' 'tests/run.sh' 'tests passed'
part long-tests 'unit and end-to-end tests, some of them longer' "MQFAIL_FULL=1 tests/run.sh -- -L '^(unit|end_to_end)$'" 'tests passed'
part afl-rest_socket 'AFL++ on the REST server, an hour' 'tests/fuzz/afl.sh rest_socket 3600' 'inputs'
part hostile '100,000 conversations with hostile servers' 'tests/run.sh --hostile' 'conversations in'
part faults 'the fault catalogue, with real processes' 'tests/run.sh --faults' '^[0-9]* cases of .* s$'
part failovers '10,000 failovers of each kind in one run' "MQFAIL_FULL=1 $release/fault/fault_failover_soak" 'failovers:'
for mode in pub acks spool stranded hot pipe; do
  part "ledger-$mode" "200 fault runs with a ledger: $mode" "$release/fault/run_ledger $mode --seeds 1-200 --lines 5000" \
    'seeds,'
done
part bridge '300 bridges (sub to pub) that are killed' "MQFAIL_FULL=1 $release/fault/run_bridge" 'seeds,'
part peers 'clusters, bridges and proxies of other makers' 'tests/run.sh --peers' '^rows:'
part package 'the Debian package in a clean Debian' 'tests/run.sh --package' 'everything is as it should be'
part asan 'every test with AddressSanitizer and UndefinedBehaviorSanitizer' 'tests/run.sh --asan' 'tests passed'
part asan-peers 'the peers with AddressSanitizer and UndefinedBehaviorSanitizer' 'tests/run.sh --asan --peers' '^rows:'
part tsan 'every test with ThreadSanitizer' 'tests/run.sh --tsan' 'tests passed'
part tsan-peers 'the peers with ThreadSanitizer' 'tests/run.sh --tsan --peers' '^rows:'
part valgrind 'the fault runs with the commands under valgrind' 'tests/run.sh --valgrind' 'tests passed'

results=build/full
# Leaves one line in PART.tsv: status, seconds, the version, the figures. There is none while the part runs.
run_part() {
  local name=${names[$1]} begun=$SECONDS status=0 version
  rm -f "$results/$name.tsv"
  version=$(git describe --always --dirty 2>/dev/null || echo unknown)
  printf '%s  begins: %s\n' "$(date +%T)" "$name" >&2
  bash -c "${commands[$1]}" >"$results/$name.log" 2>&1 </dev/null || status=$?
  printf '%s\t%s\t%s\t%s\n' "$status" "$((SECONDS - begun))" "$version" "$(figures_of "$1")" >"$results/$name.new"
  mv "$results/$name.new" "$results/$name.tsv"
  printf '%s  ends: %s, status %s\n' "$(date +%T)" "$name" "$status" >&2
}

figures_of() {
  PATTERN=${figures[$1]} awk '$0 ~ ENVIRON["PATTERN"] {
    gsub(/\t/, " "); sub(/^\| */, ""); sub(/ *\|$/, ""); gsub(/ *\| */, ", ")
    printf "%s%s", between, $0; between = "; "
  }' "$results/${names[$1]}.log"
}

page() {
  local i status seconds version line result failed=0 missing=0
  printf '# The long tests\n\n'
  printf '| part | what | result | minutes | version | figures | repeat with |\n|---|---|---|---|---|---|---|\n'
  for i in "${!names[@]}"; do
    if [[ -e $results/${names[$i]}.tsv ]]; then
      IFS=$'\t' read -r status seconds version line <"$results/${names[$i]}.tsv"
      result=ok
      if [[ $status != 0 ]]; then result="FAILED: $status"; elif [[ ! $line ]]; then result='FAILED: no figures'; fi
      if [[ $result != ok ]]; then failed=$((failed + 1)); fi
      printf '| %s | %s | %s | %s | %s | %s | `%s` |\n' "${names[$i]}" "${whats[$i]}" "$result" \
        "$(((seconds + 59) / 60))" "$version" "$line" "${commands[$i]}"
    else
      missing=$((missing + 1))
      printf '| %s | %s | not run | | | | `%s` |\n' "${names[$i]}" "${whats[$i]}" "${commands[$i]}"
    fi
  done
  printf '\n%s parts: %s passed, %s failed, %s not run.\n' "${#names[@]}" "$((${#names[@]} - failed - missing))" "$failed" "$missing"
  if [[ -e $results/faults.log ]]; then
    printf '\n## Classes of faults, with the worst figures of their cases\n\n'
    sed -n '/^| class | fault |/,/^$/p' "$results/faults.log"
    printf '`tests/run.sh --faults -- --class N` repeats a line.\n'
  fi
  ((!failed && !missing))
}

selected=() only_page=''
while (($#)); do
  case $1 in
    --help) usage; exit 0 ;;
    --list) for i in "${!names[@]}"; do printf '%-24s %s\n' "${names[$i]}" "${commands[$i]}"; done; exit 0 ;;
    --page) only_page=yes ;;
    -*) usage >&2; exit 64 ;;
    *) selected+=("$1") ;;
  esac
  shift
done

mkdir -p "$results"
is_selected() {
  local pattern
  if ((!${#selected[@]})); then return 0; fi
  for pattern in "${selected[@]}"; do
    # shellcheck disable=SC2053 # a pattern
    if [[ ${names[$1]} == $pattern ]]; then return 0; fi
  done
  return 1
}
wanted=()
for i in "${!names[@]}"; do if is_selected "$i"; then wanted+=("$i"); fi; done
if ((!${#wanted[@]})); then printf 'no such part: %s\n' "${selected[*]}" >&2; exit 64; fi

if [[ ! $only_page ]]; then
  tests/run.sh --build
  for i in "${wanted[@]}"; do
    if ((i >= alone)); then continue; fi
    while (($(jobs -rp | wc -l) >= $(nproc))); do
      wait -n || true  # a part that dies leaves no result, so it has not run
    done
    run_part "$i" &
  done
  wait
  for i in "${wanted[@]}"; do
    if ((i >= alone)); then run_part "$i"; fi
  done
fi
status=0
page >"$results/report.md" || status=1
cat "$results/report.md"
exit "$status"
