#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Draws what happens when a server is killed (SVG):
#   cmd/picture.sh failover [BIN-DIRECTORY] >.github/failover.svg
#   cmd/picture.sh watch [BIN-DIRECTORY] >.github/watch.svg
# failover: two servers and a line every 20 ms. Every mark is a line that mqfail-sub has printed, at the time
# of its arrival. watch: the last screen of mqfail-probe --watch over three servers.
set -euo pipefail
cd "$(dirname "$0")/.."
what=${1-} bin=${2:-build/release/bin}
[[ $what == failover || $what == watch ]] || { echo 'picture: name failover or watch' >&2; exit 64; }
PATH=$bin:$PATH:/usr/sbin
for program in mqfail-sub mqfail-pub mqfail-probe mosquitto script; do
  command -v "$program" >/dev/null || { echo "picture: $program is missing" >&2; exit 66; }
done

work=$(mktemp -d)
pids=()
uri_a='' uri_b='' uri_c='' pid_a=''
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
# Text, with what XML and the page need around it: both pictures have it.
page='
  function head(height, title) {
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"760\" height=\"%d\" viewBox=\"0 0 760 %d\" role=\"img\">\n", height, height
    print "<title>" title "</title>"
    print "<style>"
    print "  .page { fill: #ffffff; stroke: #d0d7de } text { font: 13px sans-serif; fill: #24292f }"
    print "  .name, .tick { font-size: 12px; fill: #57606a } .tick { text-anchor: middle } .end { text-anchor: end }"
    print "  .said { font: 12px monospace; white-space: pre } .bold { font-weight: bold } .dim { fill: #57606a }"
    print "  .a { stroke: #0969da; stroke-width: 2 } .b { stroke: #1a7f37; stroke-width: 2 }"
    print "  .green { fill: #1a7f37 } .yellow { fill: #9a6700 } .red { fill: #cf222e }"
    print "  .lane { stroke: #8c959f } .kill { stroke: #cf222e; stroke-width: 1.5; stroke-dasharray: 4 3 }"
    print "  @media (prefers-color-scheme: dark) {"
    print "    .page { fill: #0d1117; stroke: #30363d } text { fill: #e6edf3 } .name, .tick, .dim { fill: #9198a1 }"
    print "    .a { stroke: #4493f8 } .b { stroke: #3fb950 } .lane { stroke: #656c76 } .kill { stroke: #f85149 }"
    print "    .green { fill: #3fb950 } .yellow { fill: #d29922 } .red { fill: #f85149 } }"
    print "</style>"
    printf "<rect class=\"page\" x=\"0.5\" y=\"0.5\" width=\"759\" height=\"%d\" rx=\"6\"/>\n", height - 1
  }
  function text(x, y, class, words) { printf "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\" xml:space=\"preserve\">%s</text>\n", x, y, class, words }
  function foot(height) { text(752, height - 8, "tick end", "cmd/picture.sh, " date); print "</svg>" }
'
xml() { sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g'; }

draw_failover() {
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

  grep -E ' (connected|lost|failover) ' "$work/sub.err" | sed 's/^mqfail-sub: //' | xml >"$work/events"

  awk -v killed="$killed" -v events="$work/events" -v date="$(date -u +%F)" "$page"'
    { time[NR] = $1; server[NR] = $2; if (!came[$3]++) ++distinct; if ($3 > highest) highest = $3 }
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
      head(height, "A failover of mqfail-sub")
      text(8, 22, "head", sprintf("%d lines, one every 20 ms. Server a is killed. Missing: %d, twice: %d.", NR, highest - distinct, NR - distinct))
      lanes(time[1] - 0.02, time[NR] + 0.02, 36, 0.5, "s", 1)
      text(8, 142, "head", sprintf("The same moment, enlarged: %.1f ms from the kill to the next line.", (first - killed) * 1000))
      lanes(killed - 0.1, killed + 0.1, 156, 0.02, "ms", 1000)
      for (i = 1; i <= count; ++i) text(8, 244 + i * 18, "said", said[i])
      foot(height)
    }' "$work/out"
}

draw_watch() {
  local name
  for name in a b c; do start_server "$name"; done
  frames() { (($(grep -aoF $'\x1b[H' "$work/screen" | wc -l) >= $1)); }
  : >"$work/screen"
  script -qfc "stty cols 92 rows 9; exec mqfail-probe -s '$uri_a' -s '$uri_b' -s '$uri_c' --topic plant --watch 0.2" \
    "$work/screen" </dev/null >/dev/null &
  pids+=($!)
  wait_until frames 25
  kill -9 "$pid_a"
  wait_until frames 38
  kill "${pids[3]}"
  wait "${pids[3]}" 2>/dev/null || true
  # The last whole screen, without what moves the cursor; colours become classes.
  tr -d '\r' <"$work/screen" | tr '\n' '\001' | sed 's/\x1b\[H/\n/g' | tail -n 2 | head -n 1 | tr '\001' '\n' |
    sed 's/\x1b\[[KJ]//g' | xml | sed -E 's/\x1b\[1;32m/<tspan class="bold green">/g; s/\x1b\[1;33m/<tspan class="bold yellow">/g
      s/\x1b\[1;31m/<tspan class="bold red">/g; s/\x1b\[32m/<tspan class="green">/g; s/\x1b\[31m/<tspan class="red">/g
      s/\x1b\[2m/<tspan class="dim">/g; s/\x1b\[0m/<\/tspan>/g; s/\x1b\[[?0-9;]*[a-zA-Z]//g' |
    awk -v date="$(date -u +%F)" "$page"'
      { said[NR] = $0 }
      END {
        height = 54 + NR * 18
        head(height, "mqfail-probe --watch")
        text(12, 24, "said", "$ mqfail-probe -s mqtt://a -s mqtt://b -s mqtt://c --topic plant --watch 0.2")
        for (i = 1; i <= NR; ++i) text(12, 26 + i * 18, "said", said[i])
        foot(height)
      }'
}

"draw_$what"
