#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Scripts as people write them (scripts/*.sh) run three times against a real mosquitto: with its own tools, after
# `sed s/mosquitto_/mqfail-/`, and unchanged with mqfail under mosquitto's names. They print the same each time.
# usage: scripts.sh BIN_DIRECTORY
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=$(cd "$1" && pwd)

# In a network of its own: one way to run all scripts, with a server of its own.
run_all() {  # run_all WAY FOLDER
  local way=$1 folder=$2 script name
  mkdir -p "$folder/names" "$folder/home/.config" "$folder/out"
  for tool in sub pub; do ln -s "$bin/mqfail-$tool" "$folder/names/mosquitto_$tool"; done
  export HOME=$folder/home XDG_CONFIG_HOME=$folder/home/.config PATH=/usr/sbin:/usr/bin:/sbin:/bin
  unset "${!MQFAIL_@}"
  mosquitto_passwd -b -c "$folder/passwords" me 'p #;w'
  printf '%s\n' 'per_listener_settings true' 'listener 1883' 'allow_anonymous true' \
    'listener 1884' "password_file $folder/passwords" 'user root' >"$folder/mosquitto.conf"
  mosquitto -c "$folder/mosquitto.conf" 2>"$folder/mosquitto.log" &
  local server=$!
  for ((i = 0; i < 500; ++i)); do (: <>/dev/tcp/127.0.0.1/1884) 2>/dev/null && break; sleep 0.02; done
  for topic in plant/temperature plant/humidity plant/pressure home/kitchen/light home/bath/light; do
    mosquitto_pub -r -t "$topic" -m 21
  done
  case $way in
    names) PATH=$folder/names:$PATH ;;
    renamed) PATH=$bin:$PATH ;;
  esac
  for script in "$here"/scripts/*.sh; do
    name=$(basename "$script" .sh)
    mkdir -p "$folder/work/$name"
    cd "$folder/work/$name"
    if [[ $way == renamed ]]; then sed 's/mosquitto_/mqfail-/g' "$script" >script; else cp "$script" script; fi
    local status=0
    timeout 60 bash script >"$folder/out/$name" 2>"$folder/out/$name.err" </dev/null || status=$?
    echo "status $status" >>"$folder/out/$name"
  done
  kill "$server"
}

if [[ ${2-} ]]; then
  ip link set lo up
  run_all "$2" "$3"
  exit
fi

map=()
((EUID == 0)) || map=(--map-root-user)
unshare "${map[@]}" --net true 2>/dev/null || { echo 'skipped: no network of our own'; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
children=()
for way in own renamed names; do
  unshare "${map[@]}" --net "$0" "$bin" "$way" "$scratch/$way" &
  children+=($!)
done
for child in "${children[@]}"; do wait "$child"; done

failed=0 count=0
for script in "$here"/scripts/*.sh; do
  name=$(basename "$script" .sh)
  count=$((count + 1))
  for way in renamed names; do
    if ! diff "$scratch/own/out/$name" "$scratch/$way/out/$name" >"$scratch/diff"; then
      echo "$name is different ($way):"
      cat "$scratch/diff" "$scratch/$way/out/$name.err"
      failed=1
    fi
  done
done
((count >= 30)) || { echo "there are only $count scripts"; failed=1; }
echo "$count scripts"
exit "$failed"
