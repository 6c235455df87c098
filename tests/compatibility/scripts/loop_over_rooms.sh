#!/bin/bash
# A message for each room.
for room in kitchen bath hall; do
  mosquitto_pub -t "rooms/$room/heating" -m off -r
done
mosquitto_sub -t 'rooms/+/heating' -C 3 -v | sort
