#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the Debian package, and installs, uses and removes it in a Debian 12 that has nothing else
# (debootstrap). It needs root and a mirror of Debian, and takes some minutes: tests/run.sh --package.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/install.sh
source tests/install.sh
# shellcheck source=tests/systemd.sh
source tests/systemd.sh
install_missing build
install_packages debootstrap lintian
((EUID == 0)) || exec sudo "$0" "$@"
PATH=$PATH:/usr/sbin:/sbin

work=$(mktemp -d)
root=$work/debian server='' inner=''
clean_up() {
  halt
  for pid in $server $inner; do kill "$pid" 2>/dev/null || true; done
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
files() { (cd "$root" && find . -xdev \( -path ./proc -o -path ./run -o -path ./var/lib/dpkg -o -path ./var/lib/systemd -o -path ./var/log -o -path ./var/cache -o -path ./tmp -o -path ./var/tmp \) -prune -o -print | sort); }
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
for page in "$root"/usr/share/man/man[57]/mqfail*.gz; do
  page=${page##*/}
  page=${page%%.*}
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

step 'the first recipe is copied from its page'
recipe=$(inside man mqfail-recipes 2>/dev/null | col -bx | awk '
  { match($0, /^ */) }
  !indent && /mqfail-config set/ { indent = RLENGTH }
  indent && RLENGTH < indent { over = 1 }
  indent && !over { print substr($0, indent + 1) }')
inside env HOME=/tmp/home bash -c "$recipe" >"$work/out" 2>&1 || { cat "$work/out" >&2; fail "$recipe"; }
grep -q 'plant: 2 servers' "$work/out" || fail "the first recipe prints $(cat "$work/out")"

step 'the units are right'
for unit in sub@x.service pub@x.service pub@x.socket probe@x.service probe@x.timer; do
  said=$(inside systemd-analyze verify "/usr/lib/systemd/system/mqfail-$unit" 2>&1) || fail "mqfail-$unit: $said"
  [[ ! $said ]] || fail "mqfail-$unit: $said"
done

# A server in the network of that system.
start_inner() {
  nsenter -t "$systemd_init" -n mosquitto -c "$work/inner.conf" 2>"$work/inner.log" &
  inner=$!
}
stop_inner() {
  kill "$inner"
  wait "$inner" || true
  inner=''
}
under_systemd() {
  local port=$((20000 + RANDOM % 10000))
  local etc=$root/etc/mqfail here=127.0.0.1:$port
  printf 'listener %d 127.0.0.1\nallow_anonymous true\n' "$port" >"$work/inner.conf"
  start_inner
  mkdir -p "$etc"/{sub,pub,probe}
  printf -- '-s mqtt://%s\n-t plant/#\n' "$here" >"$etc/sub/plant"
  printf -- '-s mqtt://%s\n-t plant/#\n--no-sandbox\n' "$here" >"$etc/sub/open"
  printf -- '-s mqtt://%s\n-t plant/log\n-q 1\n--spool /var/lib/mqfail/pub/plant/spool\n' "$here" >"$etc/pub/plant"
  printf 'OPTIONS=-s mqtt://%s\n' "$here" >"$etc/probe/plant"
  in_system systemctl daemon-reload
  # They start only when they are ready, so a start that returns is a connection.
  in_system systemctl start mqfail-sub@{plant,open} mqfail-pub@plant.service mqfail-probe@plant.timer || fail "$(in_system journalctl -n 30)"
  property() { in_system systemctl show -p "$2" --value "mqfail-$1@${3-plant}.service"; }
  # The sandbox of the command comes on top of that of the unit.
  filters() { in_system sed -n 's/^Seccomp_filters:[[:space:]]*//p' "/proc/$(property "$1" MainPID "$2")/status"; }
  (($(filters sub plant) == $(filters sub open) + 1 && $(filters pub plant) == $(filters sub plant))) ||
    fail "filters of system calls: sub $(filters sub plant), pub $(filters pub plant), without a sandbox $(filters sub open)"
  in_system systemctl stop mqfail-sub@open
  [[ $(property sub StatusText) == "connected "*"$here"* ]] || fail "the status is $(property sub StatusText)"
  in_system sh -c 'echo hello >/run/mqfail/plant'
  until_journal() {  # until_journal WORDS JOURNALCTL-ARGUMENT...
    local end=$((SECONDS + 20)) words=$1
    shift
    until in_system journalctl --no-pager -o cat "$@" | grep -qF -- "$words"; do
      ((SECONDS < end)) || fail "the journal does not say '$words': $(in_system journalctl --no-pager -u 'mqfail*')"
      sleep 0.1
    done
  }
  until_journal hello -u mqfail-sub@plant
  until_journal '1/1 up' -u mqfail-probe@plant
  stop_inner
  until_journal 'mqfail-sub: lost ' -p warning -u mqfail-sub@plant
  # What nobody can take is kept by the spool, and the next run sends it.
  in_system sh -c 'echo kept >/run/mqfail/plant'
  until_journal 'mqfail-pub: lost ' -p warning -u mqfail-pub@plant
  in_system systemctl stop mqfail-pub@plant.service 2>/dev/null
  until_journal 'the spool keeps' -p err -u mqfail-pub@plant
  start_inner
  in_system systemctl kill -s USR1 mqfail-sub@plant
  until_journal 'without a server' -u mqfail-sub@plant
  in_system systemctl start mqfail-pub@plant.service
  until_journal kept -u mqfail-sub@plant
  in_system systemctl stop mqfail-sub@plant || fail 'it does not stop'
  [[ $(property sub Result) == success ]] || fail "the result is $(property sub Result)"
  stop_inner
  rm -r "$etc"
}
if boot "$root"; then
  step 'the units run under a real systemd'
  under_systemd
else
  step 'skipped: no systemd can be run here'
fi
halt
rm -rf "$root"/var/lib/{private/mqfail,mqfail}

is_ours() { [[ $(inside mosquitto_sub --version 2>&1) == *"(mqfail)"* ]]; }
step "mosquitto's names are ours where mosquitto-clients are not"
is_ours || fail 'mosquitto_sub is not mqfail'
[[ $(inside mosquitto_sub -h 127.0.0.1 -p "$port" -t t -C 1 -W 10) == hello ]] || fail mosquitto_sub
install mosquitto-clients
! is_ours || fail 'mosquitto_sub is mqfail, although mosquitto-clients are installed'
inside dpkg -i /tmp/mqfail.deb >/dev/null 2>&1
! is_ours || fail 'an upgrade takes the name from mosquitto-clients'
inside dpkg -P mosquitto-clients >/dev/null 2>&1
is_ours || fail 'mosquitto_sub is nobody, after mosquitto-clients were removed'
# A removal leaves alone what is not ours.
install mosquitto-clients
inside dpkg -r mqfail >/dev/null 2>&1
inside test -x /usr/bin/mosquitto_sub || fail 'the removal has removed a real mosquitto_sub'
inside dpkg -i /tmp/mqfail.deb >/dev/null 2>&1
inside apt-get purge -qq -y --autoremove mosquitto-clients libmosquitto1 >/dev/null 2>&1

step 'it is removed, and nothing is left'
inside dpkg -P mqfail >"$work/log" 2>&1 || { cat "$work/log" >&2; fail 'dpkg -P failed'; }
files >"$work/after"
diff "$work/before" "$work/after" || fail 'this is left, or gone'
step 'everything is as it should be'
