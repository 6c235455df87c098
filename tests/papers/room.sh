# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by tests that run command lines of the papers: a network and mounts of their own, with
# the hosts that the papers name, and an empty directory. Needs $bin and the script's own arguments.

# room HOSTS "$@": starts the script anew in there; HOSTS are lines for /etc/hosts.
room() {
  local hosts=$1 map=()
  shift
  if [[ ! -v MQFAIL_OWN_NETWORK ]]; then
    ((EUID == 0)) || map=(--map-root-user)
    unshare "${map[@]}" --net --mount true 2>/dev/null ||
      { echo 'skipped: no network of our own'; exit 77; }
    MQFAIL_OWN_NETWORK=1 exec unshare "${map[@]}" --net --mount "$0" "$@"
  fi
  scratch=$(mktemp -d)
  ip link set lo up
  printf '%s\n' "$hosts" >"$scratch/hosts"
  mount --bind "$scratch/hosts" /etc/hosts
  export HOME=$scratch/home XDG_CONFIG_HOME=$scratch/home/.config XDG_STATE_HOME=$scratch/home/state
  export PATH=$scratch/shims:$bin:$PATH
  mkdir -p "$scratch/shims" "$XDG_CONFIG_HOME/mqfail" "$scratch/here"
  cd "$scratch/here" || exit 1
}

failed=0
complain() {
  echo "$*" >&2
  failed=1
}

listens() {  # listens ADDRESS PORT: waits until somebody does
  for ((i = 0; i < 500; ++i)); do
    (: <>"/dev/tcp/$1/$2") 2>/dev/null && return
    sleep 0.02
  done
  complain "nothing listens on $1:$2"
  exit 1
}
