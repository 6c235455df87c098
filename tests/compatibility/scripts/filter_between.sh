#!/bin/bash
# From one topic through a filter to another.
mosquitto_sub -c -i drain -q 1 -t filtered -E
mosquitto_sub -v -t 'plant/#' -C 3 | grep -v humidity | sed 's/ .*/ seen/' | mosquitto_pub -t filtered -q 1 -l
mosquitto_sub -c -i drain -q 1 -t filtered -C 2 | sort
