#!/bin/bash
# The same message several times.
mosquitto_sub -c -i counter -q 1 -t tick -E
mosquitto_pub -t tick -m tock -q 1 --repeat 3 --repeat-delay 0.1
mosquitto_sub -c -i counter -q 1 -t tick -C 3 | sort | uniq -c
