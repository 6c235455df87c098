#!/bin/bash
# A function round the tool.
HOST=localhost
publish() { mosquitto_pub -h "$HOST" -q 1 -r "$@"; }
publish -t sensors/pi/reading -m "$(jq -nc '{temp: 22.5, humidity: 58}')"
mosquitto_sub -t sensors/pi/reading -C 1 | jq .humidity
