#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every option of a command is in its --help, its manual page and its three completions, and they
# name no other. What is refused is in the manual's NOTES only.
# usage: options.sh GENERATE MAN_DIRECTORY COMPLETION_DIRECTORY
set -euo pipefail
generate=$1 man=$2 completions=$3
failed=0

complain() {
  echo "$*" >&2
  failed=1
}

# Words that look like options, one a line, sorted: -x and --long-name.
flags() { { grep -oE '(^|[^[:alnum:]_-])--?[[:alnum:]][[:alnum:]-]*' | grep -oE -- '--?[[:alnum:]].*' | grep -E '^(-.|--.+)$' || true; } | sort -u; }

# What a list `$1` has and a list `$2` has not.
missing() { comm -23 <(sort -u <<<"$1") <(sort -u <<<"$2") | grep . || true; }

for tool in sub pub probe config; do
  command=mqfail-$tool
  all=$("$generate" options "$tool")
  built=$(sed -n 's/^built //p' <<<"$all")
  refused=$(sed -n 's/^refused //p' <<<"$all")
  help=$("$generate" help "$tool" | sed '1,/^Usage:/d' | grep -E '^ {2,6}-' | sed -E 's/^ +//; s/  .*//' | flags)
  [[ $(wc -l <<<"$built") -ge 8 ]] || complain "$command: that are hardly all of its options: $built"

  page=$(mandoc -Tascii -Owidth=400 "$man/$command.1" | col -b)
  items=$(sed -n '/^OPTIONS/,$p' <<<"$page" | sed '/^EVENTS$/,$d; /^OUTPUT$/,$d' | grep -E '^     -' | flags)
  bash=$(flags <"$completions/$command.bash")
  zsh=$(flags <"$completions/$command.zsh")
  fish=$(grep '^complete' "$completions/$command.fish" | grep -oE -- ' -(s [[:alnum:]]|l [[:alnum:]-]+)' | sed 's/ -s /-/; s/ -l /--/')
  for paper in help items bash zsh fish; do
    lost=$(missing "$built" "${!paper}")
    [[ -z $lost ]] || complain "$command: the $paper paper lacks:" $lost
  done
  bash=$(grep '^--' <<<"$bash") zsh=$(grep '^--' <<<"$zsh")  # the short ones are the shell's own, too
  for paper in help items bash zsh fish; do
    extra=$(missing "${!paper}" "$built")
    [[ -z $extra ]] || complain "$command: the $paper paper has, and the option table has not:" $extra
  done
  notes=$(sed -n '/^NOTES/,$p' <<<"$page" | flags)
  lost=$(missing "$refused" "$notes")
  [[ -z $lost ]] || complain "$command: NOTES do not name as refused:" $lost
done
exit "$failed"
