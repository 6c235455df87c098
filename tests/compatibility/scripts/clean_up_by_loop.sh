#!/bin/bash
# The same by a loop that gets each topic from the one before it.
mosquitto_pub -t stale/a -m 1 -r; mosquitto_pub -t stale/b -m 2 -r
mosquitto_sub -t 'stale/#' -v -C 2 | while read -r topic val; do
  [ "$val" = '(null)' ] || mosquitto_pub -t "$topic" -r -n
done
mosquitto_sub -t 'stale/#' -W 1 | wc -l
