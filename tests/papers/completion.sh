#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Completions complete: a few words as they would be typed, in bash and in fish.
# usage: completion.sh COMPLETION_DIRECTORY
set -euo pipefail
completions=$1
failed=0

expect() {  # expect WANTED GOT WHAT
  [[ $1 == "$2" ]] && return
  echo "$3: expected '$1', got '$2'" >&2
  failed=1
}

# in_bash COMMAND WORD...: what the last word completes to, on one line.
in_bash() {
  local function=_mqfail_${1#mqfail-}
  # shellcheck source=/dev/null
  source "$completions/$1.bash"
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
  "$function"
  echo "${COMPREPLY[*]}"
}
expect '--retained-only' "$(in_bash mqfail-sub mqfail-sub --retained-o)" 'bash, a long option'
expect 'human json logfmt none' "$(in_bash mqfail-sub mqfail-sub --events '')" 'bash, the words of --events'
expect '' "$(in_bash mqfail-pub mqfail-pub -m '')" 'bash, a value that nobody can know'
expect '--stdin-file --stdin-line' "$(in_bash mqfail-pub mqfail-pub -s --stdin)" 'bash, an option after pub -s'
expect 'set schema serve' "$(in_bash mqfail-config mqfail-config s)" 'bash, a verb'
expect 'port= protocol=' "$(in_bash mqfail-config mqfail-config edit p | sed 's/ password=//')" 'bash, a key of edit'
expect '--component' "$(in_bash mqfail-config mqfail-config get --co)" 'bash, an option after a verb'

if command -v fish >/dev/null; then
  in_fish() { HOME=/nonexistent fish --no-config -c "source $completions/$1.fish; complete -C '$2'" 2>/dev/null | cut -f1 | paste -sd' '; }
  expect '--retained-only' "$(in_fish mqfail-sub 'mqfail-sub --retained-o')" 'fish, a long option'
  expect 'json' "$(in_fish mqfail-sub 'mqfail-sub --events js')" 'fish, the words of --events'
  expect 'schema serve set' "$(in_fish mqfail-config 'mqfail-config s')" 'fish, a verb'
fi
exit "$failed"
