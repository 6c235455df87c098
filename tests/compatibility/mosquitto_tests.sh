#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs mosquitto's own tests of mosquitto_sub and mosquitto_pub against mqfail under their names, from a
# checkout of mosquitto that you give; mosquitto_tests.md has the results. The tests start servers on all
# addresses, so they run in a network of their own. Exit status: 0 if exactly those fail that the table explains.
# usage: mosquitto_tests.sh MOSQUITTO_CHECKOUT [BIN_DIRECTORY]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
(($# >= 1)) || { sed -n 's/^# usage/usage/p' "$0" >&2; exit 64; }
[[ -e $1/test/client/test.py ]] || { echo "$1 is no checkout of mosquitto: it has no test/client/test.py" >&2; exit 66; }

if [[ ! -v MQFAIL_OWN_NETWORK ]]; then
  map=()
  ((EUID == 0)) || map=(--map-root-user)
  MQFAIL_OWN_NETWORK=1 exec unshare "${map[@]}" --net "$0" "$@"
fi
ip link set lo up

checkout=$(cd "$1" && pwd)
bin=$(cd "${2:-$here/../../build/release/bin}" && pwd)
broker=$checkout/src/mosquitto  # as `make -C src` leaves it; they are written for the server of their version
[[ -x $broker ]] || { echo "$broker is missing: build it, as mosquitto_tests.md says" >&2; exit 66; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp -r "$checkout/test" "$scratch/test"
mkdir -p "$scratch/src" "$scratch/client"
ln -s "$broker" "$scratch/src/mosquitto"
ln -s "$checkout/libcommon" "$scratch/libcommon"
for tool in sub pub; do
  if [[ -e $bin/mosquitto_$tool ]]; then
    ln -s "$bin/mosquitto_$tool" "$scratch/client/mosquitto_$tool"
  else
    ln -s "$bin/mqfail-$tool" "$scratch/client/mosquitto_$tool"
  fi
done

explained=$(sed -n 's/^| \([0-9][^ ]*\) |.*/\1/p' "$here/mosquitto_tests.md")
export BUILD_ROOT=$scratch
unset "${!MQFAIL_@}"
cd "$scratch/test/client"
# Each has two ports of its own; four at a time, because they mostly wait.
port=18000
for file in 02-*.py 03-*.py; do
  port=$((port + 10))
  echo "$file $port"
done | xargs -P 4 -L 1 bash -c 'status=0
  ports=$(grep -q "get_port(2)" "$0" && echo "$1 $(($1 + 1))" || echo "$1")
  timeout 60 python3 "$0" $ports >"$BUILD_ROOT/${0%.py}.log" 2>&1 || status=$?
  echo "$status" >"$BUILD_ROOT/${0%.py}.status"'

passed=0 failed=() skipped=() surprising=()
for file in 02-*.py 03-*.py; do
  name=${file%.py}
  if [[ $(<"$scratch/$name.status") == 77 ]] || grep -q 'skipping test' "$scratch/$name.log"; then
    skipped+=("$name")
  elif [[ $(<"$scratch/$name.status") == 0 ]]; then
    passed=$((passed + 1))
    ! grep -qx -- "$name" <<<"$explained" || surprising+=("$name passes, and the table says that it fails")
  else
    failed+=("$name")
    grep -qx -- "$name" <<<"$explained" || surprising+=("$name fails: $(tail -1 "$scratch/$name.log")")
  fi
done
echo "passed: $passed of $((passed + ${#failed[@]})); failed: ${failed[*]-none}; skipped: ${skipped[*]-none}"
((${#surprising[@]} == 0)) || { printf '%s\n' "${surprising[@]}" >&2; exit 1; }
