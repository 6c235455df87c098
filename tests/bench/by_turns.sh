#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures another build of the commands and this one by turns, and prints a Markdown table of their medians:
#   tests/bench/by_turns.sh FOLDER-OF-THE-OTHER-COMMANDS [--turns N] [--only PART] [--row TEXT] [--kills N]
# FOLDER is, for example, build/release/bin of a checkout of an older commit. The other options are run.sh's.
# Only on a quiet machine do the figures mean something.
set -euo pipefail
other=$(realpath "${1:?usage: by_turns.sh FOLDER [--turns N] [BENCH-ARGUMENT...]}")
shift
turns=5
if [[ ${1-} == --turns ]]; then
  turns=$2
  shift 2
fi
cd "$(dirname "$0")"
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT
for ((turn = 1; turn <= turns; ++turn)); do
  MQFAIL_BENCH_BIN=$other ./run.sh "$scratch/other.$turn" --rounds 1 "$@" >/dev/null
  ./run.sh "$scratch/this.$turn" --rounds 1 "$@" >/dev/null
  echo "turn $turn of $turns" >&2
done
echo "| figure, $turns turns: median (lowest–highest) | other build | this build | this : other |"
echo '|---|---|---|---|'
for build in other this; do
  # "| name | 331 (320–340) k/s | ..." gives name, value, unit.
  # The figures alone: other tables follow after an empty line.
  for file in "$scratch/$build".*; do sed '/^$/,$d' "$file"; done | grep -v '^| figure\|^|---' |
    awk -F' [|] ' '{ sub(/^[|] /, "", $1); split($2, part, " "); unit = $2; sub(/.*[)] ?/, "", unit); sub(/^[0-9.,]+ /, "", unit)
      gsub(/,/, "", part[1]); print $1 "\t" part[1] "\t" unit "\t" ++row }' |
    sort -t$'\t' -k1,1 -k2,2g |
    awk -F'\t' 'function show() { if (count) printf "%s\t%s (%s–%s) %s\t%s\t%d\n", name, value[int((count + 1) / 2)], value[1], value[count], unit, value[int((count + 1) / 2)], first }
      $1 != name { show(); name = $1; count = 0; first = $4 } { value[++count] = $2; unit = $3; if ($4 < first) first = $4 } END { show() }' |
    sort -t$'\t' -k4,4n >"$scratch/$build"
done
paste "$scratch/other" "$scratch/this" | awk -F'\t' '{ if ($1 != $5) { print "rows differ: " $1 " | " $5 > "/dev/stderr"; exit 1 }
  printf "| %s | %s | %s | %s |\n", $1, $2, $6, ($3 > 0 ? sprintf("%.2f", $7 / $3) : "–") }'
