#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Completions complete: a few words as they would be typed, in bash, zsh and fish.
# usage: completion.sh COMPLETION_DIRECTORY MQFAIL_CONFIG
set -euo pipefail
completions=$1 config=$2
failed=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Two stored lists, and a server with an id that has a space in it.
export XDG_CONFIG_HOME=$scratch XDG_STATE_HOME=$scratch/state HOME=$scratch
PATH=$(dirname "$config"):$PATH
for id in MQTT1 'Line 2'; do
  "$config" set --component "$id" <<<'[{"hostNameOrIpAddress": "a", "serverId": "first"}, {"hostNameOrIpAddress": "b", "serverId": "server 2"}]'
done

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
expect 'set show schema serve' "$(in_bash mqfail-config mqfail-config s)" 'bash, a verb'
expect 'port= protocol= password=' "$(in_bash mqfail-config mqfail-config edit p)" 'bash, a key of edit'
expect '--component' "$(in_bash mqfail-config mqfail-config get --com)" 'bash, an option after a verb'
expect 'MQTT1' "$(in_bash mqfail-sub mqfail-sub --component M)" 'bash, a component'
expect 'Line 2' "$(in_bash mqfail-probe mqfail-probe --component L)" 'bash, a component of the probe'
expect 'first server 2' "$(in_bash mqfail-config mqfail-config get --component MQTT1 --server-id '')" 'bash, server ids'
expect 'server 2' "$(in_bash mqfail-config mqfail-config get --component MQTT1 --server-id s)" 'bash, a server id'
# Anybody may have named it, and a completion runs nothing of it.
# shellcheck disable=SC2016
"$config" set --component hostile <<<'[{"hostNameOrIpAddress": "a", "serverId": "$(touch pwned)`touch pwned`"}]'
# shellcheck disable=SC2016
expect '$(touch pwned)`touch pwned`' "$(cd "$scratch" && in_bash mqfail-config mqfail-config get --component hostile --server-id '')" 'bash, a hostile server id'
[[ ! -e $scratch/pwned ]] || { echo 'bash runs a server id' >&2; failed=1; }
expect 'connect publish disconnect will' "$(in_bash mqfail-pub mqfail-pub -D '')" 'bash, the commands of -D'
expect 'connect subscribe unsubscribe disconnect will' "$(in_bash mqfail-sub mqfail-sub --property '')" 'bash, the commands of -D for sub'
expect 'content-type correlation-data' "$(in_bash mqfail-pub mqfail-pub -D publish co)" 'bash, the properties of PUBLISH'
expect 'will-delay-interval' "$(in_bash mqfail-sub mqfail-sub -D WILL w)" 'bash, the properties of WILL'

missing=
if ! command -v zsh >/dev/null; then
  missing+=' zsh'
else
  mkdir "$scratch/zsh"
  for command in mqfail-sub mqfail-pub mqfail-probe mqfail-config; do
    cp "$completions/$command.zsh" "$scratch/zsh/_$command"
  done
  # What a Tab offers, at a terminal of its own; compadd tells what it is given. Nothing is typed before
  # the completion has ended: zsh drops a completion for what is typed meanwhile.
  # shellcheck disable=SC2016
  printf '%s' '
    zmodload zsh/zpty
    zpty z zsh -f -i
    zpty -w z "PROMPT= PS1=; fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D"
    zpty -w z "tab() { zle complete-word; print -r -- @do\"\"ne@ }; zle -N tab; bindkey \"^I\" tab; unsetopt beep
    compadd() {
      if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd \"\$@\"; return; fi
      typeset -a hits; builtin compadd -A hits \"\$@\"; print -r -- \"<\${hits}>\"
    }
    print @rea\"\"dy@"
    zpty -r z out "*@ready@*"
    zpty -w -n z "$2"$'"'\t'"'
    zpty -r z out "*@done@*"
    print -r -- "$out"' >"$scratch/capture.zsh"
  in_zsh() { timeout 20 zsh -f "$scratch/capture.zsh" "$scratch/zsh" "$1" | grep -o '<[^>]*>' | tr -d '<>' | tr ' ' '\n' | grep . | paste -sd' '; }
  expect '--retained-only' "$(in_zsh 'mqfail-sub --retained-o')" 'zsh, a long option'
  expect 'human json logfmt none' "$(in_zsh 'mqfail-sub --events ')" 'zsh, the words of --events'
  expect 'MQTT1' "$(in_zsh 'mqfail-pub --component M')" 'zsh, a component'
  expect 'server\ 2' "$(in_zsh 'mqfail-config get --component MQTT1 --server-id s')" 'zsh, a server id'
  expect 'connect publish disconnect will' "$(in_zsh 'mqfail-pub -D ')" 'zsh, the commands of -D'
  expect 'content-type correlation-data' "$(in_zsh 'mqfail-pub -D publish co')" 'zsh, the properties of PUBLISH'
fi

if ! command -v fish >/dev/null; then
  missing+=' fish'
else
  in_fish() { fish --no-config -c "source $completions/$1.fish; complete -C '$2'" 2>/dev/null | cut -f1 | paste -sd' '; }
  expect '--retained-only' "$(in_fish mqfail-sub 'mqfail-sub --retained-o')" 'fish, a long option'
  expect 'json' "$(in_fish mqfail-sub 'mqfail-sub --events js')" 'fish, the words of --events'
  expect 'cold hot warm' "$(in_fish mqfail-sub 'mqfail-sub --standby ')" 'fish, the words of --standby'
  expect 'localhost' "$(in_fish mqfail-sub 'mqfail-sub -h localh')" 'fish, a host'
  expect 'MQTT1' "$(in_fish mqfail-sub 'mqfail-sub --component M')" 'fish, a component'
  expect 'server 2' "$(in_fish mqfail-config 'mqfail-config get --component MQTT1 --server-id s')" 'fish, a server id'
  expect 'connect disconnect publish will' "$(in_fish mqfail-pub 'mqfail-pub -D ')" 'fish, the commands of -D'
  expect 'content-type correlation-data' "$(in_fish mqfail-pub 'mqfail-pub -D Publish co')" 'fish, the properties of PUBLISH'
  described() { fish --no-config -c "source $completions/$1.fish; complete -C '$2'" 2>/dev/null; }
  expect $'cold\nhot\nwarm' "$(described mqfail-sub 'mqfail-sub --standby ')" 'fish, values have no description'
  longest=$(grep -ohE -- "-d '.*'" "$completions"/mqfail-{sub,pub,probe}.fish | wc -L)
  ((longest <= 90)) || { echo "fish: a description of $longest characters" >&2; failed=1; }
  expect 'schema serve set show' "$(in_fish mqfail-config 'mqfail-config s')" 'fish, a verb'
fi
((failed == 0)) || exit 1
[[ -z $missing ]] || { echo "skipped: not tried in$missing, which is missing"; exit 77; }
