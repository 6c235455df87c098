# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by tests/run.sh and cmd/demo.sh: installs what a bare Debian 12 lacks, and nothing else.
# Where everything is there it asks no network and no password.

# What building and running needs; what only the tests need comes with `install_missing tests`.
build_packages=(ca-certificates cmake g++ ninja-build pkg-config
  libboost-dev libc-ares-dev libpaho-mqtt-dev libre2-dev libsimdjson-dev libsqlite3-dev libssl-dev
  mosquitto mosquitto-clients procps)
test_packages=(avahi-daemon avahi-utils bash bindfs chromium curl dbus-daemon fish iproute2 jq libboost-test-dev libfaketime mandoc
  nftables nginx-light nsd openssl prometheus-node-exporter python3-jsonschema strace valgrind zsh)

# What only tests/fuzz/run.sh and tests/fuzz/coverage.sh need.
fuzz_packages=(clang llvm)

# The servers of tests/peers. Whatever cannot be had of them is skipped by the tests that need it.
peer_packages=(rabbitmq-server nats-server activemq libmqtt-client-java libhawtdispatch-java haproxy)
peer_modules=(aedes@0.51.3 aedes2@npm:aedes@2.0.0-beta.1 ws@8.23.0)

# install_missing build|tests
install_missing() {
  local wanted=("${build_packages[@]}")
  if [[ $1 == tests ]]; then wanted+=("${test_packages[@]}"); fi
  if ! command -v dpkg-query >/dev/null; then
    echo "not a Debian: please see to it that these are installed: ${wanted[*]}" >&2
    return 0
  fi
  install_packages "${wanted[@]}"
}

# install_peers FOLDER: modules of npm go there. What cannot be installed is reported and is not a failure.
install_peers() {
  local folder=$1 package wanted=("${peer_packages[@]}")
  # A nodejs that is newer than Debian's has an npm of its own, and Debian's cannot be added to it.
  command -v node >/dev/null || wanted+=(nodejs)
  command -v npm >/dev/null || wanted+=(npm)
  if command -v dpkg-query >/dev/null; then
    for package in "${wanted[@]}"; do install_packages "$package" || true; done
  fi
  if [[ ! -e $folder/node_modules/.package-lock.json ]]; then
    npm install --prefix "$folder" --no-audit --no-fund --ignore-scripts "${peer_modules[@]}" >&2 ||
      echo "could not install ${peer_modules[*]}" >&2
  fi
}

# install_packages PACKAGE...: those of them that are missing.
install_packages() {
  local missing=() package
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0

  local as_root=()
  if ((EUID != 0)); then as_root=(sudo); fi
  echo "installing: ${missing[*]}" >&2
  # The tests start servers of their own; the package's service on port 1883 is not wanted. A policy
  # that was there before is left as it is.
  local policy=/usr/sbin/policy-rc.d made_policy=
  if [[ ! -e $policy ]] && printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null 2>&1; then
    "${as_root[@]}" chmod 755 "$policy"
    made_policy=yes
  fi
  local status=0
  if [[ ! ${apt_is_updated-} ]]; then
    "${as_root[@]}" apt-get update -q >&2 || status=$?
    apt_is_updated=yes
  fi
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "${missing[@]}" >&2 || status=$?
  if [[ $made_policy ]]; then "${as_root[@]}" rm -f "$policy"; fi
  for package in "${missing[@]}"; do
    if [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) != installed ]]; then
      echo "could not install $package (apt-get said $status)" >&2
      return 1
    fi
  done
}
