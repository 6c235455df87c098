#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the Debian package, and installs, uses and removes it in a Debian 12 that has nothing else
# (debootstrap). It needs root and a mirror of Debian, and takes some minutes: tests/run.sh --package.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/install.sh
source tests/install.sh
install_missing build
install_packages debootstrap lintian
((EUID == 0)) || exec sudo "$0" "$@"
PATH=$PATH:/usr/sbin:/sbin

work=$(mktemp -d)
root=$work/debian server=''
clean_up() {
  [[ ! $server ]] || kill "$server" 2>/dev/null || true
  for place in proc dev/null; do umount "$root/$place" 2>/dev/null || true; done
  rm -rf --one-file-system "$work"
}
trap clean_up EXIT
fail() {
  echo "package: $*" >&2
  exit 1
}
step() { printf '%4ds  %s\n' "$SECONDS" "$*"; }

step 'the package is built'
launcher=()
if command -v ccache >/dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
{
  cmake -S . -B build/package -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF "${launcher[@]}" &&
    cmake --build build/package -j"$(nproc)" &&
    (cd build/package && rm -f ./*.deb && cpack)
} >"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; fail 'it cannot be built'; }
packages=(build/package/mqfail_*.deb)
[[ ${#packages[@]} -eq 1 ]] || fail "not one package: ${packages[*]}"
deb=${packages[0]}

step "lintian: $(basename "$deb")"
lintian --allow-root --fail-on error,warning "$deb" || fail 'lintian finds fault'
field() { dpkg-deb --field "$deb" "$1"; }
for name in libssl3 libsimdjson14 libc-ares2 libc6; do
  [[ $(field Depends) == *"$name ("* ]] || fail "Depends lacks $name: $(field Depends)"
done
for name in paho.mqtt.c re2 sqlite3 gcc-12; do
  [[ $(field Built-Using) == *"$name (="* ]] || fail "Built-Using lacks $name: $(field Built-Using)"
done
[[ $(field Version) == "$(dpkg-parsechangelog -l man/CHANGELOG -S Version)" ]] ||
  fail "man/CHANGELOG does not begin with version $(field Version)"

step 'a Debian with nothing else'
debootstrap --variant=minbase bookworm "$root" http://deb.debian.org/debian >"$work/log" 2>&1 ||
  { tail "$work/log" >&2; fail 'debootstrap failed'; }
mount -t proc none "$root/proc"
[[ -e $root/dev/null ]] || touch "$root/dev/null"  # debootstrap may make no devices
mount --bind /dev/null "$root/dev/null"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"; }
install() { inside apt-get install -qq -y --no-install-recommends "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "cannot install $*"; }; }
# They read the manual and the units.
install man-db systemd procps
install libssl3 libsimdjson14 libc-ares2
files() { (cd "$root" && find . -xdev \( -path ./proc -o -path ./run -o -path ./var/lib/dpkg -o -path ./var/log -o -path ./var/cache -o -path ./tmp \) -prune -o -print | sort); }
files >"$work/before"

step 'it is installed, without the network'
cp "$deb" "$root/tmp/mqfail.deb"
inside dpkg -i /tmp/mqfail.deb >"$work/log" 2>&1 || { cat "$work/log" >&2; fail 'dpkg -i failed'; }

step 'it is used'
for command in sub pub probe config; do
  [[ $(inside "mqfail-$command" --version) == "mqfail-$command (mqfail) "* ]] || fail "mqfail-$command --version"
  inside "mqfail-$command" --help >/dev/null
  inside man "mqfail-$command" 2>"$work/log" | grep -q EXAMPLES || fail "man mqfail-$command"
done
for page in mqfail mqfail-service mqfail-servers; do
  inside man "$page" 2>"$work/log" | grep -q DESCRIPTION || fail "man $page"
done
port=$((20000 + RANDOM % 10000))
printf 'listener %d 127.0.0.1\nallow_anonymous true\n' "$port" >"$work/mosquitto.conf"
mosquitto -c "$work/mosquitto.conf" 2>"$work/mosquitto.log" &
server=$!
for ((i = 0; ; ++i)); do
  (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
  ((i < 500)) || fail "no server: $(cat "$work/mosquitto.log")"
  sleep 0.02
done
here=mqtt://127.0.0.1:$port
inside mqfail-pub -s mqtt://127.0.0.1:1 -s "$here" -t t -q 1 -r -m hello 2>/dev/null || fail 'mqfail-pub'
[[ $(inside mqfail-sub -s mqtt://127.0.0.1:1 -s "$here" -t t -C 1 -W 10 2>/dev/null) == hello ]] || fail 'mqfail-sub'
[[ $(inside /usr/lib/nagios/plugins/check_mqfail -s "$here") == *OK* ]] || fail check_mqfail
# Each of these makes a library load that no package manager sees: OpenSSL, simdjson, c-ares.
loads() {
  local status=0
  inside "$@" >"$work/out" 2>&1 || status=$?
  if ((status == 70)) || grep -q 'install the package' "$work/out"; then
    cat "$work/out" >&2
    fail "$*"
  fi
}
loads mqfail-probe -s "mqtts://127.0.0.1:$port"
echo '[{"hostNameOrIpAddress": "127.0.0.1", "tls": "None"}]' >"$root/tmp/servers.json"
loads mqfail-probe --servers /tmp/servers.json
loads mqfail-probe --srv mqfail.invalid -t 1
loads mqfail-config check -f /tmp/servers.json

step 'the units are right'
for unit in sub@x.service pub@x.service pub@x.socket probe@x.service probe@x.timer; do
  said=$(inside systemd-analyze verify "/usr/lib/systemd/system/mqfail-$unit" 2>&1) || fail "mqfail-$unit: $said"
  [[ ! $said ]] || fail "mqfail-$unit: $said"
done

is_ours() { [[ $(inside mosquitto_sub --version 2>&1) == *"(mqfail)"* ]]; }
if [[ -e $root/usr/lib/mqfail/mosquitto/mosquitto_sub ]]; then
  step "mosquitto's names are ours where mosquitto-clients are not"
  is_ours || fail 'mosquitto_sub is not mqfail'
  install mosquitto-clients
  ! is_ours || fail 'mosquitto_sub is mqfail, although mosquitto-clients are installed'
  inside dpkg -i /tmp/mqfail.deb >/dev/null 2>&1
  ! is_ours || fail 'an upgrade takes the name from mosquitto-clients'
  inside dpkg -P mosquitto-clients >/dev/null 2>&1
  is_ours || fail 'mosquitto_sub is nobody, after mosquitto-clients were removed'
  inside apt-get purge -qq -y --autoremove libmosquitto1 >/dev/null 2>&1
fi

step 'it is removed, and nothing is left'
inside dpkg -P mqfail >"$work/log" 2>&1 || { cat "$work/log" >&2; fail 'dpkg -P failed'; }
files >"$work/after"
diff "$work/before" "$work/after" || fail 'this is left, or gone'
step 'everything is as it should be'
