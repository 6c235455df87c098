#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The fault catalogue is complete: each of the 45 classes of its table has cases, one of them in the slice that runs
# with all tests; each case is of a class of the table and has a name of its own; there are 200 cases or more.
# faults.sh RUN_FAULTS CLASSES.MD
set -euo pipefail
run_faults=$1 table=$2
failed=0
complain() { echo "$*" >&2; failed=1; }

declare -A fault cases slice named
while IFS='|' read -r _ number name _; do
  number=${number// /}
  [[ $number =~ ^[0-9]+$ ]] || continue
  [[ ! ${fault[$number]-} ]] || complain "the table has class $number twice"
  fault[$number]=$name
done <"$table"
((${#fault[@]} == 45)) || complain "the table has ${#fault[@]} classes, not 45"

count=0
while IFS=$'\t' read -r number name part; do
  count=$((count + 1))
  [[ ${fault[$number]-} ]] || complain "$name is of class $number, which is not in the table"
  [[ ! ${named[$name]-} ]] || complain "two cases have the name $name"
  named[$name]=yes
  cases[$number]=yes
  [[ $part != slice ]] || slice[$number]=yes
done < <("$run_faults" --list)
((count >= 200)) || complain "there are $count cases, fewer than 200"
for number in "${!fault[@]}"; do
  [[ ${cases[$number]-} ]] || complain "class $number has no case:${fault[$number]}"
  [[ ${slice[$number]-} ]] || complain "class $number has no case in the slice:${fault[$number]}"
done
exit "$failed"
