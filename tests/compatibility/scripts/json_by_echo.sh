#!/bin/bash
# A JSON text by echo -n and a pipe.
echo -n '{"text":"Hello!","sender":"me"}' \
  | mosquitto_pub -h localhost -t chat/in -r -s
mosquitto_sub -t chat/in -C 1 | jq -r .text
