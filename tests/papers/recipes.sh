#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every recipe of mqfail-recipes(7) does what it is for. It is taken from the page as it stands there
# and runs with two real servers, a.example and b.example.
# usage: recipes.sh MAN_DIRECTORY BIN_DIRECTORY
set -euo pipefail
man=$1 bin=$2
# shellcheck source=tests/papers/room.sh
source "$(dirname "$0")/room.sh"
room $'127.0.0.1 localhost\n127.0.0.2 a.example\n127.0.0.3 b.example\n127.0.0.4 c.example' "$@"

# What a reader copies.
mandoc -Tutf8 -Owidth=78 "$man/mqfail-recipes.7" | col -bx >page

declare -A server
running=''
finish() {
  if [[ $running ]]; then kill -KILL -- "-$running" 2>/dev/null || true; fi
  kill -KILL "${server[@]}" "${recorders[@]}" 2>/dev/null || true
  rm -rf "$scratch"
}
trap finish EXIT

start() {  # start a
  printf 'user root\nallow_anonymous true\nlistener 1883 %s.example\n' "$1" >"$1.conf"
  mosquitto -c "$1.conf" 2>"$1.log" &
  server[$1]=$!
  disown
  listens "$1.example" 1883
}
die() {  # die a
  kill -KILL "${server[$1]}"
  unset "server[$1]"
  soon "! (: <>/dev/tcp/$1.example/1883) 2>/dev/null"
}
send() { mosquitto_pub -h "$1.example" -q 1 "${@:2}"; }  # send a -t TOPIC -m TEXT
hear() { mosquitto_sub -h "$1.example" -W 10 "${@:2}"; }
record() {  # record FILE a -t TOPIC: hears into FILE until the end
  mosquitto_sub -h "$2.example" "${@:3}" >"$1" 2>/dev/null &
  recorders+=($!)
  disown
}
recorders=()

soon() {  # soon CONDITION: it becomes true
  for ((i = 0; i < 400; ++i)); do
    if eval "$1" 2>/dev/null; then return; fi
    sleep 0.05
  done
  complain "$title: this did not become true: $1"$'\n'"$(tail -n 5 out err 2>/dev/null)"
}
is() {  # is CONDITION: it is true now
  eval "$1" || complain "$title: this is not true: $1"$'\n'"$(tail -n 5 out err 2>/dev/null)"
}

tested=()
recipe() {  # recipe TITLE: starts it
  title=$1
  tested+=("$1")
  text=$(awk -v title="$1" '
    { match($0, /^ */) }
    RLENGTH == 3 { here = (substr($0, 4) == title) }
    here && RLENGTH >= 11 { shown = 1; print substr($0, 12); next }
    here && shown && NF { exit }' page)
  [[ $text ]] || complain "there is no recipe '$1'"
  rm -f out err
  setsid bash -o pipefail -c "$text" </dev/null >out 2>err &
  running=$!
}
ends() {  # ends STATUS: the recipe ends by itself
  local status=0
  timeout 30 tail --pid="$running" -f /dev/null || complain "$title: does not end"
  wait "$running" || status=$?
  ((status == $1)) || complain "$title: status $status, not $1"$'\n'"$(tail -n 5 out err)"
  running=''
}
stop() {  # ends the recipe as ^C would
  kill -TERM -- "-$running"
  timeout 30 tail --pid="$running" -f /dev/null || complain "$title: does not stop"
  wait "$running" || true
  running=''
}

start a
start b
start c

recipe 'Name the servers once'
ends 0
is 'grep -q "plant: 2 servers" out'
is 'grep -q "1 .*tcp://a.example:1883" out'

recipe 'Follow a topic'
soon 'send a -t line/1 -m one; grep -qx "line/1 one" out'
die a
soon 'send b -t line/2 -m two; grep -qx "line/2 two" out'
is 'grep -q failover err'
stop
start a

record heard a -t log/app -v
soon 'send a -t log/app -m ready; grep -q ready heard'

recipe 'Send every line of a log'
touch app.log
soon 'echo "one line" >>app.log; grep -qx "log/app one line" heard'
stop

recipe 'Keep lines on the disk while no server can be reached'
soon 'echo "first" >>app.log; grep -qx "log/app first" heard'
die a
die b
for ((n = 1; n <= 50; ++n)); do echo "kept $n" >>app.log; done
soon '[[ $(cat spool/* | grep -ac "kept 50") -gt 0 ]]'
kill -KILL -- "-$running"
running=''
start a
start b
record heard.b b -t log/app
record heard.a a -t '#'
soon 'send a -t log/app -m ready; send b -t log/app -m ready; grep -q ready heard.a && grep -q ready heard.b'
recipe 'Keep lines on the disk while no server can be reached'
soon '[[ $(grep -hx "kept [0-9]*" heard.a heard.b | sort -u | wc -l) -eq 50 ]]'
stop

recipe 'Send one value from cron'
ends 0
is '[[ ! -s out && ! -s err ]]'

head -c 3000 /dev/urandom >picture.jpg
recipe 'Send a file'
ends 0
hear a -t camera/gate -C 1 -N >got.jpg
is 'cmp picture.jpg got.jpg'

seq 100 >jobs.txt
recipe 'Send what was not delivered once more'
ends 0

die a
die b
recipe 'Wait for a server'
start b
ends 0
start a

recipe 'A smoke test for continuous integration'
ends 0

recipe 'A check for Nagios or Icinga'
ends 0
die a
recipe 'A check for Nagios or Icinga'
ends 1
recipe 'The health check of a container'
ends 0
die b
recipe 'The health check of a container'
ends 2
start a
start b

printf 'temp=23.5 C\nhum=40\n' >readings.txt
record readings a -t temp -t hum
soon 'send a -t hum -m ready; grep -q ready readings'
recipe 'Each line to a topic of its own'
ends 0
soon 'grep -qx "23.5 C" readings && grep -qx 40 readings'

recipe 'A bridge that loses nothing'
record bridged c -t 'copy/#'
soon 'send a -t line/1 -m ready; grep -q ready bridged'
pkill -KILL -g "$running" jq
soon 'send a -t line/1 -m again; ! kill -0 "$running"'
ends 137
for ((n = 1; n <= 50; ++n)); do send a -t line/1 -m "kept $n"; done
recipe 'A bridge that loses nothing'
soon '[[ $(grep -x "kept [0-9]*" bridged | sort -u | wc -l) -eq 50 ]]'
stop

recipe 'The same as a service, between two lists of servers'
ends 0
mqfail-config set --component cloud <<<'[{"hostNameOrIpAddress": "c.example", "port": 1883, "tls": "None"}]'
# The command line as systemd reads it: a line that ends with a backslash goes on.
command=$(sed -n '/^ExecStart=/,/[^\\]$/{s/^ExecStart=//;s/\\$//;p}' mqfail-bridge.service | tr -d '\n')
mkdir mqfail-bridge
setsid bash -c "${command//%t/$PWD}" 2>service.err &
service=$!
disown
record service.out c -t 'line/#'
soon 'send a -t line/9 -m through; grep -qx through service.out'
kill -TERM -- "-$service"

# The second display of this recipe is the program that replies.
replier=$(awk '
    { match($0, /^ */) }
    RLENGTH == 3 { here = (substr($0, 4) == "Ask, and print the reply"); count = 0 }
    here && RLENGTH >= 11 { if (!inside) ++count; inside = 1; if (count == 2) print substr($0, 12); next }
    { inside = 0 }' page)
setsid bash -c "$replier" 2>replier.err &
replies=$!
disown
soon 'grep -q connected replier.err'
recipe 'Ask, and print the reply'
ends 0
is 'grep -qx "got hello" out'
kill -TERM -- "-$replies"

recipe 'Copy a topic to other servers'
hear c -t line/1 -C 1 >copied &
copied=$!
soon 'send a -t line/1 -m over; grep -qx over copied'
wait "$copied"
stop

send a -r -t keep/one -m 'a "quoted" text'
send a -r -t keep/two -m 'two words'
recipe 'Back up retained messages'
ends 0
is '[[ $(jq -r .topic retained.jsonl | grep -c keep/) -eq 2 ]]'
send a -r -t keep/one -n
send a -r -t keep/two -n
recipe 'Restore retained messages'
ends 0
is '[[ $(hear a -t keep/one -C 1) == "a \"quoted\" text" && $(hear a -t keep/two -C 1) == "two words" ]]'

send a -r -t old/1 -m x
send a -r -t old/2/3 -m x
recipe 'Remove retained messages'
ends 0
is '[[ ! $(mosquitto_sub -h a.example -t "old/#" -W 1 || true) ]]'

recipe 'A file for each topic'
soon 'send a -t line/1 -m "a  text"; grep -q "a  text" logs/line%2F1'
soon 'send a -t line/2/x -m y; grep -qx y logs/line%2F2%2Fx'
stop

recipe 'A table from JSON'
soon 'send a -t line/7/temperature -m "{\"value\": 21.5}"; grep -q "line/7/temperature\",21.5\$" temperature.csv'
stop

recipe 'How many messages come in each second'
soon 'send a -t any -m x; grep -q connected err'
for text in 1 2 3; do send a -t any -m "$text"; done
pkill -TERM -g "$running" mqfail-sub  # uniq writes at the end of its input
ends 0
is 'grep -Eq "^ +[0-9]+ [0-9:]{8}\$" out'

recipe 'Raise an alarm when nothing comes'
soon 'send a -t heartbeat -m x; ! kill -0 "$running"'
ends 0
is '[[ ! -e alarms ]]'
# The alarm itself, with a shorter wait.
is 'bash -c "${text/-W 60/-W 0.5}"; grep -qx "no heartbeat (status 27)" alarms'

recipe 'Tell somebody when the server changes'
soon 'send a -t line/1 -m x; grep -qx x line.txt'
die a
soon 'grep -q "now at .*b.example" out'
stop
start a

sent=0
recipe 'Divide work among several processes'
soon 'send a -t job/1 -m "$((++sent))"; [[ $(cat work.? | wc -l) -ge 30 ]]'
is '[[ ! $(sort work.? | uniq -d) ]]'
is '[[ -s work.1 && -s work.2 && -s work.3 ]]'
stop

recipe 'A command for each message'
soon 'send a -t job -m "two
lines"; [[ $(grep -cx "got two" out) -ge 3 ]] && grep -qx lines out'
is '! grep -qx "got " out'
stop

printf 'connection up\naddress a.example b.example:1883\ntopic # both\n' >bridge.conf
recipe 'Take over the servers of a mosquitto bridge'
ends 0

while IFS= read -r title; do
  [[ " ${tested[*]} " == *"$title"* ]] || complain "no test of the recipe '$title'"
done < <(sed -n 's/^   \([^ ]\)/\1/p' page)
((${#tested[@]} >= 20)) || complain "only ${#tested[@]} recipes"
exit "$failed"
