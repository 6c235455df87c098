#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Draws a failover as it happens (SVG): two MQTT servers, a line every 20 ms, one server killed.
# Every mark is a line that mqfail-sub has printed, at the time of its arrival.
#   cmd/picture.sh [BIN-DIRECTORY] >.github/failover.svg
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${1:-build/release/bin}
PATH=$bin:$PATH:/usr/sbin
for program in mqfail-sub mqfail-pub mosquitto; do
  command -v "$program" >/dev/null || { echo "picture: $program is missing" >&2; exit 66; }
done

work=$(mktemp -d)
pids=()
uri_a='' uri_b='' pid_a=''
clean_up() {
  touch "$work/stop"
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT
fail() {
  echo "picture: $*" >&2
  cat "$work"/*.err >&2
  exit 1
}
wait_until() {  # wait_until COMMAND...
  local end=$((SECONDS + 20))
  until "$@"; do
    ((SECONDS < end)) || fail "not reached: $*"
    sleep 0.02
  done
}

start_server() {  # start_server NAME: sets pid_NAME and uri_NAME
  local port pid
  while true; do
    port=$((20000 + RANDOM % 10000))
    printf 'listener %d 127.0.0.1\nallow_anonymous true\n' "$port" >"$work/$1.conf"
    mosquitto -c "$work/$1.conf" 2>"$work/$1.err" &
    pid=$!
    disown "$pid"
    wait_until grep -qE 'running|Error' "$work/$1.err"
    ! grep -q Error "$work/$1.err" || continue  # somebody else has the port
    pids+=("$pid")
    break
  done
  printf -v "pid_$1" %d "$pid"
  printf -v "uri_$1" 'mqtt://127.0.0.1:%d?serverId=%s' "$port" "$1"
}
start_server a
start_server b

has_lines() { (($(wc -l <"$work/out") >= $1)); }
: >"$work/out"
# %U is the time of arrival, %s the server.
mqfail-sub -s "$uri_a" -s "$uri_b" -t plant -q 1 -F '%U %s %p' >"$work/out" 2>"$work/sub.err" &
pids+=($!)
wait_until grep -q connected "$work/sub.err"
for ((i = 1; ; ++i)); do
  [[ ! -e $work/stop ]] || break
  echo "$i"
  sleep 0.02
done 2>/dev/null | mqfail-pub -s "$uri_a" -s "$uri_b" -t plant -q 1 -l 2>"$work/pub.err" &
pids+=($!)
wait_until has_lines 60
killed=$EPOCHREALTIME
kill -9 "$pid_a"
wait_until has_lines 120
touch "$work/stop"
wait "${pids[3]}" || fail 'the writer could not deliver everything'

grep -E ' (connected|lost|failover) ' "$work/sub.err" | sed 's/^mqfail-sub: //; s/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g' >"$work/events"

awk -v killed="$killed" -v events="$work/events" -v date="$(date -u +%F)" '
  { time[NR] = $1; server[NR] = $2; if (!came[$3]++) ++distinct; if ($3 > highest) highest = $3 }
  function text(x, y, class, words) { printf "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\" xml:space=\"preserve\">%s</text>\n", x, y, class, words }
  function line(x1, y1, x2, y2, class) { printf "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"%s\"/>\n", x1, y1, x2, y2, class }
  function x(t) { return left + (t - begin) * (right - left) / (end - begin) }
  # The lines between two times, on a lane for each server.
  function lanes(from, to, top, step, unit, factor,   i, at, t) {
    begin = from; end = to
    text(8, top + 17, "name", "server a"); text(8, top + 49, "name", "server b")
    line(left, top + 24, right, top + 24, "lane"); line(left, top + 56, right, top + 56, "lane")
    for (i = 1; i <= NR; ++i)
      if (time[i] >= from && time[i] <= to) {
        at = top + (server[i] == "a" ? 4 : 36)
        line(x(time[i]), at, x(time[i]), at + 20, server[i])
      }
    line(x(killed), top - 4, x(killed), top + 60, "kill")
    for (t = -int((killed - from) / step); killed + t * step <= to; ++t) {
      line(x(killed + t * step), top + 60, x(killed + t * step), top + 64, "lane")
      text(x(killed + t * step), top + 76, "tick", t == 0 ? "kill -9" : sprintf("%+g %s", t * step * factor, unit))
    }
  }
  END {
    left = 90; right = 720
    for (i = 1; i <= NR; ++i) if (server[i] == "b") { first = time[i]; last = time[i - 1]; break }
    count = 0
    while ((getline words < events) > 0) said[++count] = words
    height = 262 + count * 18
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"760\" height=\"%d\" viewBox=\"0 0 760 %d\" role=\"img\">\n", height, height
    print "<title>A failover of mqfail-sub</title>"
    print "<style>"
    print "  .page { fill: #ffffff; stroke: #d0d7de } text { font: 13px sans-serif; fill: #24292f }"
    print "  .name, .tick { font-size: 12px; fill: #57606a } .tick { text-anchor: middle } .said { font: 12px monospace; white-space: pre }"
    print "  .a { stroke: #0969da; stroke-width: 2 } .b { stroke: #1a7f37; stroke-width: 2 }"
    print "  .lane { stroke: #8c959f } .kill { stroke: #cf222e; stroke-width: 1.5; stroke-dasharray: 4 3 }"
    print "  @media (prefers-color-scheme: dark) {"
    print "    .page { fill: #0d1117; stroke: #30363d } text { fill: #e6edf3 } .name, .tick { fill: #9198a1 }"
    print "    .a { stroke: #4493f8 } .b { stroke: #3fb950 } .lane { stroke: #656c76 } .kill { stroke: #f85149 } }"
    print "</style>"
    printf "<rect class=\"page\" x=\"0.5\" y=\"0.5\" width=\"759\" height=\"%d\" rx=\"6\"/>\n", height - 1
    text(8, 22, "head", sprintf("%d lines, one every 20 ms. Server a is killed: %d lines are missing, %d came twice.", NR, highest - distinct, NR - distinct))
    lanes(time[1] - 0.02, time[NR] + 0.02, 36, 0.5, "s", 1)
    text(8, 142, "head", sprintf("The same moment, enlarged: %.1f ms from the kill to the next line.", (first - killed) * 1000))
    lanes(killed - 0.1, killed + 0.1, 156, 0.02, "ms", 1000)
    for (i = 1; i <= count; ++i) text(8, 244 + i * 18, "said", said[i])
    text(740, height - 8, "tick\" style=\"text-anchor: end", "cmd/picture.sh, " date)
    print "</svg>"
  }' "$work/out"
