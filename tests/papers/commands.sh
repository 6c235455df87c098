#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every command line of the manual pages, as they are rendered at 80 columns, of --help, of the README
# and of CONTRIBUTING.md runs when it is pasted. They run in a network of their own, in which the hosts a,
# b and c exist and a server listens on port 1883. An options file ends mqfail-sub after one message.
# usage: commands.sh MAN_DIRECTORY BIN_DIRECTORY SOURCE_DIRECTORY
set -euo pipefail
man=$1 bin=$2 source=$3

# shellcheck source=tests/papers/room.sh
source "$(dirname "$0")/room.sh"
room '127.0.0.1 localhost a b c broker' "$@"

server='' endpoint=''
finish() {
  for pid in $server $endpoint; do kill "$pid" 2>/dev/null || true; done
  rm -rf "$scratch"
}
trap finish EXIT

# -- where the commands run
mount -t tmpfs none /var/spool
printf -- '-C 1\n-W 10\n' >"$XDG_CONFIG_HOME/mqfail/sub"
printf '#!/bin/sh\nshift\nexec cat "$@"\n' >"$scratch/shims/tail"        # tail -F ends
printf '#!/bin/sh\nexec /usr/bin/seq 2\n' >"$scratch/shims/seq"             # no long wait
printf '#!/bin/sh\nexec /usr/bin/curl -sfS "$@"\n' >"$scratch/shims/curl"  # a refusal is a failure
printf '#!/bin/sh\nexit 0\n' >"$scratch/shims/avahi-publish"  # it needs its daemon; unit/discovery runs it
# What asks for the password of a file on the terminal.
printf '#!/bin/sh\n[ "$1" != pkcs12 ] || set -- "$@" -passin pass:\nexec /usr/bin/openssl "$@"\n' >"$scratch/shims/openssl"
chmod +x "$scratch/shims/"*
export EDITOR=true  # it changes nothing
printf 'temp_0d=23.5 C\n' >readings.txt
printf 'connection up\naddress a b\n' >bridge.conf
for file in log data report report.txt; do printf 'one\ntwo\n' >"$file"; done
cat >servers.json <<'JSON'
[{"hostNameOrIpAddress": "a", "port": 1883, "tls": "None", "serverId": "server1"},
 {"hostNameOrIpAddress": "b", "port": 1883, "tls": "None", "serverId": "server2"}]
JSON
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=client -keyout key.pem -out cert.pem 2>/dev/null
/usr/bin/openssl pkcs12 -export -in cert.pem -inkey key.pem -passout pass: -out FILE
mqfail-config set --component MQTT1 <servers.json

printf 'user root\nlistener 1883\nallow_anonymous true\n' >mosquitto.conf
mosquitto -c mosquitto.conf 2>mosquitto.log &
server=$!
listens 127.0.0.1 1883
for topic in plant plant/temperature t report; do mosquitto_pub -r -t "$topic" -m '{"value": 1}'; done
serve() {
  mqfail-config serve 2>>serve.log &
  endpoint=$!
  listens 127.0.0.1 5590
}
serve

# -- the commands
count=0
run() {  # run WHERE TEXT
  local where=$1 text=$2
  count=$((count + 1))
  bash -n <<<"$text" 2>syntax || { complain "$where: bash cannot read:" $'\n'"$text" $'\n'"$(<syntax)"; return; }
  case $text in
    cmd/* | tests/* | cmake\ * | ctest\ * | clang-format\ * | git\ *)  # hours of work, which other tests do
      [[ $text != @(cmd|tests)/* || -x $source/${text%% *} ]] || complain "$where: ${text%% *} cannot be run"
      local word
      for word in $text; do
        [[ $word != @(cmd|tests|lib)/* || -e $source/$word ]] || complain "$where: there is no $word: $text"
      done
      return
      ;;
    'mqfail-config serve'*)
      kill "$endpoint"
      wait "$endpoint" || complain "$where: serve ended with $?"
      serve
      return
      ;;
  esac
  if ! timeout 20 setsid --wait bash -o pipefail -euc "$text" </dev/null >out 2>err; then
    complain "$where: this fails:" $'\n'"$text" $'\n'"$(<err)" $'\n'"$(head -c 300 out)"
  elif grep '^bash: ' err >&2; then  # in a substitution, whose status nobody sees
    complain "$where: bash finds fault with:" $'\n'"$text"
  fi
}

# The displays of a page that begin with a command: what stands at least 11 columns in and follows
# a line that does not, each to its end, NUL behind each.
displays() {
  awk '
    { match($0, /^ */); deep = RLENGTH >= 11 && NF > 0 }
    deep { text = text $0 "\n"; next }
    { if (text != "") printf "%s%c", text, 0; text = "" }
    END { if (text != "") printf "%s%c", text, 0 }'
}
is_command() {
  local first
  read -r first _ <<<"$1"
  [[ $first =~ ^[a-z][a-z-]*$ || $first =~ ^[a-z]+=\$\( ]] &&
    { [[ $first == *=* ]] || type -t "$first" >/dev/null; }
}

for page in "$man"/*.[157]; do
  [[ $page != */mqfail-recipes.7 ]] || continue  # recipes.sh runs those
  for device in ascii utf8; do
    mandoc -T"$device" -Owidth=78 "$page" | col -bx >"rendered.$device"
    displays <"rendered.$device" >"displays.$device"
  done
  found=0
  while IFS= read -r -d '' text && IFS= read -r -d '' same <&3; do
    is_command "$text" || continue
    found=$((found + 1))
    [[ $text == "$same" ]] || complain "$page: not the same in UTF-8:" $'\n'"$same"
    run "$page" "$(sed -E 's/^ {11}//' <<<"$text")"
  done <displays.ascii 3<displays.utf8
  # None is lost on the way: there are as many as in the source.
  wanted=$(awk '
    /^\.Dl / { print $2 }
    /^\.Bd -literal/ { getline; print $1 }' "$page" |
    while read -r first; do if is_command "$first"; then echo; fi; done | wc -l)
  ((found == wanted)) || complain "$page: $found displays with commands, but $wanted in its source"
done
# The probes of containers are lists of words, which no shell reads.
probes=0
while IFS= read -r -d '' list; do
  probes=$((probes + 1))
  mapfile -t words < <(jq -r '.[]' <<<"[${list#*[}")
  [[ ${words[0]} != CMD ]] || words=("${words[@]:1}")
  timeout 20 "${words[@]}" </dev/null >out 2>err || complain "this probe fails: ${words[*]}" $'\n'"$(<err)" "$(<out)"
done < <(mandoc -Tascii -Owidth=78 "$man/mqfail-service.7" | col -bx | grep -zoE '(test|command): \[[^]]*\]')
((probes == 3)) || complain "mqfail-service(7) has $probes probes of containers, not 3"
for command in sub pub probe config; do
  before=$count
  while IFS= read -r text; do
    is_command "$text" || complain "mqfail-$command --help: this is no command: $text"
    run "mqfail-$command --help" "$text"
  done < <("mqfail-$command" --help | sed '/^Usage/,$d' | sed -n 's/^  //p')
  ((count >= before + 3)) || complain "mqfail-$command --help has $((count - before)) examples"
done
for page in README.md .github/CONTRIBUTING.md; do
  while IFS= read -r text; do
    if is_command "$text" || [[ $text =~ ^(cmd|tests)/ ]]; then run "$page" "$text"; fi
  done < <(sed -En 's/^ {4,}//p' "$source/$page")
done
((count >= 25)) || complain "only $count command lines were found"
exit "$failed"
