#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every manual page has the sections that its readers look for, and what belongs into them: the
# files, the exit statuses, and in NOTES what differs from the tools that we take the place of.
# usage: sections.sh MAN_DIRECTORY
set -euo pipefail
man=$1
failed=0
complain() {
  echo "$*" >&2
  failed=1
}

component='components/ID/RedundantServers.json'
for page in "$man"/*.[157]; do
  name=$(basename "$page")
  text=$(mandoc -Tascii -Owidth=400 "$page" | col -bx)
  section() { sed -n "/^$1\$/,/^[A-Z]/{/^ /p}" <<<"$text"; }
  wanted=(NAME DESCRIPTION FILES EXAMPLES 'SEE ALSO')
  if [[ $name == *.1 ]]; then wanted+=(SYNOPSIS OPTIONS OUTPUT EVENTS ENVIRONMENT 'EXIT STATUS' NOTES); fi
  for one in "${wanted[@]}"; do
    [[ $(section "$one") ]] || complain "$name: $one is missing or empty"
  done
  [[ $(section FILES) == *"$component"* ]] || complain "$name: FILES lack the document of a component"
  case $name in
    mqfail-sub.1 | mqfail-pub.1 | mqfail-probe.1)
      tool=${name#mqfail-}
      [[ $(section FILES) == *".config/mqfail/${tool%.1}"* ]] || complain "$name: FILES lack the options file"
      ;;
  esac
  statuses=$(section 'EXIT STATUS' | grep -oE '^ {5}[0-9]+' | tr -d ' ' | paste -sd' ' || true)
  case $name in
    mqfail-sub.1) expected='0 27 64 65 66 69 70 73 74 75 77 78' ;;
    mqfail-pub.1) expected='0 27 64 65 66 69 70 73 74 75 77 78' ;;
    mqfail-probe.1) expected='0 1 2 3' ;;
    mqfail-config.1) expected='0 1 64 65 66 69 70 73 74 75 78' ;;
    *) expected='' ;;
  esac
  sorted=$(tr ' ' '\n' <<<"$statuses" | sort -n | paste -sd' ')
  [[ $sorted == "$expected" ]] || complain "$name: EXIT STATUS has '$sorted', not '$expected'"
  if [[ $name == mqfail-sub.1 || $name == mqfail-pub.1 ]]; then
    for word in 'exit status' 'standard error' '64' '--help' '-D' 'atoi'; do
      [[ $(section NOTES) == *"$word"* ]] || complain "$name: NOTES say nothing of '$word'"
    done
  fi
done
exit "$failed"
