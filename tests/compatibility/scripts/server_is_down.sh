#!/bin/bash
# A server that is not there.
if ! mosquitto_pub -h localhost -p 9 -t a -m b 2>/dev/null; then
  echo "broker is down"
fi
